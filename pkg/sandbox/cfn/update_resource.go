package cfn

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
)

// forward brings every resource to what the new version says, in the order of references.
func (u *update) forward(ctx context.Context) error {
	for _, logical := range u.after.order {
		if err := u.bring(ctx, logical); err != nil {
			return fmt.Errorf("resource %s (%s): %w", logical, u.after.template.Resources[logical].Type, err)
		}
	}
	return nil
}

// bring creates, updates or replaces one resource, or leaves it as it is.
func (u *update) bring(ctx context.Context, logical string) error {
	p, err := u.resolve(u.scope, logical)
	old := u.old[logical]
	if err != nil {
		if p == nil {
			p = &part{logical: logical, kind: u.after.template.Resources[logical].Type}
		}
		return u.fail(p, old == nil, err)
	}
	if p == nil {
		return nil
	}
	switch {
	case old == nil:
		err = u.create(ctx, p, "")
	case old.text == p.text:
		p.resource = old.resource
	default:
		err = u.change(ctx, old, p)
	}
	if err != nil {
		return err
	}
	u.now[logical], u.scope.created[logical] = p, p.resource
	return nil
}

func (u *update) create(ctx context.Context, p *part, reason string) error {
	begun, done := types.ResourceStatusCreateInProgress, types.ResourceStatusCreateComplete
	if reason != "" { // a replacement is told as an update
		begun, done = types.ResourceStatusUpdateInProgress, types.ResourceStatusUpdateComplete
	}
	u.service.note(u.stack, p, begun, reason)
	made, err := u.service.kinds[p.kind].create(u.service.change(ctx, u.stack, p, nil))
	if made.id != "" {
		p.resource = made
		u.made = append(u.made, p)
	}
	if err != nil {
		return u.fail(p, reason == "", err)
	}
	u.service.note(u.stack, p, done, "")
	return nil
}

// change updates a resource in place, or makes another in its place.
func (u *update) change(ctx context.Context, old, p *part) error {
	k := u.service.kinds[p.kind]
	replace, err := k.replaced(old.properties, p.properties)
	if err != nil {
		return u.fail(old, false, err)
	}
	if replace {
		err := u.create(ctx, p, "Requested update requires the creation of a new physical resource; hence creating one.")
		if err == nil {
			u.left = append(u.left, old)
		}
		return err
	}
	p.resource = old.resource
	u.service.note(u.stack, p, types.ResourceStatusUpdateInProgress, "")
	u.touched = append(u.touched, p.logical)
	u.now[p.logical] = p
	updated, err := k.update(u.service.change(ctx, u.stack, p, old))
	if err != nil {
		return u.fail(p, false, err)
	}
	p.resource = updated
	u.service.note(u.stack, p, types.ResourceStatusUpdateComplete, "")
	return nil
}

// fail notes which resource failed, and how.
func (u *update) fail(p *part, creating bool, err error) error {
	status := types.ResourceStatusUpdateFailed
	u.failed, u.verb = p.logical, "update"
	if creating {
		status, u.verb = types.ResourceStatusCreateFailed, "create"
	}
	u.service.note(u.stack, p, status, handled(err))
	return err
}

// handled is an error as the events of CloudFormation tell it.
func handled(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err.Error()
	}
	code := "GeneralServiceException"
	for _, c := range handlerCodes {
		if strings.Contains(api.ErrorCode(), c.part) {
			code = c.code
			break
		}
	}
	prefix, _ := strings.CutSuffix(err.Error(), api.Error())
	return fmt.Sprintf(`Resource handler returned message: "%s%s (Error Code: %s)" (HandlerErrorCode: %s)`, prefix, api.ErrorMessage(), api.ErrorCode(), code)
}

// handlerCodes are the kinds of errors that resource handlers tell apart
// (https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html).
var handlerCodes = []struct{ part, code string }{
	{"AccessDenied", "AccessDenied"}, {"AlreadyExists", "AlreadyExists"}, {"NotFound", "NotFound"}, {"NoSuchEntity", "NotFound"},
	{"Throttl", "Throttling"}, {"LimitExceeded", "ServiceLimitExceeded"}, {"Invalid", "InvalidRequest"}, {"Validation", "InvalidRequest"},
	{"Client", "InvalidRequest"},
}

// change is a resource on its way to p, from what stood there before if anything did.
func (s *Service) change(ctx context.Context, st *record, p, from *part) *change {
	c := &change{ctx: ctx, service: s, stack: st.Name, logical: p.logical, kind: p.kind, properties: maps.Clone(p.properties)}
	if from != nil {
		c.standing = resource{id: p.id, attributes: maps.Clone(p.attributes)}
		c.was = from.properties
	}
	return c
}

// discard deletes a resource unless its policy keeps it, and tells whether it is out of the stack.
func (s *Service) discard(ctx context.Context, st *record, p *part, policy string) (gone, kept bool) {
	if policy == "Retain" || policy == "RetainExceptOnCreate" {
		s.note(st, p, types.ResourceStatusDeleteSkipped, "")
		s.forget(st, p)
		return true, true
	}
	s.note(st, p, types.ResourceStatusDeleteInProgress, "")
	c := s.change(ctx, st, p, p)
	if err := already(s.kinds[p.kind].remove(c)); err != nil {
		s.note(st, p, types.ResourceStatusDeleteFailed, handled(err))
		return false, false
	}
	s.note(st, p, types.ResourceStatusDeleteComplete, "")
	s.forget(st, p)
	return true, false
}
