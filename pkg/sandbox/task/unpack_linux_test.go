package task

import (
	"archive/tar"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// layers is an image of the given archives.
func layers(t *testing.T, archives ...[]tar.Header) v1.Image {
	t.Helper()
	img := v1.Image(empty.Image)
	for _, headers := range archives {
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		for _, h := range headers {
			body := h.PAXRecords["CUTOVER.body"]
			h.PAXRecords = nil
			if h.Typeflag == 0 {
				h.Typeflag = tar.TypeReg
			}
			h.Size = int64(len(body))
			if h.Mode == 0 {
				h.Mode = 0o755
			}
			h.Uid, h.Gid = os.Getuid(), os.Getgid()
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(w, body); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(out.Bytes())), nil })
		if err != nil {
			t.Fatal(err)
		}
		if img, err = mutate.AppendLayers(img, layer); err != nil {
			t.Fatal(err)
		}
	}
	return img
}

func file(name, body string) tar.Header {
	return tar.Header{Name: name, PAXRecords: map[string]string{"CUTOVER.body": body}}
}

func dir(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeDir} }

func link(name, to string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: to}
}

func hard(name, to string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeLink, Linkname: to}
}

// tree reads a folder: files with their content, links with their target, directories with a slash.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || at == root {
			return err
		}
		name, _ := filepath.Rel(root, at)
		switch {
		case entry.IsDir():
			got[name+"/"] = ""
		case entry.Type()&fs.ModeSymlink != 0:
			target, _ := os.Readlink(at)
			got[name] = "-> " + target
		default:
			body, err := os.ReadFile(at)
			if err != nil {
				return err
			}
			got[name] = string(body)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestLayersLieOnTopOfEachOther(t *testing.T) {
	for _, c := range []struct {
		name string
		img  v1.Image
		want map[string]string
	}{
		{"a later file wins", layers(t, []tar.Header{file("a", "1")}, []tar.Header{file("./a", "2"), file("/b", "3")}),
			map[string]string{"a": "2", "b": "3"}},
		{"a whiteout hides", layers(t, []tar.Header{file("d/a", "1"), file("d/b", "1")}, []tar.Header{file("d/.wh.a", "")}),
			map[string]string{"d/": "", "d/b": "1"}},
		{"a whiteout hides nothing of its own layer", layers(t, []tar.Header{file("a", "1")}, []tar.Header{file("a", "2"), file(".wh.a", "")}),
			map[string]string{"a": "2"}},
		{"an opaque directory hides what lay below", layers(t,
			[]tar.Header{file("d/a", "1"), file("d/e/b", "1"), file("c", "1")},
			[]tar.Header{file("d/e/n", "2"), file("d/.wh..wh..opq", ""), file("d/z", "2")}),
			map[string]string{"c": "1", "d/": "", "d/e/": "", "d/e/n": "2", "d/z": "2"}},
		{"a directory takes the place of a file, and a file that of a directory",
			layers(t, []tar.Header{file("a", "1"), file("b/c", "1")}, []tar.Header{dir("a"), file("b", "2")}),
			map[string]string{"a/": "", "b": "2"}},
		{"a directory keeps its content", layers(t, []tar.Header{file("d/a", "1")}, []tar.Header{dir("d/")}),
			map[string]string{"d/": "", "d/a": "1"}},
		{"links", layers(t, []tar.Header{file("a", "1"), hard("b", "/a"), link("c", "a")}),
			map[string]string{"a": "1", "b": "1", "c": "-> a"}},
		{"an absolute link of a directory stays inside", layers(t,
			[]tar.Header{dir("run"), dir("var"), link("var/run", "/run")}, []tar.Header{file("var/run/pid", "7")}),
			map[string]string{"run/": "", "run/pid": "7", "var/": "", "var/run": "-> /run"}},
		{"devices are left out", layers(t, []tar.Header{
			{Name: "dev/sda", Typeflag: tar.TypeBlock, Devmajor: 8}, {Name: "dev/mem", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 1},
			{Name: "pipe", Typeflag: tar.TypeFifo}}),
			map[string]string{"dev/": ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			if err := unpack(t.Context(), c.img, root, 1<<20); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, tree(t, root)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnImageCannotReachOutOfItsFolder(t *testing.T) {
	for _, c := range []struct {
		name    string
		img     v1.Image
		refused bool // else it must have stayed inside
	}{
		{"dot dot", layers(t, []tar.Header{file("../evil", "x")}), true},
		{"dot dot inside", layers(t, []tar.Header{file("a/../../evil", "x")}), true},
		{"a hard link out", layers(t, []tar.Header{hard("a", "../secret")}), true},
		{"a hard link through a link", layers(t, []tar.Header{link("up", "../.."), hard("a", "up/secret")}), true},
		{"a whiteout of the folder itself", layers(t, []tar.Header{file("a/.wh...", "x")}), true},
		{"a whiteout without a name", layers(t, []tar.Header{file("a/.wh.", "x")}), true},
		{"a link upwards as parent", layers(t, []tar.Header{link("up", "../../../.."), file("up/evil", "x")}), false},
		{"an absolute link as parent", layers(t, []tar.Header{link("up", "/"), file("up/evil", "x")}), false},
		{"a link in its own layer is replaced, not followed", layers(t, []tar.Header{link("evil", "../secret"), file("evil", "x")}), false},
		{"a whiteout through a link", layers(t, []tar.Header{link("up", ".."), file("up/.wh.secret", "")}), false},
		{"an opaque mark through a link", layers(t, []tar.Header{link("up", ".."), file("up/.wh..wh..opq", "")}), false},
		{"a directory through a link", layers(t, []tar.Header{link("up", ".."), {Name: "up", Typeflag: tar.TypeDir, Mode: 0o777}}), false},
		{"a circle of links", layers(t, []tar.Header{link("a", "b"), link("b", "a"), file("a/x", "x")}), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			outer := t.TempDir()
			if err := os.WriteFile(filepath.Join(outer, "secret"), []byte("kept"), 0o600); err != nil {
				t.Fatal(err)
			}
			root := filepath.Join(outer, "root")
			if err := os.Mkdir(root, 0o755); err != nil {
				t.Fatal(err)
			}
			err := unpack(t.Context(), c.img, root, 1<<20)
			if (err != nil) != c.refused {
				t.Errorf("unpack: %v", err)
			}
			if err := os.RemoveAll(root); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]string{"secret": "kept"}, tree(t, outer)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestALargeImageIsRefused(t *testing.T) {
	err := unpack(t.Context(), layers(t, []tar.Header{file("a", "12345"), file("b", "123456")}), t.TempDir(), 10)
	if err == nil || !strings.Contains(err.Error(), "larger than the limit") {
		t.Errorf("unpack: %v", err)
	}
}

func TestModesAndLinksSurviveACopy(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	img := layers(t, []tar.Header{
		{Name: "tmp", Typeflag: tar.TypeDir, Mode: 0o1777}, {Name: "su", Mode: 0o4755}, {Name: "locked", Typeflag: tar.TypeDir, Mode: 0o500},
		file("locked/in", "x"), hard("locked/two", "locked/in"), link("l", "/nowhere"),
	})
	if err := unpack(t.Context(), img, from, 1<<20); err != nil {
		t.Fatal(err)
	}
	if err := clone(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tree(t, from), tree(t, to)); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]fs.FileMode{
		"tmp": fs.ModeDir | fs.ModeSticky | 0o777, "su": fs.ModeSetuid | 0o755,
	} {
		if info, err := os.Stat(filepath.Join(to, name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	one, err := os.Stat(filepath.Join(to, "locked/in"))
	if err != nil {
		t.Fatal(err)
	}
	if two, err := os.Stat(filepath.Join(to, "locked/two")); err != nil || !os.SameFile(one, two) {
		t.Errorf("hard links became two files: %v", err)
	}
	if err := removeTree(to); err != nil {
		t.Errorf("remove: %v", err)
	}
}
