package functions

import (
	"archive/zip"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// mostPackage is the size in bytes that a function's package may have: what Lambda loads before the first start.
const mostPackage = 10 << 20

func TestEveryPackageIsSmall(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("building the functions needs a Go toolchain, which is not installed here")
	}
	for _, name := range []string{"release", "verify"} {
		out := filepath.Join(t.TempDir(), "bootstrap")
		command := exec.Command("sh", "-c", flags(t)+` -o "$0" "$1"`, out, "./"+name)
		command.Env = append(os.Environ(), "GOARCH=arm64")
		if said, err := command.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, said)
		}
		content, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		w := zip.NewWriter(&packed)
		entry, err := w.Create("bootstrap")
		if err == nil {
			_, err = entry.Write(content)
		}
		if err != nil || w.Close() != nil {
			t.Fatal("the package cannot be written: ", err)
		}
		if packed.Len() > mostPackage {
			t.Errorf("the package of %s has %d bytes, more than %d", name, packed.Len(), mostPackage)
		}
		t.Logf("%s: %.1f MB, packed %.1f MB", name, float64(len(content))/1e6, float64(packed.Len())/1e6)
	}
}
