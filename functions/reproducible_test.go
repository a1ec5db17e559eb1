package functions

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// functionsOf builds the functions from a copy of the sources in a directory of that name, with another home and another
// user's name, and answers their hashes by path.
func functionsOf(t *testing.T, name string) map[string]string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	for _, part := range []string{"functions", "pkg"} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join("..", part))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum", "Makefile"} {
		content, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("make", "-C", dir, "functions")
	build.Env = append(os.Environ(), "USER="+name, "LOGNAME="+name, "MAKEFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	hashes := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), "bin/aws", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, path))
		sum := sha256.Sum256(content)
		hashes[path] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hashes
}

func TestTheSameSourceBuildsTheSameFunctionsWhereverItLies(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("make is not on this machine")
	}
	one, other := functionsOf(t, "here"), functionsOf(t, "somewhere-else")
	if len(one) < 3 {
		t.Fatalf("only %d functions were built", len(one))
	}
	for path, hash := range one {
		if other[path] != hash {
			t.Errorf("%s is %s from one directory and %s from another", path, hash, other[path])
		}
	}
}
