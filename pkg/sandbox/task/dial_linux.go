package task

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/cutover-ecs/cutover/pkg/sandbox/task/internal/pid1"
)

// dialer is the runner's end of a task's dial socket: see pid1.DialMessage.
type dialer struct {
	conn    *net.UnixConn
	mu      sync.Mutex
	last    uint32
	waiting map[uint32]chan dialed // nil when the task has ended
}

type dialed struct {
	conn net.Conn
	err  error
}

// newDialer returns the runner's end and the file for the init.
func newDialer() (*dialer, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make socket pair: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "dial"), os.NewFile(uintptr(fds[1]), "dial")
	conn, err := net.FileConn(ours)
	_ = ours.Close()
	if err != nil {
		_ = theirs.Close()
		return nil, nil, err
	}
	d := &dialer{conn: conn.(*net.UnixConn), waiting: map[uint32]chan dialed{}}
	return d, theirs, nil
}

// dial connects to a port of the task's loopback address.
func (d *dialer) dial(ctx context.Context, port int) (net.Conn, error) {
	answer := make(chan dialed, 1)
	d.mu.Lock()
	if d.waiting == nil {
		d.mu.Unlock()
		return nil, errEnded
	}
	d.last++
	id := d.last
	d.waiting[id] = answer
	d.mu.Unlock()
	var request [pid1.DialMessage]byte
	binary.NativeEndian.PutUint32(request[:], id)
	binary.NativeEndian.PutUint32(request[4:], uint32(port))
	if _, err := d.conn.Write(request[:]); err != nil {
		d.give(id, dialed{err: errEnded})
	}
	select {
	case got := <-answer:
		return got.conn, got.err
	case <-ctx.Done():
		if !d.give(id, dialed{err: ctx.Err()}) {
			if got := <-answer; got.conn != nil {
				_ = got.conn.Close()
			}
		}
		return nil, ctx.Err()
	}
}

// give answers the request, unless it has an answer already.
func (d *dialer) give(id uint32, got dialed) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	answer, waits := d.waiting[id]
	if waits {
		delete(d.waiting, id)
		answer <- got
	}
	return waits
}

// read receives answers until the init is gone.
func (d *dialer) read() {
	message, rights := make([]byte, pid1.DialMessage), make([]byte, unix.CmsgSpace(4))
	for {
		n, rn, _, _, err := d.conn.ReadMsgUnix(message, rights)
		if err != nil || n != pid1.DialMessage {
			break
		}
		id, code := binary.NativeEndian.Uint32(message), binary.NativeEndian.Uint32(message[4:])
		got := dialed{err: &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.Errno(code))}}
		if code == 0 {
			got.conn, got.err = received(rights[:rn])
		}
		if !d.give(id, got) && got.conn != nil {
			_ = got.conn.Close()
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, answer := range d.waiting {
		answer <- dialed{err: errEnded}
	}
	d.waiting = nil
	_ = d.conn.Close()
}

func (d *dialer) close() { _ = d.conn.Close() }

func received(rights []byte) (net.Conn, error) {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil || len(messages) != 1 {
		return nil, fmt.Errorf("receive socket: %d messages: %w", len(messages), err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return nil, fmt.Errorf("receive socket: %d files: %w", len(fds), err)
	}
	file := os.NewFile(uintptr(fds[0]), "tcp")
	defer func() { _ = file.Close() }()
	return net.FileConn(file)
}
