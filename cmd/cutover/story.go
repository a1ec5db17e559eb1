package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// website is the service that the story is about: the one of the committed assembly.
const website = "sample-website"

// story is the demonstration under way. All that it does to AWS it does as any operator could, through the SDK and
// a registry client.
type story struct {
	local   *sandbox.Sandbox
	say     func(format string, args ...any)
	n       *narrator
	logs    *functionLogs
	bin     string
	names   config.Names
	readers live.Readers
	ecr     *ecr.Client

	production, test string // URLs
	users, tester    *users
	seen             live.Status
	judged           string // the deployment whose verdict was told last
	pushes           []push
}

// push is one version that was pushed.
type push struct {
	version string
	at      time.Time
}

func newStory(ctx context.Context, local *sandbox.Sandbox, n *narrator, logs *functionLogs, m machine, described config.Config) (*story, error) {
	cfg, err := live.FromEnvironment(local.Getenv)
	if err != nil {
		return nil, err
	}
	bin, err := m.bin()
	if err != nil {
		return nil, err
	}
	service, err := described.Find(website)
	if err != nil {
		return nil, err
	}
	s := &story{
		local: local, n: n, say: n.say, logs: logs, bin: bin, ecr: ecr.NewFromConfig(cfg),
		names:   service.Names(described.Platform.Cluster),
		readers: live.Through(cfg),
	}
	for _, l := range local.Listeners() {
		switch {
		case l.LoadBalancer != s.names.LoadBalancer && !service.LoadBalancer.Shared:
		case l.Port == service.LoadBalancer.ProductionPort:
			s.production = l.URL
		case l.Port == service.LoadBalancer.TestPort:
			s.test = l.URL
		}
	}
	if s.production == "" || s.test == "" {
		return nil, fmt.Errorf("the assembly has no service %s with its two listeners", website)
	}
	name := service.Verify.ServerName
	s.users, s.tester = newUsers(s.production, name, local.Authority()), newUsers(s.test, name, local.Authority())
	return s, nil
}

// play tells the story from the first push to the last. It ends early when something does not come out as told.
func (s *story) play(ctx context.Context) error {
	if err := s.wait(ctx, "the placeholder serves", steady); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var visits sync.WaitGroup
	visits.Go(func() { s.users.visit(ctx, 10*time.Millisecond) })
	visits.Go(func() { s.tester.visit(ctx, 10*time.Millisecond) })
	defer visits.Wait()
	defer cancel()
	s.say("Users send 100 requests a second to production, %s, from now to the end.", s.production)
	for _, chapter := range []func(context.Context) error{s.first, s.second, s.broken, s.twoAtOnce} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) first(ctx context.Context) error {
	s.say("")
	s.say("1. v1 is pushed: the first release.")
	if err := s.push(ctx, "v1", ""); err != nil {
		return err
	}
	return s.wait(ctx, "v1 is live", liveIs("v1"))
}

func (s *story) second(ctx context.Context) error {
	s.say("")
	s.say("2. v2 is pushed: green beside blue, judged on the test listener %s.", s.test)
	if err := s.push(ctx, "v2", ""); err != nil {
		return err
	}
	if err := s.wait(ctx, "v2 is live", liveIs("v2")); err != nil {
		return err
	}
	tested, ok := s.tester.firstSeen(2)
	served, also := s.users.firstSeen(2)
	if !ok || !also || !tested.Before(served) {
		return errors.New("v2 was to be seen on the test listener before it was seen in production")
	}
	s.say("   The test listener showed v2 %d ms before the first user saw it; until then users saw v1.", served.Sub(tested).Milliseconds())
	return nil
}

func (s *story) broken(ctx context.Context) error {
	s.say("")
	s.say("3. v3 is pushed: its page is broken, though it answers 200 and passes its health check.")
	if err := s.push(ctx, "v3", "broken"); err != nil {
		return err
	}
	if err := s.wait(ctx, "v3 is rolled back", func(now live.Status) bool {
		d := now.Deployment
		return steady(now) && d != nil && d.RollsBack != "" && d.Status == "Succeeded"
	}); err != nil {
		return err
	}
	if _, seen := s.users.firstSeen(3); seen {
		return errors.New("v3 was never to be seen in production")
	}
	s.say("   No user ever saw v3; v2 serves on.")
	return nil
}

