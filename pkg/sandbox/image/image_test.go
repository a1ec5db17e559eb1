package image_test

import (
	"archive/tar"
	"io"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/cutover-ecs/cutover/pkg/sandbox/image"
)

func files() map[string]image.File {
	return map[string]image.File{
		"/bin/app":   {Body: []byte("program"), Mode: 0o755},
		"etc/passwd": {Body: []byte("root:x:0:0::/:/bin/sh\n")},
		"sh":         {Link: "/bin/app"},
		"tmp":        {Mode: fs.ModeDir | fs.ModeSticky | 0o777},
		"data":       {Mode: fs.ModeDir | 0o700, UID: 5, GID: 6},
	}
}

func TestTheSameFilesGiveTheSameDigest(t *testing.T) {
	var digests []v1.Hash
	for range 3 {
		img, err := image.FromFiles("arm64", files(), v1.Config{Entrypoint: []string{"/bin/app"}})
		if err != nil {
			t.Fatal(err)
		}
		digest, err := img.Digest()
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest)
	}
	if digests[0] != digests[1] || digests[1] != digests[2] {
		t.Errorf("digests differ: %v", digests)
	}
}

func TestAnImageHoldsItsFilesTheirParentsAndItsConfiguration(t *testing.T) {
	img, err := image.FromFiles("arm64", files(), v1.Config{Entrypoint: []string{"/bin/app"}, User: "5"})
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Architecture != "arm64" || config.OS != "linux" || config.Config.User != "5" || len(config.RootFS.DiffIDs) != 1 {
		t.Errorf("configuration: %+v", config)
	}
	type entry struct {
		Kind byte
		Mode int64
		Body string
		UID  int
	}
	got := map[string]entry{}
	content := mutate.Extract(img)
	defer func() { _ = content.Close() }()
	archive := tar.NewReader(content)
	for {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		got[h.Name] = entry{h.Typeflag, h.Mode, string(body) + h.Linkname, h.Uid}
	}
	want := map[string]entry{
		"bin": {tar.TypeDir, 0o755, "", 0}, "bin/app": {tar.TypeReg, 0o755, "program", 0},
		"etc": {tar.TypeDir, 0o755, "", 0}, "etc/passwd": {tar.TypeReg, 0o644, "root:x:0:0::/:/bin/sh\n", 0},
		"sh": {tar.TypeSymlink, 0o777, "/bin/app", 0}, "tmp": {tar.TypeDir, 0o1777, "", 0}, "data": {tar.TypeDir, 0o700, "", 5},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAPathOutsideTheImageIsRefused(t *testing.T) {
	for _, name := range []string{"../etc/passwd", "a/../../b", "", "/"} {
		if _, err := image.FromFiles("amd64", map[string]image.File{name: {}}, v1.Config{}); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
	if _, err := image.FromFiles("amd64", map[string]image.File{"/a": {}, "a": {}}, v1.Config{}); err == nil {
		t.Error("the same path twice was accepted")
	}
}
