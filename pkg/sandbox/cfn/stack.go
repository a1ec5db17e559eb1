package cfn

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/background"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Options of a Service.
type Options struct {
	// Server takes the calls by which resources are created.
	Server *wire.Server
	// Buckets keeps S3's buckets; nil: there are none to be had.
	Buckets Buckets
	// Groups keeps the rules of security groups; nil: nobody does.
	Groups Groups
	// Zones of the region. Default: three.
	Zones []string
	// Emit raises an event; nil means that nobody listens.
	Emit func(source, detailType string, resources []string, detail any)
	// Changed returns a channel that the next change of an ECS service closes; nil means that a service is gone as
	// soon as it is deleted.
	Changed func() <-chan struct{}
	// Assume is what AWS does not document. nil: what DefaultAssumptions says.
	Assume *Assumptions
	// Log takes a line for each change of a stack's status.
	Log *slog.Logger
}

// ErrUnchanged is the answer to an update that changes nothing, in AWS's words.
var ErrUnchanged = says("No updates are to be performed.")

// Service creates stacks, updates and deletes them, and remembers them.
type Service struct {
	opts   Options
	assume Assumptions
	kinds  map[string]kind
	work   background.Work // that callers do not wait for
	moved  signal.Signal

	mu        sync.Mutex
	stacks    []*record // oldest first, with those that were deleted
	exports   map[string]export
	replace   []string
	addresses int
}

type export struct{ value, stack string }

// Created is a stack as it stands.
type Created struct {
	Name, ID, Description string
	At                    time.Time
	Updated               time.Time // when it was last updated or deleted; zero when never
	Status                types.StackStatus
	Reason                string     // of the status
	Resources             []Resource // in the order in which they were created
	Outputs               []Output
	Parameters            map[string]string // values that are not the template's defaults
}

// Resource of a stack.
type Resource struct {
	Logical, Physical, Type string
	Status                  types.ResourceStatus
	Reason                  string
	At                      time.Time
}

// Output of a stack.
type Output struct{ Key, Value, Description, Export string }

// record is a stack and what its next update starts from. The service's lock guards it; parts and version belong to
// the operation under way, of which there is one at most.
type record struct {
	Created
	version version
	parts   map[string]*part
	imports []string
	events  []types.StackEvent // oldest first
	busy    bool
	halted  *update // whose rollback failed
}

// version of a stack: a template with its parameters.
type version struct {
	template *template
	body     string
	given    map[string]string
	order    []string
}

// part is a resource that stands, and the declaration that it came from.
type part struct {
	resource
	logical, kind string
	properties    map[string]any // resolved
	text          string         // of the resolved declaration, by which changes are seen
	onDelete      string         // DeletionPolicy
	onReplace     string         // UpdateReplacePolicy
}

// New returns a service without stacks. Close it.
func New(opts Options) *Service {
	if len(opts.Zones) == 0 {
		region := opts.Server.Region()
		opts.Zones = []string{region + "a", region + "b", region + "c"}
	}
	if opts.Groups == nil {
		opts.Groups = noGroups{}
	}
	s := &Service{opts: opts, assume: DefaultAssumptions(), kinds: kinds(), exports: map[string]export{}}
	if opts.Assume != nil {
		s.assume = *opts.Assume
	}
	return s
}

// Close ends what is under way and returns when it has ended.
func (s *Service) Close() { s.work.Close() }

// Changed returns a channel that the next change of a stack's status closes.
func (s *Service) Changed() <-chan struct{} { return s.moved.Changed() }

func (s *Service) changed() <-chan struct{} {
	if s.opts.Changed == nil {
		return nil
	}
	return s.opts.Changed()
}

// find a stack by name, which only one that stands has, or by ID. The caller holds mu.
func (s *Service) find(nameOrID string) *record {
	for _, st := range slices.Backward(s.stacks) {
		if st.ID == nameOrID || st.Name == nameOrID && st.Status != types.StackStatusDeleteComplete {
			return st
		}
	}
	return nil
}

// begin takes a stack for one operation, from one of the given statuses only, until it turns to a status that is not
// in progress. The caller holds mu.
func (s *Service) begin(st *record, does string, from ...types.StackStatus) error {
	if st.busy || !slices.Contains(from, st.Status) {
		return invalid("Stack:%s is in %s state and can not be %s.", st.ID, st.Status, does)
	}
	st.busy = true
	return nil
}

// end gives up an operation that has not begun.
func (s *Service) end(st *record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.busy = false
}

// settled are the statuses from which a stack can be updated.
var settled = []types.StackStatus{
	types.StackStatusCreateComplete, types.StackStatusUpdateComplete, types.StackStatusUpdateRollbackComplete,
	types.StackStatusImportComplete, types.StackStatusImportRollbackComplete,
}

// replaced notes a property whose value is this machine's rather than the template's, once.
func (s *Service) replaced(format string, args ...any) {
	note := fmt.Sprintf(format, args...)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.replace, note) {
		s.replace = append(s.replace, note)
	}
}

// address counts the addresses that were given.
func (s *Service) address() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addresses++
	return s.addresses
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
	all := []Created{}
	for _, st := range s.stacks {
		if st.Status != types.StackStatusDeleteComplete {
			all = append(all, st.told())
		}
	}
	return all
}

// told is a copy for those who do not hold the lock.
func (st *record) told() Created {
	out := st.Created
	out.Resources, out.Outputs = slices.Clone(out.Resources), slices.Clone(out.Outputs)
	return out
}

// saying is an error in AWS's own words.
type saying struct {
	text  string
	cause error
}

func (s *saying) Error() string { return s.text }
func (s *saying) Unwrap() error { return s.cause }

func says(format string, args ...any) error { return &saying{text: fmt.Sprintf(format, args...)} }

func invalid(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "ValidationError", Message: fmt.Sprintf(format, args...)}
}
