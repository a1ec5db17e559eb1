//go:build !race

package main

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/infra/assembly"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/sandbox/cfn"
)

func shippedConfig(t *testing.T) config.Config { return configIn(t, "../cdk.json") }

func configIn(t *testing.T, file string) config.Config {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("CDK needs Node.js, which is not installed here")
	}
	document, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.FromCDK(document, policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheCommittedAssembliesAreWhatIsSynthesizedToday(t *testing.T) {
	const guarded = "../cmd/cutover/testdata/guarded" // of a service that scales, for the tests of the command
	const told = "../cmd/cutover/testdata/told"       // of a platform that tells people
	const traced = "../cmd/cutover/testdata/traced"   // of one that follows an image to its commit
	const keyed = "../cmd/cutover/testdata/keyed"     // of one under its owner's keys
	for file, committed := range map[string]fs.FS{
		"../cdk.json": assembly.Files(), guarded + ".json": os.DirFS(guarded), told + ".json": os.DirFS(told), traced + ".json": os.DirFS(traced),
		keyed + ".json": os.DirFS(keyed),
	} {
		want, err := Assembly(configIn(t, file))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][]byte{}
		names, err := fs.Glob(committed, "*.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if got[name], err = fs.ReadFile(committed, name); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: `make assembly` writes it again (-synthesized +committed):\n%s", file, diff)
		}
	}
}

func TestTheAssemblyHasNothingThatChangesByItself(t *testing.T) {
	files, err := Assembly(shippedConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		for _, noise := range []string{"Bootstrap" + "Version", "CDKMetadata", "cdk.out", os.TempDir()} {
			if strings.Contains(string(content), noise) {
				t.Errorf("%s has %q", name, noise)
			}
		}
	}
	if again, err := Assembly(shippedConfig(t)); err != nil || !cmp.Equal(files, again) {
		t.Errorf("a second synth differs (%v):\n%s", err, cmp.Diff(files, again))
	}
}

func TestEveryFunctionsCodeIsFoundByItsKey(t *testing.T) {
	dir := t.TempDir()
	if err := WriteAssembly(shippedConfig(t), dir); err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := readJSON(filepath.Join(dir, "manifest.json"), &m); err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for _, a := range m.Artifacts {
		if a.Type != assetArtifact {
			continue
		}
		var assets assetManifest
		if err := readJSON(filepath.Join(dir, a.Properties["file"].(string)), &assets); err != nil {
			t.Fatal(err)
		}
		for _, f := range assets.Files {
			for _, d := range f.Destinations {
				keys[d.ObjectKey] = f.Source.Path
			}
		}
	}
	var s template
	if err := readJSON(filepath.Join(dir, m.Artifacts["sample-website"].Properties["templateFile"].(string)), &s); err != nil {
		t.Fatal(err)
	}
	for _, id := range s.ids("AWS::Lambda::Function") {
		p := s.Resources[id].Properties
		key := at(t, p, "Code", "S3Key").(string)
		want := "functions/verify"
		if p["FunctionName"] == "sample-website-release" {
			want = "functions/release"
		}
		if keys[key] != want {
			t.Errorf("%s: the key %s leads to %q", p["FunctionName"], key, keys[key])
		}
		if _, err := os.Stat(filepath.Join("..", keys[key])); err != nil {
			t.Error(err)
		}
	}
	if got := m.Artifacts["sample-website"].Dependencies; !cmp.Equal(got, []string{"cutover"}) {
		t.Errorf("the service's stack depends on %v", got)
	}
}

func TestTheSandboxReadsTheAssemblyInOrder(t *testing.T) {
	all, err := cfn.Read(assembly.Files())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"cutover", "sample-website"}, names); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff([]string{"release.zip", "verify.zip", "watch.zip"}, slices.Sorted(maps.Keys(all[1].Assets))); diff != "" {
		t.Error(diff)
	}
}
