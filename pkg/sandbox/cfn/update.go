package cfn

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// update is one change of a stack from a version to the next on its way; from nothing, it is the stack's creation.
type update struct {
	service       *Service
	stack         *record
	words         words
	before, after version
	scope         *scope
	old, now      map[string]*part
	imports       []string
	made          []*part  // by this update
	left          []*part  // whose places were taken
	touched       []string // updated in place, or tried to be, in this order
	failed        string   // the resource that failed
	verb          string   // what it failed to do: update, create
}

// Create creates one stack. A template that cannot be read makes none; of one with a resource that fails, everything
// is deleted again (ROLLBACK_COMPLETE), and the error names the resource.
func (s *Service) Create(ctx context.Context, stack Stack) (*Created, error) {
	u, err := s.beginCreate(stack)
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", stack.Name, err)
	}
	return u.told(ctx)
}

// Update changes a stack to another template: what its declarations, with all references resolved, say otherwise than
// before is updated, in the order of references; what cannot be updated is replaced, and what is gone is deleted. When
// a resource fails everything goes back, and the error names the resource. ErrUnchanged when there is nothing to do.
func (s *Service) Update(ctx context.Context, stack Stack) (*Created, error) {
	u, err := s.beginUpdate(stack)
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", stack.Name, err)
	}
	return u.told(ctx)
}

func (u *update) told(ctx context.Context) (*Created, error) {
	err := u.run(ctx)
	u.service.mu.Lock()
	defer u.service.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", u.stack.Name, err)
	}
	told := u.stack.told()
	return &told, nil
}

// run makes the change, or undoes it.
func (u *update) run(ctx context.Context) error {
	err := u.forward(ctx)
	var outputs []Output
	if err == nil {
		if outputs, err = u.outputs(u.scope); err == nil {
			err = u.service.mayExport(u.stack, outputs)
		}
	}
	if err != nil {
		return errors.Join(err, u.rollback(ctx, err))
	}
	u.commit(outputs)
	if u.words.cleaning != "" {
		u.service.turn(u.stack, u.words.cleaning, "")
	}
	u.clean(ctx)
	u.service.turn(u.stack, u.words.done, "")
	return nil
}

func (u *update) commit(outputs []Output) {
	s := u.service
	s.mu.Lock()
	defer s.mu.Unlock()
	u.stack.version, u.stack.parts, u.stack.imports = u.after, u.now, u.imports
	u.stack.Description, u.stack.Outputs, u.stack.Parameters = u.after.template.Description, outputs, u.after.given
	maps.DeleteFunc(s.exports, func(_ string, e export) bool { return e.stack == u.stack.Name })
	for _, o := range outputs {
		if o.Export != "" {
			s.exports[o.Export] = export{value: o.Value, stack: u.stack.Name}
		}
	}
}

// clean deletes what the new version has no place for. A deletion that fails leaves the resource behind and the stack
// updated, as CloudFormation does.
func (u *update) clean(ctx context.Context) {
	var gone []*part
	for _, logical := range slices.Backward(u.before.order) {
		for _, p := range u.left {
			if p.logical == logical {
				gone = append(gone, p)
			}
		}
		if p := u.old[logical]; p != nil && u.now[logical] == nil {
			gone = append(gone, p)
		}
	}
	for _, p := range gone {
		policy := p.onDelete
		if u.now[p.logical] != nil {
			policy = p.onReplace
		}
		u.service.discard(ctx, u.stack, p, policy)
	}
}
