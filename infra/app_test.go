package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/infra/bluegreen"
)

func TestMistakesAreToldInASentenceBeforeCDKIsAsked(t *testing.T) {
	dir := t.TempDir()
	for name, test := range map[string]struct{ document, want string }{
		"not JSON":          {`{`, "cdk.json is not JSON"},
		"nothing of ours":   {`{"context": {}}`, "cdk.json has no context.cutover"},
		"an unknown key":    {`{"context": {"cutover": {"services": [{"name": "shop", "memory": 512}]}}}`, "services[0].memory"},
		"nothing was built": {`{"context": {"cutover": {"services": [{"name": "shop"}]}}}`, "run `make build` first"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, "cdk.json")
			if err := os.WriteFile(file, []byte(test.document), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := run(file, filepath.Join(dir, "bin"), "", false); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	if err := run(filepath.Join(dir, "none.json"), "", "", false); err == nil || !strings.Contains(err.Error(), "the configuration cannot be read") {
		t.Errorf("without a file: %v", err)
	}
}

func TestOneMissingFunctionIsNamedAlone(t *testing.T) {
	dir := t.TempDir()
	if err := Placeholders(dir); err != nil {
		t.Fatal(err)
	}
	if err := built(dir, bluegreen.Release, bluegreen.Verify); err != nil {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(dir, bluegreen.Verify, "bootstrap")); err != nil {
		t.Fatal(err)
	}
	if err := built(dir, bluegreen.Release, bluegreen.Verify); err == nil || !strings.Contains(err.Error(), "verify/bootstrap") || strings.Contains(err.Error(), "release/bootstrap") {
		t.Errorf("got %v", err)
	}
}
