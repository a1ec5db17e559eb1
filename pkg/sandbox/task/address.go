package task

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/pkg/sandbox/task/internal/pid1"
)

// Mode process has one network for all tasks. On Linux each task has a loopback address of its own; elsewhere
// there is only one such address, and each port is another, free one. Either way HOST and PORT say so.

// portsOf are the ports that a container says it listens on.
func portsOf(c Container, config *v1.ConfigFile) []int {
	if len(c.Ports) > 0 {
		return c.Ports
	}
	var ports []int
	for exposed := range maps.Keys(config.Config.ExposedPorts) {
		number, protocol, _ := strings.Cut(exposed, "/")
		if port, err := strconv.Atoi(number); err == nil && cmp.Or(protocol, "tcp") == "tcp" {
			ports = append(ports, port)
		}
	}
	slices.Sort(ports)
	return ports
}

// address finds the task's address and ports and tells the containers.
func (t *Task) address(containers []pid1.Program) error {
	host := "127.0.0.1"
	if runtime.GOOS == "linux" {
		if err := t.takeHost(); err != nil {
			return err
		}
		host = t.hostAddress()
	}
	t.real = map[int]string{}
	for i := range containers {
		wish := []string{"HOST=" + host}
		for n, port := range t.ports[i] {
			mine, err := t.realPort(host, port)
			if err != nil {
				return err
			}
			t.real[port] = net.JoinHostPort(host, strconv.Itoa(mine))
			if n == 0 {
				wish = append(wish, "PORT="+strconv.Itoa(mine))
			}
		}
		containers[i].Env = environment(containers[i].Env, wish)
	}
	return nil
}

// claimPort is bound at a task's address for as long as the task has it. The kernel gives it to one only, whichever
// runner of this machine asks: two that chose the same address would answer for each other.
const claimPort = 65535

func (t *Task) takeHost() error {
	start := os.Getpid() * 64 // Another sandbox of this machine begins elsewhere, in all likelihood.
	for n := range 1 << 16 {
		t.host = (start+n)%(1<<16-2) + 1
		claim, err := net.ListenPacket("udp4", net.JoinHostPort(t.hostAddress(), strconv.Itoa(claimPort)))
		if err == nil {
			t.claim = claim
			return nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("take a loopback address: %w", err)
		}
	}
	return errors.New("no loopback address is left")
}

func (t *Task) hostAddress() string { return fmt.Sprintf("127.77.%d.%d", t.host>>8, t.host&0xff) }

// realPort is port itself where the task can have it, else a free one.
func (t *Task) realPort(host string, port int) (int, error) {
	if runtime.GOOS == "linux" {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// realAddress is where a port of the task really is.
func (t *Task) realAddress(port int) string {
	if real, known := t.real[port]; known {
		return real
	}
	if t.host != 0 {
		return net.JoinHostPort(t.hostAddress(), strconv.Itoa(port))
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}
