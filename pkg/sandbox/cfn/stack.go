package cfn

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Options of a Service.
type Options struct {
	// Server takes the calls by which resources are created.
	Server *wire.Server
	// Zones of the region. Default: three.
	Zones []string
	// Emit raises an event; nil means that nobody listens.
	Emit func(source, detailType string, resources []string, detail any)
	// Log takes a line for each stack.
	Log *slog.Logger
}

// Service creates stacks and remembers them.
type Service struct {
	opts Options

	mu        sync.Mutex
	stacks    []*Created
	exports   map[string]string
	replace   []string
	addresses int
}

// Created is a stack that stands.
type Created struct {
	Name, ID, Description string
	At                    time.Time
	Resources             []Resource // in the order in which they were created
	Outputs               []Output
}

// Resource of a stack.
type Resource struct{ Logical, Physical, Type string }

// Output of a stack.
type Output struct{ Key, Value, Description, Export string }

// New returns a service without stacks.
func New(opts Options) *Service {
	if len(opts.Zones) == 0 {
		region := opts.Server.Region()
		opts.Zones = []string{region + "a", region + "b", region + "c"}
	}
	return &Service{opts: opts, exports: map[string]string{}}
}

// Create creates one stack; a stack that fails leaves what it had created, and its error names the resource.
func (s *Service) Create(ctx context.Context, stack Stack) (*Created, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := parse(stack.Template)
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", stack.Name, err)
	}
	created := &Created{Name: stack.Name, Description: t.Description, At: time.Now()}
	created.ID = fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s/%s", s.opts.Server.Region(), s.opts.Server.Account(), stack.Name, uuid())
	scope := s.scope(t, created)
	order, err := t.order()
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", stack.Name, err)
	}
	makers := creators()
	for _, logical := range order {
		r, ok, err := s.create(ctx, scope, makers, stack.Name, logical)
		if err != nil {
			return nil, fmt.Errorf("stack %s: resource %s (%s): %w", stack.Name, logical, t.Resources[logical].Type, err)
		}
		if ok {
			scope.created[logical] = r
			created.Resources = append(created.Resources, Resource{Logical: logical, Physical: r.id, Type: t.Resources[logical].Type})
		}
	}
	if err := s.output(t, scope, created); err != nil {
		return nil, fmt.Errorf("stack %s: %w", stack.Name, err)
	}
	s.stacks = append(s.stacks, created)
	s.announce(created, "CREATE_COMPLETE")
	return created, nil
}

func (s *Service) scope(t *template, created *Created) *scope {
	params := map[string]any{}
	for name, p := range t.Parameters {
		params[name] = p.Default
	}
	return &scope{
		template: t, params: params, created: map[string]resource{}, zones: s.opts.Zones, deciding: map[string]bool{},
		pseudo: map[string]any{
			"AWS::AccountId": s.opts.Server.Account(), "AWS::Region": s.opts.Server.Region(), "AWS::Partition": "aws",
			"AWS::URLSuffix": "amazonaws.com", "AWS::StackName": created.Name, "AWS::StackId": created.ID,
			"AWS::NotificationARNs": []any{}, "AWS::NoValue": absent{},
		},
		imports: func(name string) (string, bool) { v, ok := s.exports[name]; return v, ok },
	}
}

func (s *Service) create(ctx context.Context, scope *scope, makers map[string]creator, stack, logical string) (resource, bool, error) {
	d := scope.template.Resources[logical]
	if d.Condition != "" {
		if yes, err := scope.condition(d.Condition); err != nil || !yes {
			return resource{}, false, err
		}
	}
	maker, ok := makers[d.Type]
	if !ok {
		return resource{}, false, fmt.Errorf("the sandbox has no resources of this type; it has: %s", strings.Join(slices.Sorted(maps.Keys(makers)), ", "))
	}
	resolved, err := scope.resolve(map[string]any(d.Properties))
	if err != nil {
		return resource{}, false, err
	}
	properties, _ := resolved.(map[string]any)
	if properties == nil {
		properties = map[string]any{}
	}
	r, err := maker(&creation{ctx: ctx, service: s, stack: stack, logical: logical, kind: d.Type, properties: properties})
	return r, err == nil, err
}

func (s *Service) output(t *template, scope *scope, created *Created) error {
	for _, key := range slices.Sorted(maps.Keys(t.Outputs)) {
		o := t.Outputs[key]
		if o.Condition != "" {
			if yes, err := scope.condition(o.Condition); err != nil {
				return fmt.Errorf("output %s: %w", key, err)
			} else if !yes {
				continue
			}
		}
		value, err := scope.resolve(o.Value)
		if err != nil {
			return fmt.Errorf("output %s: %w", key, err)
		}
		out := Output{Key: key, Value: fmt.Sprint(value), Description: o.Description}
		if o.Export != nil {
			name, err := scope.resolve(o.Export.Name)
			if err != nil {
				return fmt.Errorf("output %s: %w", key, err)
			}
			out.Export = fmt.Sprint(name)
			if _, taken := s.exports[out.Export]; taken {
				return fmt.Errorf("output %s: %q is exported already", key, out.Export)
			}
			s.exports[out.Export] = out.Value
		}
		created.Outputs = append(created.Outputs, out)
	}
	return nil
}

// announce raises the event that AWS sends at a stack's change of status
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-events-eventbridge.html).
func (s *Service) announce(c *Created, status string) {
	if s.opts.Log != nil {
		s.opts.Log.Info("stack", "name", c.Name, "status", status, "resources", len(c.Resources))
	}
	if s.opts.Emit != nil {
		s.opts.Emit("aws.cloudformation", "CloudFormation Stack Status Change", []string{c.ID}, map[string]any{
			"stack-id": c.ID, "client-request-token": "", "status-details": map[string]any{"status": status, "status-reason": ""},
		})
	}
}

// replaced notes a property whose value is this machine's rather than the template's, once.
func (s *Service) replaced(format string, args ...any) {
	note := fmt.Sprintf(format, args...)
	if !slices.Contains(s.replace, note) {
		s.replace = append(s.replace, note)
	}
}

// Replaced are the properties that differ from the templates, as sentences.
func (s *Service) Replaced() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.replace)
}

// Stacks that stand, oldest first.
func (s *Service) Stacks() []Created {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Created, len(s.stacks))
	for i, c := range s.stacks {
		all[i] = *c
	}
	return all
}

func uuid() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
