package iam

import (
	"sync"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/recent"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// documentsLimit is how many documents are kept as they were read.
const documentsLimit = 1_000

// Decision is one action on one resource that a call asked for. A call may ask for several: registering a task
// definition asks for iam:PassRole too.
type Decision struct {
	Time      time.Time
	Caller    wire.Caller
	Operation string // that was called: codedeploy:CreateDeployment
	Action    string // that was asked for: codedeploy:GetDeploymentConfig
	Resource  string // an ARN or "*"; empty when it could not be told
	Allowed   bool
	// By is the statement that allowed or denied; zero for root, and when no statement said anything.
	By Statement
	// Why it was denied, in AWS's words; "root" for what root was allowed; empty otherwise.
	Why string
}

// Decisions are what was decided, oldest first, as far back as it is remembered.
func (s *Service) Decisions() []Decision {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	all, _ := s.record.decisions.Since(0)
	return all
}

func (c call) decision(n need, v Verdict, allowed bool, why string) Decision {
	if c.root {
		why = "root"
	}
	return Decision{
		Time: time.Now(), Caller: wire.CallerOf(c.ctx), Operation: c.operation,
		Action: n.action, Resource: n.resource, Allowed: allowed, By: v.By, Why: why,
	}
}

// record of what was decided, and the documents by which it was.
type record struct {
	mu        sync.Mutex
	decisions recent.Ring[Decision]
	uses      map[grantKey]int
	documents map[documentKey]documentRead
}

type documentKey struct {
	text string
	kind Kind
}

type documentRead struct {
	*Document
	err error
}

func (r *record) add(d Decision, used []grantKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.decisions.Add(d)
	if r.uses == nil {
		r.uses = map[grantKey]int{}
	}
	for _, k := range used {
		r.uses[k]++
	}
}

// document reads a policy document once.
func (r *record) document(text string, kind Kind) (*Document, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := documentKey{text, kind}
	d, ok := r.documents[key]
	if !ok {
		d.Document, d.err = ReadDocument(text, kind)
		if r.documents == nil || len(r.documents) >= documentsLimit {
			r.documents = map[documentKey]documentRead{}
		}
		r.documents[key] = d
	}
	return d.Document, d.err
}
