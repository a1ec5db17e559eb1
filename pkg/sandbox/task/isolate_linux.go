package task

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/cutover-ecs/cutover/pkg/sandbox/task/internal/pid1"
)

// selfExe is this very binary, even when its file was replaced meanwhile.
const selfExe = "/proc/self/exe"

// initAttr says how an init is started: who is the task's user, with a user namespace.
func initAttr(form form, who pid1.Program) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if form.namespaces {
		attr.Cloneflags = unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS
	}
	if form.user {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: who.UID, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: who.GID, HostID: os.Getegid(), Size: 1}}
		// An init whose user is not root in the namespace would lose its rights there by being executed.
		attr.AmbientCaps = []uintptr{
			unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN, unix.CAP_SYS_CHROOT, unix.CAP_KILL, unix.CAP_SETPCAP, unix.CAP_DAC_OVERRIDE,
		}
	}
	return attr
}
