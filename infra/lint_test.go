//go:build !race

package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/config"
)

func TestCfnLintFindsNothing(t *testing.T) {
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("cfn-lint is not on this machine")
	}
	dir := t.TempDir()
	var files []string
	for name, document := range map[string]string{
		"minimal": shipped, "maximal": maximal, "together": together, "enclosed": enclosed, "adopted": adopted,
	} {
		for stack, one := range raw(t, document) {
			file := filepath.Join(dir, name+"-"+stack)
			if err := os.WriteFile(file, one, 0o600); err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
	}
	for stack, one := range rawOf(t, many(t, 2)) { // 200 services are a hundred times these
		file := filepath.Join(dir, "many-"+stack)
		if err := os.WriteFile(file, one, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	// W6001 would have no output be an import, which the address of a load balancer that services share is.
	if out, err := exec.CommandContext(t.Context(), lint, append([]string{"-r", "us-east-1", "-i", "W6001", "-t"}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func rawOf(t *testing.T, c config.Config) map[string][]byte {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("CDK needs Node.js, which is not installed here")
	}
	files, err := Assembly(c)
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(files, func(name string, _ []byte) bool { return !strings.HasSuffix(name, ".template.json") })
	return files
}

// raw are the templates as they are written, by their files' names.
func raw(t *testing.T, document string) map[string][]byte {
	t.Helper()
	return rawOf(t, parsed(t, document))
}
