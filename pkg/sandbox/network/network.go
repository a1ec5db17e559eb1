// Package network is the sandbox's VPC: every task has an address of its own, and whoever knows the address
// can connect to it, wherever the task's process really listens.
package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
)

// Dial connects to a port of one attached interface.
type Dial func(ctx context.Context, port int) (net.Conn, error)

// ErrNoHost is returned when nothing has the address that was dialed.
var ErrNoHost = errors.New("no network interface has this address")

// Network connects addresses to dial functions. The zero value is an empty network.
type Network struct {
	mu    sync.RWMutex
	hosts map[netip.Addr]Dial
	last  uint32
}

// Attach gives the next free address of 10.0.0.0/16 to an interface that is reached by dial.
func (n *Network) Attach(dial Dial) netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hosts == nil {
		n.hosts = map[netip.Addr]Dial{}
	}
	for {
		// The first ten addresses of a subnet are left to the network itself, as AWS leaves its own five.
		n.last = (n.last + 1) % (1<<16 - 20)
		v := n.last + 10
		addr := netip.AddrFrom4([4]byte{10, 0, byte(v >> 8), byte(v)})
		if _, taken := n.hosts[addr]; !taken {
			n.hosts[addr] = dial
			return addr
		}
	}
}

// Detach frees the address.
func (n *Network) Detach(addr netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.hosts, addr)
}

// Dial connects to "10.0.x.y:port"; it has the form of net.Dialer's DialContext.
func (n *Network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, p, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(p)
	if err != nil {
		return nil, err
	}
	n.mu.RLock()
	dial := n.hosts[addr]
	n.mu.RUnlock()
	if dial == nil {
		return nil, fmt.Errorf("dial %s: %w", address, ErrNoHost)
	}
	return dial(ctx, port)
}
