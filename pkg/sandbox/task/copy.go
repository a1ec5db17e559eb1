package task

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// clone copies an unpacked image, so that what one container writes no other sees. Nothing runs in from or to
// meanwhile, and links are copied, not followed.
func clone(ctx context.Context, from, to string) error {
	linked := map[uint64]string{} // inode to its first copy
	modes := map[string]fs.FileMode{}
	err := filepath.WalkDir(from, func(src string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		rel, err := filepath.Rel(from, src)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		dst := filepath.Join(to, rel)
		if info.IsDir() {
			modes[dst] = info.Mode()
		}
		return cloneEntry(src, dst, info, linked)
	})
	if err != nil {
		return err
	}
	for dir, mode := range modes {
		if err := os.Chmod(dir, mode); err != nil {
			return err
		}
	}
	return nil
}

func cloneEntry(src, dst string, info fs.FileInfo, linked map[uint64]string) error {
	stat, _ := info.Sys().(*syscall.Stat_t)
	var err error
	switch mode := info.Mode(); {
	case mode.IsDir():
		if err = os.Mkdir(dst, 0o700); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	case mode&fs.ModeSymlink != 0:
		var target string
		if target, err = os.Readlink(src); err == nil {
			err = os.Symlink(target, dst)
		}
	case stat != nil && stat.Nlink > 1 && linked[stat.Ino] != "":
		return os.Link(linked[stat.Ino], dst)
	default:
		if stat != nil {
			linked[stat.Ino] = dst
		}
		err = cloneFile(src, dst)
	}
	if err != nil {
		return err
	}
	if stat != nil && os.Geteuid() == 0 {
		if err := os.Lchown(dst, int(stat.Uid), int(stat.Gid)); err != nil {
			return err
		}
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	// After the owner, whose change clears the setuid bit.
	if err := os.Chmod(dst, info.Mode()); err != nil {
		return err
	}
	return os.Chtimes(dst, info.ModTime(), info.ModTime())
}

func cloneFile(src, dst string) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(dst, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// removeTree removes a folder whatever the permissions inside; the containers that wrote them have ended.
func removeTree(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	return openAndRemove(dir)
}

func openAndRemove(dir string) error {
	_ = os.Chmod(dir, 0o700)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := openAndRemove(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return os.RemoveAll(dir)
}
