// Package ec2 keeps the rules of security groups: those that templates bring and those that a person adds by hand. They
// are told, and decide nothing: in the sandbox every listener lets everybody in.
//
// It speaks EC2's query protocol (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html) and has
// DescribeSecurityGroupRules, AuthorizeSecurityGroupIngress and RevokeSecurityGroupIngress. The rest of EC2 is refused.
package ec2

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Options of a Service.
type Options struct {
	// Account and Region of the groups.
	Account, Region string
	// Allow tells what allows an action on a resource, or refuses it; nil allows everything.
	Allow func(ctx context.Context, action, resource string, keys map[string][]string) (allowed string, err error)
}

// Service keeps groups and their rules. Use New; a Service is safe for concurrent use.
type Service struct {
	opts Options
	srv  *wire.Server

	mu     sync.Mutex
	groups []string
	rules  []rule // in the order in which they came
}

// rule is one of a group. owner is the resource of a template that brings it; empty for one that was added by hand.
type rule struct {
	owner, id, group, protocol string
	egress                     bool
	from, to                   int
	v4, v6, referenced, prefix string
	description                string
}

// New returns a service without groups.
func New(opts Options) *Service { return &Service{opts: opts} }

// Register puts the service on srv.
func (s *Service) Register(srv *wire.Server) {
	s.srv = srv
	srv.Handle("ec2", s)
}

// CreateGroup makes a group, or lets it be.
func (s *Service) CreateGroup(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.groups, id) {
		s.groups = append(s.groups, id)
	}
}

// DeleteGroup takes a group away with all its rules, those that were added by hand too.
func (s *Service) DeleteGroup(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups = slices.DeleteFunc(s.groups, func(g string) bool { return g == id })
	s.rules = slices.DeleteFunc(s.rules, func(r rule) bool { return r.group == id })
}

// Bring replaces the rules that a resource of a template brings to a group by others, as CloudFormation writes them.
func (s *Service) Bring(owner, group string, ingress, egress []any) {
	s.Withdraw(owner)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, all := range [][]any{ingress, egress} {
		for _, one := range all {
			properties, _ := one.(map[string]any)
			text := func(names ...string) string {
				for _, name := range names {
					if v, ok := properties[name]; ok {
						return fmt.Sprint(v)
					}
				}
				return ""
			}
			r := rule{
				owner: owner, id: owner, group: group, egress: i == 1, protocol: text("IpProtocol"), v4: text("CidrIp"), v6: text("CidrIpv6"),
				referenced: text("SourceSecurityGroupId", "DestinationSecurityGroupId"), prefix: text("SourcePrefixListId", "DestinationPrefixListId"),
				from: port(text("FromPort")), to: port(text("ToPort")), description: text("Description"),
			}
			if !strings.HasPrefix(owner, "sgr-") {
				r.id = "sgr-" + identifier()
			}
			s.rules = append(s.rules, r)
		}
	}
}

// Withdraw takes away what a resource of a template brought.
func (s *Service) Withdraw(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = slices.DeleteFunc(s.rules, func(r rule) bool { return r.owner == owner })
}

// port is -1 where a rule has none.
func port(text string) int {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return -1
	}
	return int(n)
}

func identifier() string {
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])[:17]
}
