package task

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"syscall"
)

// within finds the file that a process whose root is root would reach by name: symbolic links, absolute ones
// too, are followed as if root were "/", and ".." stops there. The answer is relative to root and has no links,
// except in its last component when last is false. What does not exist is taken as it is written.
func within(root *os.Root, name string, last bool) (string, error) {
	todo := strings.Split(strings.Trim(path.Clean("/"+name), "/"), "/")
	done := "."
	for links := 0; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			done = path.Dir(done)
			continue
		}
		at := path.Join(done, part)
		if len(todo) == 0 && !last {
			return at, nil
		}
		target, err := root.Readlink(at)
		if err != nil {
			done = at
			continue
		}
		if links++; links > 40 {
			return "", fmt.Errorf("open %s: %w", name, syscall.ELOOP)
		}
		if path.IsAbs(target) {
			done = "."
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	return done, nil
}

// read is the content of a small file of the image; empty when there is none.
func read(root *os.Root, name string) ([]byte, error) {
	at, err := within(root, name, true)
	if err != nil {
		return nil, err
	}
	info, err := root.Stat(at)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > 1<<20 {
		return nil, fmt.Errorf("read %s: not a small file", name)
	}
	return root.ReadFile(at)
}
