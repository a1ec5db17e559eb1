package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cutover-ecs/cutover/infra/bluegreen"
	"github.com/cutover-ecs/cutover/pkg/config"
)

// WriteAssembly synthesizes from placeholders instead of builds and writes what the sandbox reads, as described in
// infra/assembly: so the files depend on the configuration and on this package alone, not on a compiler, on Node or
// on anything that was built. Files of an earlier assembly are removed.
func WriteAssembly(c config.Config, dir string) error {
	files, err := Assembly(c)
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Assembly are the files of the sandbox's assembly, by name.
func Assembly(c config.Config) (map[string][]byte, error) { return fromPlaceholders(c, false) }

func fromPlaceholders(c config.Config, strict bool) (map[string][]byte, error) {
	temp, err := os.MkdirTemp("", "assembly-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	placeholders, out := filepath.Join(temp, "functions"), filepath.Join(temp, "cdk.out")
	if err := Placeholders(placeholders); err != nil {
		return nil, err
	}
	app, err := NewApp(AppProps{Config: c, Functions: placeholders, Outdir: out, Strict: strict})
	if err != nil {
		return nil, err
	}
	if !strict {
		app.Synth(nil)
		return masked(out)
	}
	nag(app)
	app.Synth(nil)
	findings, err := nagged(out)
	if err == nil && len(findings) > 0 {
		err = fmt.Errorf("cdk-nag finds what no code explains:\n%s", strings.Join(findings, "\n"))
	}
	return nil, err
}

// Placeholders make a directory a function, with something in place of the bootstrap.
func Placeholders(dir string) error {
	for _, function := range []string{bluegreen.Release, bluegreen.Verify, bluegreen.Watch, bluegreen.Notify} {
		if err := os.MkdirAll(filepath.Join(dir, function), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, function, "bootstrap"), []byte(bluegreen.Displayed(function)+"\n"), 0o755); err != nil {
			return err
		}
	}
	return nil
}
