package task

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// rootfs is an image's unpacked root file system, made once.
type rootfs struct {
	once   sync.Once
	dir    string
	config *v1.ConfigFile
	err    error
}

// rootfs returns the unpacked image, from the cache when its digest is known.
func (r *Runner) rootfs(img v1.Image) (*rootfs, error) {
	if img == nil {
		return nil, errors.New("CannotPullContainerError: no image")
	}
	digest, err := img.Digest()
	if err != nil {
		return nil, fmt.Errorf("CannotPullContainerError: read manifest: %w", err)
	}
	r.mu.Lock()
	fs := r.roots[digest]
	if fs == nil {
		fs = &rootfs{dir: filepath.Join(r.dir, "image-"+digest.Hex)}
		r.roots[digest] = fs
	}
	r.mu.Unlock()
	fs.once.Do(func() {
		if fs.err = r.pull(img, fs); fs.err == nil {
			return
		}
		r.mu.Lock()
		delete(r.roots, digest) // The next one tries again.
		r.mu.Unlock()
		_ = removeTree(fs.dir)
	})
	return fs, fs.err
}

func (r *Runner) pull(img v1.Image, fs *rootfs) (err error) {
	if fs.config, err = img.ConfigFile(); err != nil {
		return fmt.Errorf("CannotPullContainerError: read configuration: %w", err)
	}
	if system := fs.config.OS; system != "" && system != "linux" && system != runtime.GOOS {
		return mismatch(fs.config)
	}
	if arch := fs.config.Architecture; arch != "" && arch != runtime.GOARCH {
		return mismatch(fs.config)
	}
	if err := os.Mkdir(fs.dir, 0o755); err != nil {
		return err
	}
	if err := os.Chmod(fs.dir, 0o755); err != nil {
		return err
	}
	if err := unpack(r.life, img, fs.dir, r.opts.MaxImageSize); err != nil {
		return fmt.Errorf("CannotPullContainerError: unpack image: %w", err)
	}
	return nil
}

// mismatch is worded as Fargate words it.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
func mismatch(config *v1.ConfigFile) error {
	return fmt.Errorf("CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/%s': the image is for '%s/%s'",
		runtime.GOARCH, config.OS, config.Architecture)
}