func (s *story) twoAtOnce(ctx context.Context) error {
	s.say("")
	s.say("4. v4 and v5 are pushed within a second.")
	versions, images := []string{"v4", "v5"}, make([]v1.Image, 2)
	for i, version := range versions { // both are built before the first is pushed
		var err error
		if images[i], err = s.site(version, ""); err != nil {
			return err
		}
	}
	for i, version := range versions {
		if err := s.send(ctx, version, images[i]); err != nil {
			return err
		}
	}
	return s.wait(ctx, "v5 is live", liveIs("v5"))
}

// steady reports that nothing is under way: one task set, whole and healthy, with all the traffic.
func steady(now live.Status) bool {
	if now.Deployment != nil && now.Deployment.Completed == nil {
		return false
	}
	if len(now.TaskSets) != 1 {
		return false
	}
	t := now.TaskSets[0]
	return t.Status == "PRIMARY" && t.Desired > 0 && t.Running == t.Desired && t.Healthy == int(t.Desired) && t.Production == 100
}

// liveIs reports that nothing is under way and that this version serves.
func liveIs(version string) func(live.Status) bool {
	return func(now live.Status) bool {
		return steady(now) && strings.Contains(now.TaskSets[0].Image, ":"+version+"@")
	}
}

// chapterLimit is how long one chapter may take. It ends what hangs, and nothing that is slow on a busy machine.
const chapterLimit = 3 * time.Minute

// wait looks at the service at each change and tells what is new, until it is as hoped.
func (s *story) wait(ctx context.Context, hope string, done func(live.Status) bool) error {
	limit := time.NewTimer(chapterLimit)
	defer limit.Stop()
	for {
		changed := s.local.Changed()
		now, err := live.ReadStatus(ctx, s.readers, s.names)
		if err != nil {
			return err
		}
		if err := s.tellMissed(ctx, now); err != nil {
			return err
		}
		s.tell(now)
		if done(now) {
			return nil
		}
		select {
		case <-changed:
		case <-limit.C:
			return fmt.Errorf("after %s it was still not so that %s", chapterLimit, hope)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tellMissed tells of a deployment that began and was refused between two looks, so that its rollback is the newest one
// already.
func (s *story) tellMissed(ctx context.Context, now live.Status) error {
	d, last := now.Deployment, s.seen.Deployment
	if d == nil || d.RollsBack == "" || last != nil && (last.ID == d.ID || last.ID == d.RollsBack) {
		return nil
	}
	refused, err := live.ReadDeployment(ctx, s.readers.Deployments, d.RollsBack, s.names.Cluster, s.names.Service)
	if err != nil {
		return err
	}
	missed, status := s.seen, live.StatusOf(refused)
	missed.Deployment = &status
	s.tell(missed)
	return nil
}

// tell prints what is new, less the task sets' own comings and goings.
func (s *story) tell(now live.Status) {
	for _, line := range live.Changes(s.seen, now) {
		if strings.HasPrefix(line, "task set") {
			continue
		}
		s.say("   %s", line)
		// A refused deployment is seen no more: its rollback is the newest one at once.
		judged := ""
		if strings.HasPrefix(line, "AfterAllowTestTraffic ") && !strings.HasSuffix(line, " InProgress") {
			judged = now.Deployment.ID
		} else if strings.HasPrefix(line, "deployment "+now.Deployment.ID+" by ") {
			judged = now.Deployment.RollsBack
		}
		if v, ok := s.logs.verdict(judged); ok && judged != s.judged {
			s.say("     the hook: %s", v.Reason)
			s.judged = judged
		}
	}
	s.seen = now
	counts := s.users.counts()
	s.n.progress("        users: %d requests, %d failed, %d wrong", counts.Sent, counts.Failed, counts.Wrong)
}
