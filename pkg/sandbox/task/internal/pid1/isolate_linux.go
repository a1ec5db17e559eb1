package pid1

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// containerAttr says how an init starts a container.
func containerAttr(p Plan, c Program) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if p.Chroot {
		attr.Chroot = c.Root
	}
	if p.SwitchUser {
		attr.Credential = &syscall.Credential{Uid: uint32(c.UID), Gid: uint32(c.GID)}
	}
	return attr
}

// isolate makes the init's namespaces a home for containers.
func isolate(p Plan) error {
	if !p.Namespaces {
		if p.Chroot {
			for _, c := range p.Containers {
				nodes(c.Root)
			}
		}
		// Orphans of containers come to the init, which kills them in the end.
		return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	}
	if err := unix.Sethostname([]byte(p.Host)); err != nil {
		return fmt.Errorf("set host name: %w", err)
	}
	if err := loopback(); err != nil {
		return fmt.Errorf("bring up the loopback interface: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	for _, c := range p.Containers {
		if err := furnish(c.Root); err != nil {
			return fmt.Errorf("container %s: %w", c.Name, err)
		}
	}
	if err := dropRights(); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	if p.Probe {
		return probe(p)
	}
	go answerDials()
	return nil
}

// loopback also lets any user listen on any port, as a container runtime does.
func loopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request); err != nil {
		return err
	}
	// Where /proc/sys is read-only, low ports are left to root.
	_ = os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("0"), 0)
	return nil
}

// furnish mounts /dev and /proc into a container's root.
func furnish(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, name := range []string{"dev", "proc"} {
		// A link of the image must not lead a mount elsewhere.
		if info, err := root.Lstat(name); err == nil && !info.IsDir() {
			return fmt.Errorf("/%s of the image is not a directory", name)
		}
		if err := root.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	proc := path.Join(dir, "proc")
	if err := unix.Mount("proc", proc, "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		// A user namespace may not mount it anew where parts of the host's are hidden.
		if err := unix.Mount("/proc", proc, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("mount /proc: %w", err)
		}
	}
	return devices(path.Join(dir, "dev"))
}

func devices(dev string) error {
	if err := unix.Mount("tmpfs", dev, "tmpfs", unix.MS_NOSUID, "mode=755,size=64m"); err != nil {
		return fmt.Errorf("mount /dev: %w", err)
	}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		at := path.Join(dev, name)
		if _, err := os.Stat(path.Join("/dev", name)); err != nil {
			continue
		}
		if err := os.WriteFile(at, nil, 0o666); err != nil {
			return err
		}
		if err := unix.Mount(path.Join("/dev", name), at, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mount /dev/%s: %w", name, err)
		}
	}
	for name, target := range map[string]string{
		"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
	} {
		if err := os.Symlink(target, path.Join(dev, name)); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path.Join(dev, "shm"), 0o777); err != nil {
		return err
	}
	return os.Chmod(path.Join(dev, "shm"), 0o777|fs.ModeSticky)
}

// nodes makes the few devices without which hardly a program runs, where nothing can be mounted. Where they
// cannot be made either, containers do without.
func nodes(dir string) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return
	}
	defer func() { _ = root.Close() }()
	if err := root.Mkdir("dev", 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return
	}
	dev, err := root.Open("dev")
	if err != nil {
		return
	}
	defer func() { _ = dev.Close() }()
	for name, minor := range map[string]uint32{"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9} {
		if unix.Mknodat(int(dev.Fd()), name, unix.S_IFCHR|0o666, int(unix.Mkdev(1, minor))) == nil {
			_ = root.Chmod(path.Join("dev", name), 0o666)
		}
	}
}

// dropRights takes from this thread, and so from the containers that it starts, what they would need to leave
// their root: of Docker's default set all stay but mknod and chroot.
func dropRights() error {
	keep := map[uintptr]bool{
		unix.CAP_CHOWN: true, unix.CAP_DAC_OVERRIDE: true, unix.CAP_FSETID: true, unix.CAP_FOWNER: true,
		unix.CAP_NET_RAW: true, unix.CAP_SETGID: true, unix.CAP_SETUID: true, unix.CAP_SETFCAP: true,
		unix.CAP_SETPCAP: true, unix.CAP_NET_BIND_SERVICE: true, unix.CAP_KILL: true, unix.CAP_AUDIT_WRITE: true,
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return err
	}
	for right := range uintptr(unix.CAP_LAST_CAP + 1) {
		if keep[right] {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, right, 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) {
			return err
		}
	}
	return nil
}

// probe starts a process as a container would be started.
func probe(p Plan) error {
	attr := containerAttr(Plan{SwitchUser: p.SwitchUser}, Program{})
	if p.Chroot {
		attr.Chroot = "/"
	}
	pid, err := syscall.ForkExec("/proc/self/exe", []string{ProbeName}, &syscall.ProcAttr{Dir: "/", Sys: attr})
	if err != nil {
		return fmt.Errorf("start a process: %w", err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
		return fmt.Errorf("wait for a process: %w", err)
	}
	if status != 0 {
		return fmt.Errorf("a process ended with status %d", status.ExitStatus())
	}
	return nil
}

// killRest kills all processes of the task but the init.
func killRest(p Plan) {
	if p.Namespaces {
		_ = syscall.Kill(-1, syscall.SIGKILL)
		return
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, thread := range threads {
		children, err := os.ReadFile(path.Join("/proc/self/task", thread.Name(), "children"))
		if err != nil {
			continue
		}
		for _, field := range strings.Fields(string(children)) {
			if pid, err := strconv.Atoi(field); err == nil {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
}
