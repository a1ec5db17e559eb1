package task

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// rootfs is the unpacked root file system of all images of the same layers, made once.
type rootfs struct {
	once sync.Once
	dir  string
	err  error
}

// rootfs returns where the image is unpacked, and its configuration. Images that differ in their configuration only
// are unpacked once.
func (r *Runner) rootfs(img v1.Image) (dir string, config *v1.ConfigFile, err error) {
	if img == nil {
		return "", nil, errors.New("CannotPullContainerError: no image")
	}
	layers, err := layersOf(img)
	if err != nil {
		return "", nil, fmt.Errorf("CannotPullContainerError: read manifest: %w", err)
	}
	if config, err = configOf(img); err != nil {
		return "", nil, err
	}
	r.mu.Lock()
	fs := r.roots[layers]
	if fs == nil {
		fs = &rootfs{dir: filepath.Join(r.dir, "image-"+layers)}
		r.roots[layers] = fs
	}
	r.mu.Unlock()
	fs.once.Do(func() {
		if fs.err = r.pull(img, fs.dir); fs.err == nil {
			return
		}
		r.mu.Lock()
		delete(r.roots, layers) // The next one tries again.
		r.mu.Unlock()
		_ = removeTree(fs.dir)
	})
	return fs.dir, config, fs.err
}

// layersOf is a name for the image's layers in their order.
func layersOf(img v1.Image) (string, error) {
	manifest, err := img.Manifest()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, layer := range manifest.Layers {
		fmt.Fprintln(h, layer.MediaType, layer.Digest)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// configOf is the configuration of an image that can run here.
func configOf(img v1.Image) (*v1.ConfigFile, error) {
	config, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("CannotPullContainerError: read configuration: %w", err)
	}
	if system := config.OS; system != "" && system != "linux" && system != runtime.GOOS {
		return nil, mismatch(config)
	}
	if arch := config.Architecture; arch != "" && arch != runtime.GOARCH {
		return nil, mismatch(config)
	}
	return config, nil
}

func (r *Runner) pull(img v1.Image, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	if err := unpack(r.life, img, dir, r.opts.MaxImageSize); err != nil {
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
