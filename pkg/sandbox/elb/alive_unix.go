//go:build unix

package elb

import (
	"net"
	"syscall"
)

// alive reports whether an idle connection can carry a request: the target has neither closed it nor said anything
// unasked. One system call; it is what spares a POST, which cannot be sent twice, a connection that is gone.
func alive(c net.Conn) bool {
	socket, ok := c.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = raw.Read(func(fd uintptr) bool {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
		return true
	})
	return err == nil && quiet
}
