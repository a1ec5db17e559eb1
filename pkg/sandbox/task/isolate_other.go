//go:build !linux

package task

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
)

// selfExe is empty where it must be asked for.
const selfExe = ""

func initAttr(form, program) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func containerAttr(p plan, c program) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if p.Chroot {
		attr.Chroot = c.Root
	}
	if p.SwitchUser {
		attr.Credential = &syscall.Credential{Uid: uint32(c.UID), Gid: uint32(c.GID)}
	}
	return attr
}

func isolate(p plan) error {
	if p.Namespaces {
		return errors.New("namespaces are a feature of Linux")
	}
	return nil
}

func killRest(plan) {}

// dialer is only needed with namespaces.
type dialer struct{}

func newDialer() (*dialer, *os.File, error) {
	return nil, nil, errors.New("namespaces are a feature of Linux")
}

func (*dialer) dial(context.Context, int) (net.Conn, error) { return nil, errEnded }
func (*dialer) read()                                       {}
func (*dialer) close()                                      {}
