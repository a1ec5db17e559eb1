//go:build !linux

package pid1

import (
	"errors"
	"syscall"
)

func containerAttr(p Plan, c Program) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if p.Chroot {
		attr.Chroot = c.Root
	}
	if p.SwitchUser {
		attr.Credential = &syscall.Credential{Uid: uint32(c.UID), Gid: uint32(c.GID)}
	}
	return attr
}

func isolate(p Plan) error {
	if p.Namespaces {
		return errors.New("namespaces are a feature of Linux")
	}
	return nil
}

func killRest(Plan) {}
