// Package image builds container images out of files, without Docker and without a base image.
package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// File is one entry of an image's root file system.
type File struct {
	// Body is the content. Ignored when Link is set or Mode says that it is a directory.
	Body []byte
	// Mode is the permissions; fs.ModeDir makes a directory. Zero means 0755 for a directory, else 0644.
	Mode fs.FileMode
	// Link makes the entry a symbolic link to it.
	Link string
	// UID and GID own the entry.
	UID, GID int
}

// FromFiles returns a Linux image for arch (Go's name: "amd64", "arm64") with one layer that holds the files,
// by their paths in the image. Parent directories that are not named are made, owned by root with mode 0755.
// The same input always gives the same digest. The layer is not compressed: it travels within one machine only.
func FromFiles(arch string, files map[string]File, config v1.Config) (v1.Image, error) {
	archive, err := archiveOf(files)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive)), nil
	}, tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(gzip.NoCompression), tarball.WithCompressedCaching)
	if err != nil {
		return nil, fmt.Errorf("build layer: %w", err)
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	img, err := mutate.AppendLayers(base, layer)
	if err != nil {
		return nil, fmt.Errorf("add layer: %w", err)
	}
	described, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("read image configuration: %w", err)
	}
	described = described.DeepCopy()
	described.OS, described.Architecture = "linux", arch
	described.Created = v1.Time{Time: time.Unix(0, 0).UTC()}
	described.Config = config
	return mutate.ConfigFile(img, described)
}

func archiveOf(files map[string]File) ([]byte, error) {
	all := map[string]File{}
	for name, file := range files {
		clean := strings.TrimPrefix(path.Clean("/"+name), "/")
		if clean == "" || slices.Contains(strings.Split(name, "/"), "..") {
			return nil, fmt.Errorf("file %q: not a path inside an image", name)
		}
		if _, twice := all[clean]; twice {
			return nil, fmt.Errorf("file %q: named twice", clean)
		}
		all[clean] = file
	}
	for name := range maps.Clone(all) {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if _, named := all[dir]; !named {
				all[dir] = File{Mode: fs.ModeDir | 0o755}
			}
		}
	}
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		file := all[name]
		if err := archive.WriteHeader(header(name, file)); err != nil {
			return nil, fmt.Errorf("file %q: %w", name, err)
		}
		if file.Link == "" && !file.Mode.IsDir() {
			if _, err := archive.Write(file.Body); err != nil {
				return nil, fmt.Errorf("file %q: %w", name, err)
			}
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func header(name string, file File) *tar.Header {
	h := &tar.Header{
		Name: name, Typeflag: tar.TypeReg, Size: int64(len(file.Body)), Mode: int64(file.Mode.Perm()),
		Uid: file.UID, Gid: file.GID, ModTime: time.Unix(0, 0),
	}
	switch {
	case file.Link != "":
		h.Typeflag, h.Linkname, h.Size, h.Mode = tar.TypeSymlink, file.Link, 0, 0o777
	case file.Mode.IsDir():
		h.Typeflag, h.Name, h.Size = tar.TypeDir, name+"/", 0
	}
	if h.Mode == 0 && h.Typeflag == tar.TypeDir {
		h.Mode = 0o755
	} else if h.Mode == 0 {
		h.Mode = 0o644
	}
	// Mode bits of fs.FileMode above the permissions lie elsewhere in a tar header.
	for bit, unix := range map[fs.FileMode]int64{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if file.Mode&bit != 0 {
			h.Mode |= unix
		}
	}
	return h
}
