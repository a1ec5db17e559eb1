package events

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/background"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
	"github.com/google/uuid"
)

// Options of a Service. All have defaults.
type Options struct {
	// Clock measures schedules ("schedule") and the waits between deliveries ("event-retry").
	Clock *clock.Clock
	// Account and Region of the events and of the rules' ARNs.
	Account, Region string
	// Endpoint begins the URLs of queues: http://127.0.0.1:4566.
	Endpoint func() string
	// Disturb, when given, says how often an event is delivered and how much later, on the clock, each time: never
	// when it returns none, as it should be for one zero.
	Disturb func(Event) []time.Duration
	// Log is told of events that were dropped.
	Log *slog.Logger
}

// Service is the default event bus. Use New; a Service is safe for concurrent use.
type Service struct {
	opts Options
	srv  *wire.Server
	work background.Work

	mu      sync.Mutex
	rules   map[string]*rule
	pending int // deliveries under way
}

// maxPending deliveries under way; an event beyond them is dropped and logged.
const maxPending = 100_000

// rule is guarded by Service.mu.
type rule struct {
	types.Rule
	pattern *Pattern
	targets []types.Target
	stop    context.CancelFunc // ends the schedule
}

// New returns a bus without rules.
func New(opts Options) *Service {
	if opts.Clock == nil {
		opts.Clock = clock.New(1)
	}
	if opts.Endpoint == nil {
		opts.Endpoint = func() string { return "" }
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{opts: opts, rules: map[string]*rule{}}
}

// Register puts the operations on srv. Events are delivered through it too.
func (s *Service) Register(srv *wire.Server) {
	s.srv = srv
	wire.On(srv, "events", s.putRule)
	wire.On(srv, "events", s.describeRule)
	wire.On(srv, "events", s.listRules)
	wire.On(srv, "events", s.deleteRule)
	wire.On(srv, "events", s.enableRule)
	wire.On(srv, "events", s.disableRule)
	wire.On(srv, "events", s.putTargets)
	wire.On(srv, "events", s.removeTargets)
	wire.On(srv, "events", s.listTargetsByRule)
	wire.On(srv, "events", s.listRuleNamesByTarget)
	wire.On(srv, "events", s.putEvents)
	wire.On(srv, "events", s.testEventPattern)
}

// Close ends schedules and deliveries, and returns when they have ended.
func (s *Service) Close() { s.work.Close() }

// Event is the envelope that every target sees.
type Event struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       string          `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

func (s *Service) newEvent(source, detailType string, resources []string, detail json.RawMessage, at time.Time) Event {
	if resources == nil {
		resources = []string{}
	}
	return Event{
		Version: "0", ID: uuid.NewString(), DetailType: detailType, Source: source, Account: s.opts.Account, Region: s.opts.Region,
		Time: at.UTC().Format(time.RFC3339), Resources: resources, Detail: detail,
	}
}

// Emit raises an event of an AWS service. detail is marshalled to JSON; one that cannot be is logged and dropped.
func (s *Service) Emit(source, detailType string, resources []string, detail any) {
	text, err := json.Marshal(detail)
	if err != nil {
		s.opts.Log.Error("event dropped", "source", source, "detail-type", detailType, "error", err)
		return
	}
	s.raise(s.newEvent(source, detailType, resources, text, s.opts.Clock.Now()))
}

// raise delivers an event, or what is made of it.
func (s *Service) raise(e Event) {
	if s.opts.Disturb == nil {
		s.deliverToRules(e)
		return
	}
	for _, late := range s.opts.Disturb(e) {
		if late <= 0 {
			s.deliverToRules(e)
			continue
		}
		s.work.Go(func() {
			if s.opts.Clock.Wait(s.work.Context(), "event-delay", late) == nil {
				s.deliverToRules(e)
			}
		})
	}
}

// deliverToRules delivers an event to the targets of every enabled rule that matches it.
func (s *Service) deliverToRules(e Event) {
	text, tree, ok := s.read(e)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rules {
		if r.pattern != nil && r.State != types.RuleStateDisabled && r.pattern.root.match(tree) {
			s.deliverAll(r, text, tree)
		}
	}
}

// read gives the event's JSON and its tree.
func (s *Service) read(e Event) (text []byte, tree map[string]any, ok bool) {
	text, err := json.Marshal(e)
	if err == nil {
		tree, err = decodeEvent(text)
	}
	if err != nil {
		s.opts.Log.Error("event dropped", "source", e.Source, "error", err)
	}
	return text, tree, err == nil
}
