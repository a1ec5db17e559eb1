package pid1

import (
	"encoding/binary"
	"syscall"

	"golang.org/x/sys/unix"
)

// longestDial bounds a connect in milliseconds: a listener of the task whose queue is full answers not at all.
const longestDial = 10_000

// answerDials connects to the task's ports for the runner until that is gone, as the end of the orders says too.
func answerDials() {
	for {
		message := make([]byte, DialMessage)
		n, err := unix.Read(DialFile, message)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n != DialMessage {
			return
		}
		go answerDial(message)
	}
}

func answerDial(message []byte) {
	var rights []byte
	fd, code := connect(int(binary.NativeEndian.Uint32(message[4:])))
	if code == 0 {
		defer func() { _ = unix.Close(fd) }()
		rights = unix.UnixRights(fd)
	}
	binary.NativeEndian.PutUint32(message[4:], uint32(code))
	_ = unix.Sendmsg(DialFile, message, rights, nil, 0)
}

// connect returns a connection to a port of the loopback address, or why there is none. It is made of system calls
// because package net, and what comes before it, would be initialised for every task.
func connect(port int) (fd int, code syscall.Errno) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, errno(err)
	}
	err = unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	if err == unix.EINPROGRESS {
		err = connected(fd)
	}
	if err != nil {
		_ = unix.Close(fd)
		return 0, errno(err)
	}
	return fd, 0
}

// connected waits until a connection that is under way is made or refused.
func connected(fd int) error {
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, longestDial)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return err
		case n == 0:
			return unix.ETIMEDOUT
		}
		code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && code != 0 {
			err = syscall.Errno(code)
		}
		return err
	}
}

// errno of a system call's error; there is none that is no number.
func errno(err error) syscall.Errno {
	code, _ := err.(syscall.Errno)
	return code
}
