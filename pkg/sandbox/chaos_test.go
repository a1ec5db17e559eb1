package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
)

// watcher looks at every change whether CodeDeploy's invariants hold.
type watcher struct {
	*bed
	// alone: nothing but CodeDeploy changes listeners and tasks, so that it must never send users to a target group
	// without healthy targets.
	alone bool
	mu    sync.Mutex
	seen  map[string]bool // violations
}

func (w *watcher) complain(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[fmt.Sprintf(format, args...)] = true
}

func (w *watcher) watch(ctx context.Context) {
	for {
		changed := w.s.Changed()
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			w.complain("%v", err)
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

func (w *watcher) look(ctx context.Context) error {
	active, err := w.active(ctx)
	if err != nil {
		return err
	}
	if len(active) > 1 {
		w.complain("active deployments: %v", active)
	}
	sets, err := w.sets(ctx)
	if err != nil {
		return err
	}
	primary := ""
	for _, s := range sets {
		if *s.Status == "PRIMARY" {
			primary += *s.Id + " "
		}
	}
	if strings.Count(primary, " ") != 1 {
		w.complain("PRIMARY task sets: %q", primary)
	}
	before, err := weights(ctx, w.elb, w.production)
	if err != nil {
		return err
	}
	if sum := total(before); len(before) > 1 && sum != 100 {
		w.complain("production weights: %v", before)
	}
	if !w.alone {
		return nil
	}
	for _, group := range slices.Sorted(maps.Keys(before)) {
		if len(before) > 1 && before[group] == 0 {
			continue
		}
		n, err := healthy(ctx, w.elb, group)
		if err != nil {
			return err
		}
		after, err := weights(ctx, w.elb, w.production)
		if err != nil {
			return err
		}
		if n == 0 && maps.Equal(before, after) {
			w.complain("%d of production's weight is on %s, which has no healthy target", before[group], group)
		}
	}
	return nil
}

func total(weights map[string]int32) (sum int32) {
	for _, w := range weights {
		sum += w
	}
	return sum
}

// Faults strike the hook, CodeDeploy, tasks and listeners, never the test's own calls but for CreateDeployment.
func TestRandomFaultsLeaveCodeDeploysInvariantsIntact(t *testing.T) {
	seeds := 20
	if soak() {
		seeds = 500
	} else if testing.Short() {
		seeds = 4
	}
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel() // most of it is waiting
			chaos(t, seed)
		})
	}
}

func chaos(t *testing.T, seed uint64) {
	deployments := 2
	if soak() {
		deployments = 4
	}
	r := rand.New(rand.NewPCG(seed, 7))
	b := newBed(t, seed, 6000)
	faults := fault.Random(seed, 1+r.IntN(6))
	w := &watcher{bed: b, alone: true, seen: map[string]bool{}}
	for _, f := range faults {
		t.Log(fault.Encode(f))
		must(b.s.Faults().Add(f))(t)
		switch f := f.(type) {
		case fault.Listener, fault.Target, fault.Task:
			w.alone = false
		case fault.Wait:
			w.alone = w.alone && f.Name != "hook" // the hook's judgement is what makes AllAtOnce safe
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { w.watch(ctx) })
	hurrying, calm := context.WithCancel(ctx)
	work.Go(func() { b.hurry(hurrying) })
	for range deployments {
		b.risk(r)
	}
	b.s.Faults().Clear()
	b.recover(calm)
	stop()
	work.Wait()
	for _, violation := range slices.Sorted(maps.Keys(w.seen)) {
		t.Error(violation)
	}
	if t.Failed() {
		t.Log(b.state())
	}
}

// hurry lets the hour pass for what waits too long: a hook that a fault silenced, tasks that will not become healthy.
func (b *bed) hurry(ctx context.Context) {
	const patience = time.Second
	tick := time.NewTicker(patience / 10) // time itself tells nobody
	defer tick.Stop()
	for {
		for _, w := range b.s.Clock().Waits() {
			if (w.Name == "hook" || w.Name == "install") && time.Until(w.Until) < time.Minute-patience {
				b.s.Clock().Skip(w.Name)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// recover does what an operator does when the faults are over, production first, and sees that the next deployment goes
// well, in its own time.
func (b *bed) recover(calm func()) {
	b.t.Helper()
	ctx := b.t.Context()
	for _, set := range must(b.sets(ctx))(b.t) {
		if *set.Status != "PRIMARY" {
			continue
		}
		primary := set.LoadBalancers[0].TargetGroupArn
		if w := must(weights(ctx, b.elb, b.production))(b.t); len(w) > 1 && w[*primary] != 100 {
			b.t.Logf("production was left at %v with PRIMARY in %s", w, *primary)
			must(b.elb.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &b.production,
				DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: primary}}}))(b.t)
		}
	}
	b.tidy()
	b.quiet()
	calm()
	id := b.begin("pass", canary)
	if d := b.end(id, false); d.Status != types.DeploymentStatusSucceeded {
		b.t.Errorf("after the faults a deployment ended %s: %s", d.Status, aws.ToString(d.ErrorInformation.Message))
	}
}

// tidy deletes a task set that a stop left behind, as an operator does, and returns when one task set serves.
func (b *bed) tidy() {
	b.t.Helper()
	b.until("one task set", func(ctx context.Context) (bool, error) {
		sets, err := b.sets(ctx)
		for _, s := range sets {
			if *s.Status == "ACTIVE" {
				_, err := b.ecs.DeleteTaskSet(ctx, &ecs.DeleteTaskSetInput{Cluster: new("main"), Service: new("web"), TaskSet: s.Id, Force: new(true)})
				return false, err
			}
		}
		return len(sets) == 1 && *sets[0].Status == "PRIMARY", err
	})
}

// risk makes a deployment that may go any way, and returns when it and its rollback are over.
func (b *bed) risk(r *rand.Rand) {
	b.t.Helper()
	config := []string{canary, linear, atOnce}[r.IntN(3)]
	id := b.begin([]string{"pass", "pass", "pass", "fail"}[r.IntN(4)], config)
	if id == "" {
		return
	}
	b.until("the end of "+id, func(ctx context.Context) (bool, error) {
		active, err := b.active(ctx)
		if err != nil {
			return false, err
		}
		return len(active) == 0, nil
	})
	d := must(b.get(b.t.Context(), id))(b.t)
	message := ""
	if d.ErrorInformation != nil {
		message = string(d.ErrorInformation.Code) + " " + aws.ToString(d.ErrorInformation.Message)
	}
	b.t.Log(config, id, d.Status, message)
}

// begin creates a deployment; when the answer is an error, the one that was created all the same, if one was.
func (b *bed) begin(wish, config string) (id string) {
	b.t.Helper()
	for {
		changed := b.s.Changed()
		id, _, err := b.start(wish, config)
		if err == nil {
			return id
		}
		var busy *types.DeploymentLimitExceededException
		if !errors.As(err, &busy) { // a fault's
			active := must(b.active(b.t.Context()))(b.t)
			return strings.Join(active, "")
		}
		select { // a rollback is to follow
		case <-changed:
		case <-b.t.Context().Done():
			b.t.Fatal(err)
		}
	}
}
