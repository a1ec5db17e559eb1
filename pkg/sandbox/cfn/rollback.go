package cfn

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// rollback brings the stack back to its version before. An error says what could not be brought back.
func (u *update) rollback(ctx context.Context, cause error) error {
	reason := cause.Error()
	if u.failed != "" {
		reason = fmt.Sprintf("The following resource(s) failed to %s: [%s]. ", u.verb, u.failed)
	}
	u.service.turn(u.stack, u.words.undoing, reason)
	return u.undo(ctx, nil)
}

// undo restores what was updated, but for what is to be skipped, and deletes what was made.
func (u *update) undo(ctx context.Context, skip []string) error {
	if err := u.restore(ctx, skip); err != nil {
		u.service.mu.Lock()
		u.stack.halted = u
		u.service.mu.Unlock()
		u.service.turn(u.stack, u.words.undoneFailed, fmt.Sprintf("The following resource(s) failed to update: [%s]. ", u.failed))
		return fmt.Errorf("rollback: resource %s (%s): %w", u.failed, u.old[u.failed].kind, err)
	}
	u.settle()
	if u.words.undoneCleaning != "" {
		u.service.turn(u.stack, u.words.undoneCleaning, "")
	}
	return u.unmake(ctx)
}

// unmake deletes what the update made.
func (u *update) unmake(ctx context.Context) error {
	var failed []string
	for _, p := range slices.Backward(u.made) {
		policy := p.onDelete
		if policy == "RetainExceptOnCreate" {
			policy = ""
		}
		if gone, _ := u.service.discard(ctx, u.stack, p, policy); !gone {
			failed = append(failed, p.logical)
			if u.words.undoneCleaning == "" { // of a stack that never stood, whose deletion tries again
				u.stack.parts[p.logical] = p
			}
		}
	}
	if failed != nil && u.words.undoneCleaning == "" {
		reason := fmt.Sprintf("The following resource(s) failed to delete: [%s]. ", strings.Join(failed, ", "))
		u.service.turn(u.stack, u.words.undoneFailed, reason)
		return fmt.Errorf("rollback: %s", reason)
	}
	u.service.turn(u.stack, u.words.undone, "")
	return nil
}

// restore sends the properties before to each resource that was updated in place.
func (u *update) restore(ctx context.Context, skip []string) error {
	for len(u.touched) > 0 {
		logical := u.touched[0]
		old, now := u.old[logical], u.now[logical]
		spared := logical == u.failed && u.verb == "update" && !u.service.assume.FailedIsRestored
		if !spared && !slices.Contains(skip, logical) {
			u.service.note(u.stack, old, types.ResourceStatusUpdateInProgress, "")
			c := u.service.change(ctx, u.stack, old, now)
			restored, err := u.service.kinds[old.kind].update(c)
			if err != nil {
				u.failed = logical
				u.service.note(u.stack, old, types.ResourceStatusUpdateFailed, handled(err))
				return err
			}
			old.resource = restored
		}
		u.service.note(u.stack, old, types.ResourceStatusUpdateComplete, "")
		u.touched = u.touched[1:]
	}
	return nil
}

// settle puts what stood before back into its place, where something else was made for it.
func (u *update) settle() {
	s := u.service
	s.mu.Lock()
	defer s.mu.Unlock()
	u.stack.halted = nil
	for i, r := range u.stack.Resources {
		if p := u.old[r.Logical]; p != nil && r.Physical != p.id {
			u.stack.Resources[i] = Resource{Logical: r.Logical, Physical: p.id, Type: p.kind, Status: types.ResourceStatusUpdateComplete, At: r.At}
		}
	}
}

// ContinueRollback tries a rollback that failed again, without the resources to skip: they stay as they are and are
// taken for restored.
func (s *Service) ContinueRollback(ctx context.Context, name string, skip ...string) error {
	u, err := s.beginContinue(name, skip)
	if err != nil {
		return fmt.Errorf("stack %s: %w", name, err)
	}
	return u.resume(ctx, skip)
}

func (s *Service) beginContinue(name string, skip []string) (*update, error) {
	s.mu.Lock()
	st := s.find(name)
	if st == nil {
		s.mu.Unlock()
		return nil, noStack(name)
	}
	err := s.begin(st, "rolled back", types.StackStatusUpdateRollbackFailed)
	u := st.halted
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	for _, logical := range skip {
		if logical != u.failed {
			s.end(st)
			return nil, invalid("[%s] cannot be skipped: only the resources that failed to be rolled back can, which is %s", logical, u.failed)
		}
	}
	s.turn(st, u.words.undoing, "User Initiated")
	return u, nil
}

func (u *update) resume(ctx context.Context, skip []string) error {
	return u.undo(ctx, skip)
}
