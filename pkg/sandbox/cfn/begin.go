package cfn

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/uuid"
)

func (s *Service) beginCreate(stack Stack) (*update, error) {
	v, err := s.read(stack)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	if old := s.find(stack.Name); old != nil {
		s.mu.Unlock()
		return nil, &types.AlreadyExistsException{Message: aws.String(fmt.Sprintf("Stack [%s] already exists", stack.Name))}
	}
	st := &record{busy: true, parts: map[string]*part{}}
	st.Created = Created{Name: stack.Name, Description: v.template.Description, At: time.Now(), Parameters: stack.Parameters}
	st.ID = fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s/%s", s.opts.Server.Region(), s.opts.Server.Account(), stack.Name, uuid.NewString())
	s.stacks = append(s.stacks, st)
	s.mu.Unlock()
	u := s.newUpdate(st, creating, v)
	s.mu.Lock()
	st.version = v
	s.mu.Unlock()
	s.turn(st, creating.begun, "User Initiated")
	return u, nil
}

func (s *Service) beginUpdate(stack Stack) (*update, error) {
	v, err := s.read(stack)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	st := s.find(stack.Name)
	if st == nil {
		s.mu.Unlock()
		return nil, noStack(stack.Name)
	}
	err = s.begin(st, "updated", settled...)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	u := s.newUpdate(st, updating, v)
	if err := u.check(); err != nil {
		s.end(st)
		return nil, err
	}
	s.mu.Lock()
	st.Updated = time.Now()
	s.mu.Unlock()
	s.turn(st, updating.begun, "User Initiated")
	return u, nil
}

// read refuses a template that cannot be carried out whatever stands.
func (s *Service) read(stack Stack) (version, error) {
	t, err := parse(stack.Template)
	if err != nil {
		return version{}, err
	}
	order, err := t.order()
	if err != nil {
		return version{}, err
	}
	for _, logical := range order {
		if kind := t.Resources[logical].Type; s.kinds[kind].create == nil {
			return version{}, fmt.Errorf("resource %s (%s): the sandbox has no resources of this type; it has: %s",
				logical, kind, strings.Join(slices.Sorted(maps.Keys(s.kinds)), ", "))
		}
	}
	var missing []string
	for name, p := range t.Parameters {
		if _, ok := stack.Parameters[name]; !ok && p.Default == nil {
			missing = append(missing, name)
		}
	}
	if slices.Sort(missing); missing != nil {
		return version{}, invalid("Parameters: [%s] must have values", strings.Join(missing, ", "))
	}
	for name := range stack.Parameters {
		if _, ok := t.Parameters[name]; !ok {
			return version{}, invalid("Parameters: [%s] do not exist in the template", name)
		}
	}
	return version{template: t, body: string(stack.Template), given: stack.Parameters, order: order}, nil
}

func (s *Service) newUpdate(st *record, w words, v version) *update {
	u := &update{service: s, stack: st, words: w, before: st.version, after: v, old: st.parts, now: map[string]*part{}}
	u.scope = u.newScope(v)
	return u
}

func (u *update) newScope(v version) *scope {
	params := map[string]any{}
	for name, p := range v.template.Parameters {
		params[name] = p.Default
	}
	for name, value := range v.given {
		params[name] = value
	}
	s := u.service
	return &scope{
		template: v.template, params: params, created: map[string]resource{}, zones: s.opts.Zones, deciding: map[string]bool{},
		pseudo: map[string]any{
			"AWS::AccountId": s.opts.Server.Account(), "AWS::Region": s.opts.Server.Region(), "AWS::Partition": "aws",
			"AWS::URLSuffix": "amazonaws.com", "AWS::StackName": u.stack.Name, "AWS::StackId": u.stack.ID,
			"AWS::NotificationARNs": []any{}, "AWS::NoValue": absent{},
		},
		imports: func(name string) (string, bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			e, ok := s.exports[name]
			if ok && !slices.Contains(u.imports, name) {
				u.imports = append(u.imports, name)
			}
			return e.value, ok
		},
	}
}

// check refuses an update that changes nothing, or a resource's type.
func (u *update) check() error {
	look := u.newScope(u.after)
	for logical, p := range u.old {
		look.created[logical] = p.resource
	}
	changed := false
	seen := 0
	for _, logical := range u.after.order {
		p, err := u.resolve(look, logical)
		if err != nil { // it may refer to what is not there yet: the update itself will tell
			changed = true
			continue
		}
		old := u.old[logical]
		switch {
		case p == nil:
			continue
		case old != nil && old.kind != p.kind:
			return invalid("Update of resource type is not permitted. The new template modifies resource type of the following resources: [%s]", logical)
		case old != nil:
			seen++
		}
		changed = changed || old == nil || old.text != p.text
	}
	if !changed && seen == len(u.old) {
		outputs, err := u.outputs(look)
		changed = err != nil || !slices.Equal(outputs, u.stack.Outputs)
	}
	if !changed && seen == len(u.old) {
		return ErrUnchanged
	}
	return nil
}

// resolve is a resource as it is declared; nil when its condition leaves it out.
func (u *update) resolve(in *scope, logical string) (*part, error) {
	d := in.template.Resources[logical]
	if d.Condition != "" {
		if yes, err := in.condition(d.Condition); err != nil || !yes {
			return nil, err
		}
	}
	p := &part{logical: logical, kind: d.Type, onDelete: d.DeletionPolicy, onReplace: d.UpdateReplacePolicy}
	resolved, err := in.resolve(map[string]any(d.Properties))
	if err != nil {
		return p, err
	}
	if p.properties, _ = resolved.(map[string]any); p.properties == nil {
		p.properties = map[string]any{}
	}
	p.text = written(p.properties)
	if u.service.assume.DependsOnIsChange {
		p.text += written(slices.Sorted(slices.Values(d.DependsOn)))
	}
	return p, nil
}
