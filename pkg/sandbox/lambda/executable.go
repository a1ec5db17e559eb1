package lambda

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"runtime"
)

// checkExecutable says in one sentence why the file at path cannot run on this machine.
func checkExecutable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() || info.Mode()&0o111 == 0 {
		return fmt.Errorf("%s is not an executable file", path)
	}
	f, err := elf.Open(path)
	if err != nil {
		var format *elf.FormatError
		if errors.As(err, &format) {
			return nil // a script, or another system's executable: starting it will tell
		}
		return fmt.Errorf("read %s: %w", path, err)
	}
	defer f.Close()
	if runtime.GOOS != "linux" {
		return fmt.Errorf("%s is built for linux and this machine is %s/%s: build the function for this machine", path, runtime.GOOS, runtime.GOARCH)
	}
	arch := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}[f.Machine]
	if arch == "" {
		arch = f.Machine.String()
	}
	if arch != runtime.GOARCH {
		return fmt.Errorf("%s is built for %s and this machine is %s: build the function for this machine", path, arch, runtime.GOARCH)
	}
	return nil
}
