package cfn

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/cutover-ecs/cutover/pkg/stackupdate"
)

// deletion of a stack on its way.
type deletion struct {
	service *Service
	stack   *record
	retain  []string
	left    []Resource
}

// Delete deletes a stack, each resource before those that it needs, and tells what was left by its DeletionPolicy. A
// resource that refuses keeps those that it needs and leaves the stack DELETE_FAILED; the error names it. A stack whose
// exports others import is not deleted at all.
func (s *Service) Delete(ctx context.Context, name string) (left []Resource, err error) {
	d, err := s.beginDelete(name, nil)
	if err == nil {
		err = d.run(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", name, err)
	}
	return d.left, nil
}

func (s *Service) beginDelete(name string, retain []string) (*deletion, error) {
	s.mu.Lock()
	st := s.find(name)
	if st == nil || st.Status == types.StackStatusDeleteComplete {
		s.mu.Unlock()
		return nil, noStack(name)
	}
	var err error
	switch {
	case st.busy:
		err = invalid("Stack [%s] cannot be deleted while in status %s", st.Name, st.Status)
	case retain != nil && st.Status != types.StackStatusDeleteFailed:
		err = invalid("Invalid operation on stack [%s]. When you delete a stack, specify which resources to retain only when the stack is in the DELETE_FAILED state.", st.ID)
	}
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	st.busy, st.Updated = true, time.Now()
	was := st.Status
	err = s.inUse(st, nil)
	s.mu.Unlock()
	if err != nil { // the status is what it was, with the reason: https://github.com/rlister/stax/issues/40
		s.turn(st, was, "Delete canceled. "+err.Error())
		return nil, says("Delete canceled. %s", err)
	}
	s.turn(st, types.StackStatusDeleteInProgress, "User Initiated")
	return &deletion{service: s, stack: st, retain: retain}, nil
}

func (d *deletion) run(ctx context.Context) error {
	st := d.stack
	parts, order := d.parts()
	kept := map[string]bool{} // that something needs which was not deleted
	var failed []string
	for _, logical := range slices.Backward(order) {
		p := parts[logical]
		if p == nil || kept[logical] {
			continue
		}
		policy := p.onDelete
		if slices.Contains(d.retain, logical) {
			policy = "Retain"
		}
		gone, left := d.service.discard(ctx, st, p, policy)
		switch {
		case left:
			d.left = append(d.left, Resource{Logical: p.logical, Physical: p.id, Type: p.kind, Status: types.ResourceStatusDeleteSkipped, At: time.Now()})
		case !gone:
			failed = append(failed, logical)
			st.version.template.needs(logical, kept)
		}
		if gone {
			delete(parts, logical)
		}
	}
	if failed != nil {
		reason := fmt.Sprintf("The following resource(s) failed to delete: [%s]. ", strings.Join(failed, ", "))
		d.service.turn(st, types.StackStatusDeleteFailed, reason)
		return errors.New(strings.TrimSpace(reason) + " " + d.service.why(st, failed[0]))
	}
	d.service.mu.Lock()
	maps.DeleteFunc(d.service.exports, func(_ string, e export) bool { return e.stack == st.Name })
	st.imports = nil
	d.service.mu.Unlock()
	d.service.turn(st, types.StackStatusDeleteComplete, "")
	return nil
}

// parts that stand, and their order: of an update that could not be rolled back, those that it made too, and at last
// those that it made in the place of others.
func (d *deletion) parts() (map[string]*part, []string) {
	st := d.stack
	order := slices.Clone(st.version.order)
	if u := st.halted; u != nil {
		for _, logical := range u.after.order {
			if !slices.Contains(order, logical) {
				order = append(order, logical)
			}
		}
		for _, p := range u.made {
			key := p.logical
			if st.parts[key] != nil {
				key = "replacement of " + key
				order = slices.Insert(order, 0, key)
			}
			st.parts[key] = p
		}
		d.service.mu.Lock()
		st.halted = nil
		d.service.mu.Unlock()
		st.version.order = order
	}
	return st.parts, order
}

// why is the reason of a resource's status.
func (s *Service) why(st *record, logical string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range st.Resources {
		if r.Logical == logical {
			return r.Reason
		}
	}
	return ""
}

// forget takes a resource out of its stack, unless another stands in its place.
func (s *Service) forget(st *record, p *part) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.Status == types.StackStatusDeleteInProgress {
		return // a deleted stack can still be asked what it had
	}
	st.Resources = slices.DeleteFunc(st.Resources, func(r Resource) bool { return r.Logical == p.logical && r.Physical == p.id })
}

// needs adds the resources that one needs, and that those need.
func (t *template) needs(logical string, all map[string]bool) {
	d := t.Resources[logical]
	for _, other := range append(stackupdate.References(d.Properties), d.DependsOn...) {
		if _, ok := t.Resources[other]; ok && !all[other] {
			all[other] = true
			t.needs(other, all)
		}
	}
}
