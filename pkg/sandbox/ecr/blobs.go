package ecr

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"

	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// blobs keeps layers and configurations as files by their digests. What is under its digest was verified before
// it got there, so that reading needs no hashing.
type blobs struct {
	root func() (*os.Root, error) // opens the folder once
}

var (
	_ registry.BlobHandler     = (*blobs)(nil)
	_ registry.BlobStatHandler = (*blobs)(nil)
	_ registry.BlobPutHandler  = (*blobs)(nil)
)

func openBlobs(dir string) *blobs {
	return &blobs{root: sync.OnceValues(func() (*os.Root, error) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("make folder for blobs: %w", err)
		}
		return os.OpenRoot(dir)
	})}
}

func (b *blobs) close() {
	if root, err := b.root(); err == nil {
		_ = root.Close()
	}
}

func (b *blobs) Stat(_ context.Context, _ string, h v1.Hash) (int64, error) {
	root, err := b.root()
	if err != nil {
		return 0, err
	}
	info, err := root.Stat(path.Join(h.Algorithm, h.Hex))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, registry.ErrNotFound
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (b *blobs) Get(_ context.Context, _ string, h v1.Hash) (io.ReadCloser, error) { return b.open(h) }

func (b *blobs) open(h v1.Hash) (io.ReadCloser, error) {
	root, err := b.root()
	if err != nil {
		return nil, err
	}
	f, err := root.Open(path.Join(h.Algorithm, h.Hex))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, registry.ErrNotFound
	}
	return f, err
}

// Put stores content whose reader fails when it does not match its digest.
func (b *blobs) Put(_ context.Context, _ string, h v1.Hash, content io.ReadCloser) error {
	root, err := b.root()
	if err != nil {
		return err
	}
	if err := root.MkdirAll(h.Algorithm, 0o755); err != nil {
		return err
	}
	part := "upload-" + rand.Text()
	f, err := root.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = root.Rename(part, path.Join(h.Algorithm, h.Hex))
	}
	if err != nil {
		return errors.Join(err, root.Remove(part))
	}
	return nil
}
