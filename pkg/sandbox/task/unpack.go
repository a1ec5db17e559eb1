package task

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	maxEntries = 500_000
	whiteout   = ".wh."
	opaque     = ".wh..wh..opq"
)

// unpacker writes an image's layers into one folder and never outside it.
type unpacker struct {
	root    *os.Root
	left    int64 // bytes that may still be written
	entries int
	owned   bool                   // keep the owners of the archive; needs root
	made    map[string]bool        // paths that the current layer made
	modes   map[string]fs.FileMode // of directories, set when everything is inside
}

// unpack writes the root file system of img into dir, which must exist and be empty.
func unpack(ctx context.Context, img v1.Image, dir string, limit int64) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	layers, err := img.Layers()
	if err != nil {
		return fmt.Errorf("read manifest: %w", err)
	}
	u := &unpacker{root: root, left: limit, owned: os.Geteuid() == 0, modes: map[string]fs.FileMode{}}
	for i, layer := range layers {
		if err := u.layer(ctx, layer); err != nil {
			return fmt.Errorf("layer %d: %w", i+1, err)
		}
	}
	for dir, mode := range u.modes {
		if err := root.Chmod(dir, mode); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (u *unpacker) layer(ctx context.Context, layer v1.Layer) error {
	content, err := layer.Uncompressed()
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	u.made = map[string]bool{}
	archive := tar.NewReader(content)
	for {
		h, err := archive.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if u.entries++; u.entries > maxEntries {
			return fmt.Errorf("more than %d entries", maxEntries)
		}
		if err := u.entry(h, archive); err != nil {
			return fmt.Errorf("entry %q: %w", h.Name, err)
		}
	}
}

// place turns a name of the archive into a path without links in its parents, and makes the parents.
func (u *unpacker) place(name string) (string, error) {
	if slices.Contains(strings.Split(name, "/"), "..") || strings.ContainsRune(name, 0) {
		return "", errors.New("leads out of the image")
	}
	at, err := within(u.root, name, false)
	if err != nil {
		return "", err
	}
	for dir := path.Dir(at); dir != "."; dir = path.Dir(dir) {
		u.made[dir] = true
	}
	return at, u.root.MkdirAll(path.Dir(at), 0o755)
}

func (u *unpacker) entry(h *tar.Header, body io.Reader) error {
	at, err := u.place(h.Name)
	if err != nil {
		return err
	}
	if base := path.Base(at); strings.HasPrefix(base, whiteout) {
		return u.remove(path.Dir(at), base)
	}
	if at == "." {
		return nil
	}
	if err := u.clear(at, h.Typeflag == tar.TypeDir); err != nil {
		return err
	}
	u.made[at] = true
	switch h.Typeflag {
	case tar.TypeDir:
		if err := u.root.Mkdir(at, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		u.modes[at] = u.mode(h)
	case tar.TypeReg:
		return u.file(at, h, body)
	case tar.TypeSymlink:
		if err := u.root.Symlink(h.Linkname, at); err != nil {
			return err
		}
	case tar.TypeLink:
		old, err := u.place(h.Linkname)
		if err != nil {
			return fmt.Errorf("link to %q: %w", h.Linkname, err)
		}
		return u.root.Link(old, at)
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo, tar.TypeXGlobalHeader:
		// Devices are never made: a container's /dev is the runner's.
		return nil
	default:
		return fmt.Errorf("unknown kind %q", h.Typeflag)
	}
	return u.own(at, h)
}

func (u *unpacker) file(at string, h *tar.Header, body io.Reader) error {
	if u.left -= h.Size; u.left < 0 {
		return errors.New("the image is larger than the limit")
	}
	f, err := u.root.OpenFile(at, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := u.own(at, h); err != nil {
		return err
	}
	if err := u.root.Chmod(at, u.mode(h)); err != nil {
		return err
	}
	return u.root.Chtimes(at, h.ModTime, h.ModTime)
}

func (u *unpacker) own(at string, h *tar.Header) error {
	if !u.owned {
		return nil
	}
	return u.root.Lchown(at, h.Uid, h.Gid)
}

// mode keeps the folder readable and removable to its owner when that is not root.
func (u *unpacker) mode(h *tar.Header) fs.FileMode {
	mode := h.FileInfo().Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky)
	if !u.owned && h.Typeflag == tar.TypeDir {
		return mode | 0o700
	}
	if !u.owned {
		return mode | 0o400
	}
	return mode
}

// clear makes room at a path: only a directory may take the place of a directory.
func (u *unpacker) clear(at string, dir bool) error {
	info, err := u.root.Lstat(at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if dir && info.IsDir() {
		return nil
	}
	return u.root.RemoveAll(at)
}

// remove carries out a whiteout: it hides what layers below left, never what its own layer made.
// https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
func (u *unpacker) remove(dir, mark string) error {
	if mark == opaque {
		return u.removeLower(dir)
	}
	name := strings.TrimPrefix(mark, whiteout)
	if name == "" || name == "." || name == ".." {
		return errors.New("a whiteout without a name")
	}
	if at := path.Join(dir, name); !u.made[at] {
		return u.root.RemoveAll(at)
	}
	return nil
}

func (u *unpacker) removeLower(dir string) error {
	entries, err := fs.ReadDir(u.root.FS(), dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		at := path.Join(dir, entry.Name())
		switch {
		case !u.made[at]:
			err = u.root.RemoveAll(at)
		case entry.IsDir():
			err = u.removeLower(at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
