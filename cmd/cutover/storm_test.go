package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// soaking reports whether a test may take its time.
func soaking() bool { return os.Getenv("CUTOVER_SOAK") != "" }

// disturbed lets every event come twice and late by chance, and one in ten not at all.
func (r *room) disturbed() {
	r.t.Helper()
	for _, f := range []fault.Event{{Copies: 1}, {Shuffle: 20 * time.Minute}, {Lose: true, Chance: 0.1}} {
		if _, err := r.Faults().Add(f); err != nil {
			r.t.Fatal(err)
		}
	}
}

// deployments of the group, newest first.
func (r *room) deployments() []string {
	r.t.Helper()
	out, err := codedeploy.NewFromConfig(r.aws).ListDeployments(r.t.Context(), &codedeploy.ListDeploymentsInput{
		ApplicationName: &r.names.Application, DeploymentGroupName: &r.names.DeploymentGroup})
	if err != nil {
		r.t.Fatal(err)
	}
	return out.Deployments
}

// noDeadLetters asserts that no event was given up.
func (r *room) noDeadLetters() {
	r.t.Helper()
	queues := sqs.NewFromConfig(r.aws)
	for _, of := range []string{"events", "release", "verify"} {
		q, err := queues.GetQueueUrl(r.t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(r.names.Stack + "-" + of + "-dlq")})
		if err != nil {
			r.t.Fatal(err)
		}
		got, err := queues.GetQueueAttributes(r.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: q.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
		if err != nil {
			r.t.Fatal(err)
		}
		if n := got.Attributes["ApproximateNumberOfMessages"]; n != "0" {
			r.t.Errorf("%s messages are in the dead-letter queue of %s, among them\n%s", n, of, r.letter(queues, q.QueueUrl))
		}
	}
}

// letter is a message of a queue as text, for the person who reads why a test failed.
func (r *room) letter(queues *sqs.Client, url *string) string {
	got, err := queues.ReceiveMessage(r.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url})
	if err != nil || len(got.Messages) == 0 {
		return fmt.Sprintf("none that can be read: %v", err)
	}
	return *got.Messages[0].Body
}

func TestFiftyPushesInFiveSecondsOfWhichEventsAreDoubledShuffledAndLostReleaseTheLast(t *testing.T) {
	t.Parallel()
	const pushes = 50
	r := enter(t, 600, func(o *sandbox.Options) { o.Seed = 7 })
	r.passes("schedule") // brings what is lost
	r.disturbed()
	var tags []func()
	for n := range pushes {
		tags = append(tags, r.prepare(fmt.Sprintf("v%d", n+1)))
	}
	every := time.NewTicker(5 * time.Second / pushes)
	defer every.Stop()
	for _, tag := range tags {
		tag()
		<-every.C
	}
	last := fmt.Sprintf("v%d", pushes)
	r.passes("schedule", "termination-wait")
	now := r.until(last+" is live", liveIs(last))
	if n := len(r.deployments()); n > 3 {
		t.Errorf("%d deployments", n)
	}
	if n := len(r.revisions()) - 1; n > 3 { // less the bootstrap
		t.Errorf("%d revisions", n)
	}
	if now.Deployment.Status != "Succeeded" {
		t.Errorf("the last deployment: %+v", now.Deployment)
	}
	r.noDeadLetters()
}

func TestAFunctionKilledAtAnyOfItsCallsReleasesOnceAllTheSame(t *testing.T) {
	t.Parallel()
	r := enter(t, 600, nil)
	r.passes("schedule") // makes some of the calls
	r.hurries()
	r.prepare("v1")()
	r.until("v1 is live", liveIs("v1"))
	for _, last := range []string{"codedeploy:GetDeploymentTarget", "ecs:ListTaskDefinitions"} { // when it ended, and by the schedule
		r.told(0, func(e wire.Entry) bool { return calledBy(e, r.names.ReleaseFunction) == last })
	}
	version := 1
	for _, call := range r.callsOf(r.names.ReleaseFunction) {
		for _, when := range []string{fault.Before, fault.After} {
			version++
			tag := fmt.Sprintf("v%d", version)
			push := r.prepare(tag)
			_, seen, _ := r.TrailSince(0)
			_, err := r.Faults().Add(fault.Function{Name: r.names.ReleaseFunction, Crash: when, Call: call, Times: 1})
			if err != nil {
				t.Fatal(err)
			}
			if call == "ecs:UpdateService" {
				r.scale(2) // the loop brings it back
			}
			push()
			r.until(fmt.Sprintf("%s is live though the function was killed %s %s", tag, when, call), liveIs(tag))
			r.told(seen, func(e wire.Entry) bool {
				return calledBy(e, r.names.ReleaseFunction) == call && strings.Contains(e.Fault, "crashes "+when)
			})
		}
	}
	if n := len(r.deployments()); n != version {
		t.Errorf("%d deployments for %d versions", n, version)
	}
	if n := len(r.revisions()) - 1; n != version {
		t.Errorf("%d revisions for %d versions", n, version)
	}
	r.noDeadLetters()
}

// scale sets the service's count by hand.
func (r *room) scale(count int32) {
	r.t.Helper()
	_, err := ecs.NewFromConfig(r.aws).UpdateService(r.t.Context(), &ecs.UpdateServiceInput{Cluster: &r.names.Cluster, Service: &r.names.Service, DesiredCount: &count})
	if err != nil {
		r.t.Fatal(err)
	}
}

// callsOf are the calls that a function has made, each once, in their order.
func (r *room) callsOf(function string) []string {
	var calls []string
	for _, e := range r.Trail() {
		if call := calledBy(e, function); call != "" && !slices.Contains(calls, call) {
			calls = append(calls, call)
		}
	}
	return calls
}

// calledBy is the call if that function made it, signed with its credentials. What Lambda does as the function's role,
// such as making a stream for the log of a new environment, is in the trail too, but the function cannot die of it.
func calledBy(e wire.Entry, function string) string {
	if e.Caller.AccessKey == "" || !strings.HasSuffix(e.Caller.ARN, "/"+function) {
		return ""
	}
	return e.Service + ":" + e.Action
}

func TestServicesThatArePushedToAtOnceAllGoLiveAndNoneTwice(t *testing.T) {
	t.Parallel()
	services := 20
	if soaking() {
		services = 100
	}
	var names []string
	for n := range services {
		names = append(names, fmt.Sprintf("site-%03d", n))
	}
	r := builds(t, 120, func(o *sandbox.Options) { o.Assembly = street(t, names) })
	r.hurries()
	r.patience = time.Duration(services) * 15 * time.Second
	var rooms []*room
	var pushes []func()
	for _, name := range names {
		one := r.next(name)
		rooms, pushes = append(rooms, one), append(pushes, one.prepare("v1"))
	}
	var all errgroup.Group
	for _, push := range pushes {
		all.Go(func() error { push(); return nil })
	}
	_ = all.Wait()
	for _, one := range rooms {
		one.until(one.names.Stack+" is live", liveIs("v1"))
		if n := len(one.deployments()); n != 1 {
			t.Errorf("%s had %d deployments", one.names.Stack, n)
		}
		if n := len(one.revisions()) - 1; n != 1 {
			t.Errorf("%s has %d revisions", one.names.Stack, n)
		}
		one.noDeadLetters()
	}
}
