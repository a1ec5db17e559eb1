package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// A scenario is something that must work. It returns how it failed, and leaves what it began for restore to end.
type scenario struct {
	name string
	play func(*room) error
}

// scenariosOf are those in which a holder's statements count, quick ones first. The key begins the holder's name,
// the stack's name left out.
func scenariosOf(r *room) map[string][]scenario {
	n := r.names
	released3, reported3, missed := n.Stack+"-release-dlq", n.Stack+"-verify-dlq", n.Stack+"-events-dlq"
	return map[string][]scenario{
		"FunctionsRelease": {logs(n.ReleaseFunction), kept(released3, dying(n.ReleaseFunction)), released},
		"FunctionsVerify":  {logs(n.VerifyFunction), inItsVPC, judged, reported, answered},
		"FunctionsReport":  {logs(n.ReportFunction), answered, kept(reported3, dying(n.ReportFunction))},
		"DeploymentRole":   {judged},
		"TaskExecution":    {judged},
		"ScheduleRole":     {woken("the schedule wakes the release function", "/"+n.Stack+"-ScheduleRole", "", scheduled), kept(missed, refuseSchedule)},
		"release": { // the function's own policy
			woken("a push wakes the release function", "events.amazonaws.com", "-pushes", pushed),
			woken("the end of a deployment wakes the release function", "events.amazonaws.com", "-changes", alarmQuiet),
		},
		"events-dlq": {kept(missed, refuseEvents)},
		// The platform's, which watches the starts of all services.
		watchRole:          {logs(r.watcher), kept(r.watcher+"-dlq", dying(r.watcher)), givenUp},
		r.watcher:          {givenUp}, // the function's own policy
		r.watcher + "-dlq": {kept(r.watcher+"-dlq", refuseStarts)},
	}
}

// Every statement of every policy in the stacks, a role's, a function's or a queue's, is removed in turn while the
// system runs; a scenario must then fail that went well before.
func TestEveryStatementOfThePoliciesIsMissedWhenItIsGone(t *testing.T) {
	t.Parallel()
	for _, holders := range [][]string{{"FunctionsRelease", "ScheduleRole", "release", "events-dlq", "FunctionsReport"}, {"FunctionsVerify"}, {"DeploymentRole", "TaskExecution"}, {watchRole, "cutover-watch", "cutover-watch-dlq"}} {
		t.Run(strings.Join(holders, ", "), func(t *testing.T) {
			t.Parallel()
			r := enter(t, 3600, nil)
			r.hurries()
			r.still()
			for _, s := range r.statements() {
				if _, ok := scenariosOf(r)[r.short(s.holder)]; !ok {
					t.Errorf("no scenario stands for %s: %s", s.holder, s.text)
				}
			}
			for _, holder := range holders {
				r.mutate(holder, scenariosOf(r)[holder])
			}
		})
	}
}

// short is the key of scenariosOf for a holder, the longest that begins its name.
func (r *room) short(holder string) string {
	rest, longest := strings.TrimPrefix(holder, r.names.Stack+"-"), ""
	for key := range scenariosOf(r) {
		if strings.HasPrefix(rest, key) && len(key) > len(longest) {
			longest = key
		}
	}
	return cmp.Or(longest, rest)
}

// mutate removes each statement of a holder in turn.
func (r *room) mutate(holder string, scenarios []scenario) {
	r.t.Helper()
	for _, s := range scenarios {
		if err := s.play(r); err != nil {
			r.t.Fatalf("with every statement in place it must be so that %s: %v\n%s", s.name, err, r.log)
		}
		r.restore()
	}
	found := 0
	for _, s := range r.statements() {
		if r.short(s.holder) != holder {
			continue
		}
		found++
		r.need(s.set(true))
		missed := false
		for _, one := range scenarios {
			if missed = one.play(r) != nil; missed {
				break
			}
			r.restore()
		}
		r.need(s.set(false))
		r.restore()
		if !missed {
			r.t.Errorf("%s without %s: everything goes well", s.holder, s.text)
		}
	}
	if found == 0 {
		r.t.Errorf("%s has no statement", holder)
	}
}

// still makes the release function sleep until a scenario wakes it, and gives production a further rule.
func (r *room) still() {
	r.t.Helper()
	r.fault(fault.Event{Lose: true})
	r.schedule(schedulertypes.ScheduleStateDisabled)
	r.branch()
}

// fault adds a fault; what it returns removes it.
func (r *room) fault(f fault.Fault) (gone func()) {
	r.t.Helper()
	id, err := r.Faults().Add(f)
	r.need(err)
	return func() { r.Faults().Remove(id) }
}

// heard lets events through until what it returns is called.
func (r *room) heard() (deaf func()) {
	r.t.Helper()
	for _, p := range r.Faults().List() {
		if e, ok := p.Fault.(fault.Event); ok && e.Lose {
			r.Faults().Remove(p.ID)
		}
	}
	return func() { r.fault(fault.Event{Lose: true}) }
}

func (r *room) schedule(state schedulertypes.ScheduleState) {
	r.t.Helper()
	c := scheduler.NewFromConfig(r.aws)
	got, err := c.GetSchedule(r.t.Context(), &scheduler.GetScheduleInput{Name: &r.names.Schedule})
	r.need(err)
	_, err = c.UpdateSchedule(r.t.Context(), &scheduler.UpdateScheduleInput{Name: got.Name, State: state, Target: got.Target,
		ScheduleExpression: got.ScheduleExpression, FlexibleTimeWindow: got.FlexibleTimeWindow})
	r.need(err)
}

// toPrimary are the actions of a listener that forwards to the PRIMARY task set.
func (r *room) toPrimary() []elbtypes.Action {
	r.t.Helper()
	for _, set := range r.sets() {
		if *set.Status == "PRIMARY" {
			return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: set.LoadBalancers[0].TargetGroupArn}}
		}
	}
	r.t.Fatal("there is no PRIMARY task set")
	return nil
}

func (r *room) sets() []ecstypes.TaskSet {
	r.t.Helper()
	out, err := ecs.NewFromConfig(r.aws).DescribeServices(r.t.Context(), &ecs.DescribeServicesInput{Cluster: &r.names.Cluster, Services: []string{r.names.Service}})
	r.need(err)
	return out.Services[0].TaskSets
}

// restore does what an operator does after a scenario that failed: nothing is under way, one task set is there and all
// listeners and rules forward to it.
func (r *room) restore() {
	r.t.Helper()
	ctx, deployments := r.t.Context(), codedeploy.NewFromConfig(r.aws)
	r.until("no deployment is under way", func(live.Status) bool {
		out, err := deployments.ListDeployments(ctx, &codedeploy.ListDeploymentsInput{ApplicationName: &r.names.Application,
			DeploymentGroupName: &r.names.DeploymentGroup, IncludeOnlyStatuses: []cdtypes.DeploymentStatus{"Created", "Queued", "InProgress", "Ready"}})
		r.need(err)
		for _, id := range out.Deployments {
			if len(r.sets()) == 1 {
				continue // stopped before it has a task set it would not be rolled back, for which the loop waits its minute
			}
			_, _ = deployments.StopDeployment(ctx, &codedeploy.StopDeploymentInput{DeploymentId: &id}) // it may have ended by now
		}
		return len(out.Deployments) == 0
	})
	tasks, balancer := ecs.NewFromConfig(r.aws), elasticloadbalancingv2.NewFromConfig(r.aws)
	for _, set := range r.sets() {
		if *set.Status == "ACTIVE" {
			_, err := tasks.DeleteTaskSet(ctx, &ecs.DeleteTaskSetInput{Cluster: &r.names.Cluster, Service: &r.names.Service, TaskSet: set.Id, Force: aws.Bool(true)})
			r.need(err)
		}
	}
	for _, port := range []int{80, 8080} {
		arn := r.listener(port).ARN
		_, err := balancer.ModifyListener(ctx, &elasticloadbalancingv2.ModifyListenerInput{ListenerArn: &arn, DefaultActions: r.toPrimary()})
		r.need(err)
		rules, err := balancer.DescribeRules(ctx, &elasticloadbalancingv2.DescribeRulesInput{ListenerArn: &arn})
		r.need(err)
		for _, rule := range rules.Rules {
			if !aws.ToBool(rule.IsDefault) {
				_, err := balancer.ModifyRule(ctx, &elasticloadbalancingv2.ModifyRuleInput{RuleArn: rule.RuleArn, Actions: r.toPrimary()})
				r.need(err)
			}
		}
	}
	r.until("one task set serves", steady)
}

// logs: what a function logs can be read. Whether its role may write is asked when an environment begins.
func logs(function string) scenario {
	return scenario{"what " + function + " logs can be read", func(r *room) error {
		r.version++
		_, err := lambda.NewFromConfig(r.aws).UpdateFunctionConfiguration(r.t.Context(), &lambda.UpdateFunctionConfigurationInput{
			FunctionName: &function, Description: aws.String(fmt.Sprint("anew ", r.version))})
		r.need(err)
		out, err := lambda.NewFromConfig(r.aws).Invoke(r.t.Context(), &lambda.InvokeInput{FunctionName: &function, Payload: []byte("{}"), LogType: lambdatypes.LogTypeTail})
		r.need(err)
		tail, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
		r.need(err)
		id := uuid.FindString(string(tail))
		got, err := cloudwatchlogs.NewFromConfig(r.aws).FilterLogEvents(r.t.Context(), &cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: aws.String("/aws/lambda/" + function), FilterPattern: aws.String(`"` + id + `"`)})
		r.need(err)
		if id == "" || len(got.Events) == 0 {
			return fmt.Errorf("nothing is there of request %q", id)
		}
		return nil
	}}
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// inItsVPC: the hook can be put into its subnets.
var inItsVPC = scenario{"the hook can be put into its subnets", func(r *room) error {
	c := lambda.NewFromConfig(r.aws)
	now, err := c.GetFunctionConfiguration(r.t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &r.names.VerifyFunction})
	r.need(err)
	_, err = c.UpdateFunctionConfiguration(r.t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: now.FunctionName,
		VpcConfig: &lambdatypes.VpcConfig{SubnetIds: now.VpcConfig.SubnetIds, SecurityGroupIds: now.VpcConfig.SecurityGroupIds}})
	return err
}}

// begin pushes the next version, with further variables, and wakes the release function, which starts a deployment.
func (r *room) begin(env ...string) (id string, err error) {
	r.t.Helper()
	r.version++
	version := fmt.Sprint("v", r.version)
	r.push(version, r.site(runtime.GOARCH, append(env, "SITE_VERSION="+version)...), r.password())
	out, err := lambda.NewFromConfig(r.aws).Invoke(r.t.Context(), &lambda.InvokeInput{FunctionName: &r.names.ReleaseFunction,
		Payload: []byte(`{"source":"aws.scheduler","detail-type":"Scheduled Event","detail":{}}`)})
	r.need(err)
	var o release.Outcome
	if out.FunctionError != nil {
		return "", fmt.Errorf("the function ended with %s", out.Payload)
	}
	if err := json.Unmarshal(out.Payload, &o); err != nil || o.Decision != release.Deploy {
		return "", fmt.Errorf("the function answered %s", out.Payload)
	}
	return o.Deployment, nil
}

// again makes a deployment of what was deployed first, by hand: the release function holds what failed once.
func (r *room) again(env ...string) (id string, err error) {
	r.t.Helper()
	if r.revision == nil {
		if id, err = r.begin(env...); err == nil {
			r.revision = r.deployment(id).Revision
		}
		return id, err
	}
	out, err := codedeploy.NewFromConfig(r.aws).CreateDeployment(r.t.Context(), &codedeploy.CreateDeploymentInput{
		ApplicationName: &r.names.Application, DeploymentGroupName: &r.names.DeploymentGroup, Revision: r.revision})
	r.need(err)
	return *out.DeploymentId, nil
}

// released: a pushed image becomes a deployment.
var released = scenario{"a pushed image becomes a deployment", func(r *room) error {
	_, err := r.begin()
	return err
}}

// judged: a deployment of a good image succeeds.
var judged = scenario{"a deployment of a good image succeeds", func(r *room) error {
	id, err := r.again()
	if err != nil {
		return err
	}
	return r.ends(id, "Succeeded", "")
}}

// reported: the report of a verification is kept, once CodeDeploy has its answer.
var reported = scenario{"the report of a verification is kept", func(r *room) error {
	_, seen, _ := r.TrailSince(0)
	id, err := r.again()
	if err != nil {
		return err
	}
	put := r.told(seen, func(e wire.Entry) bool { return e.Service == "s3" && e.Action == "PutObject" })
	if put.Error != "" {
		return errors.New(put.Error)
	}
	return r.ends(id, "Succeeded", "")
}}

// answered: a deployment whose hook dies fails at once, since the reporter answers for the hook.
var answered = scenario{"the reporter answers for a hook that died", func(r *room) error {
	defer r.fault(fault.Function{Name: r.names.VerifyFunction, Crash: fault.Before})()
	id, err := r.again()
	if err != nil {
		return err
	}
	return r.ends(id, "Failed", cdtypes.ErrorCodeHookExecutionFailure)
}}

// ends waits until a deployment is over, and says when it did not end so. Where something was denied the hours pass
// at once for which tasks and hooks are waited for.
func (r *room) ends(id string, status cdtypes.DeploymentStatus, code cdtypes.ErrorCode) error {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), r.patience)
	defer cancel()
	_, seen, _ := r.TrailSince(0)
	for denied := false; ; {
		entries, next, called := r.TrailSince(seen)
		seen = next
		for _, e := range entries {
			denied = denied || strings.HasPrefix(e.Error, "AccessDenied")
		}
		d := r.deployment(id)
		if d.CompleteTime != nil {
			got := cdtypes.ErrorCode("")
			if d.ErrorInformation != nil {
				got = d.ErrorInformation.Code
			}
			if d.Status != status || got != code {
				return fmt.Errorf("it ended %s: %s %s", d.Status, got, aws.ToString(d.ErrorInformation.Message))
			}
			return nil
		}
		if denied {
			r.Clock().Skip("install")
			r.Clock().Skip("hook")
		}
		select {
		case <-called:
		case <-ctx.Done():
			r.t.Fatalf("%s did not end: %+v\n%s", id, d, r.log)
		}
	}
}

// woken: something makes AWS invoke the release function, as a caller whose ARN has that word in it, for a source whose
// ARN ends so.
func woken(name, caller, source string, do func(*room) (undo func())) scenario {
	return scenario{name, func(r *room) error {
		_, seen, _ := r.TrailSince(0)
		defer do(r)()
		e := r.told(seen, func(e wire.Entry) bool {
			return e.Action == "Invoke" && strings.Contains(e.Caller.ARN, caller) && strings.HasSuffix(e.Caller.Source, source)
		})
		if e.Error != "" {
			return errors.New(e.Error)
		}
		return nil
	}}
}

// told waits for an entry of the trail.
func (r *room) told(seen int, match func(wire.Entry) bool) wire.Entry {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), r.patience)
	defer cancel()
	for {
		entries, next, called := r.TrailSince(seen)
		for _, e := range entries {
			if match(e) {
				return e
			}
		}
		seen = next
		select {
		case <-called:
		case <-ctx.Done():
			r.t.Fatalf("the trail does not tell of it\n%s", r.log)
		}
	}
}

func scheduled(r *room) func() {
	r.schedule(schedulertypes.ScheduleStateEnabled)
	return func() { r.schedule(schedulertypes.ScheduleStateDisabled) }
}

func pushed(r *room) func() {
	deaf := r.heard()
	r.version++
	version := fmt.Sprint("v", r.version)
	r.push(version, r.site(runtime.GOARCH, "SITE_VERSION="+version), r.password())
	return deaf
}

func alarmQuiet(r *room) func() {
	deaf, c := r.heard(), cloudwatch.NewFromConfig(r.aws)
	for _, state := range []cwtypes.StateValue{cwtypes.StateValueAlarm, cwtypes.StateValueOk} {
		_, err := c.SetAlarmState(r.t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: &r.names.Alarms[0], StateValue: state, StateReason: aws.String("told")})
		r.need(err)
	}
	return deaf
}

// kept: what cannot be delivered lies in a queue afterwards.
func kept(queue string, cause func(*room) (undo func())) scenario {
	return scenario{"what cannot be delivered is kept in the queue " + queue, func(r *room) error {
		ctx, c := r.t.Context(), sqs.NewFromConfig(r.aws)
		url, err := c.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &queue})
		r.need(err)
		_, err = c.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url.QueueUrl})
		r.need(err)
		_, seen, _ := r.TrailSince(0)
		undo := cause(r)
		sent := r.told(seen, func(e wire.Entry) bool {
			in, ok := e.Input.(*sqs.SendMessageInput)
			return ok && *in.QueueUrl == *url.QueueUrl
		})
		undo()
		got, err := c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url.QueueUrl, MaxNumberOfMessages: 10})
		r.need(err)
		if sent.Error != "" || len(got.Messages) == 0 {
			return errors.New("it is lost: " + sent.Error)
		}
		return nil
	}}
}

// dying lets a function die of an event as often as it is tried.
func dying(function string) func(*room) (undo func()) {
	return func(r *room) func() {
		gone := r.fault(fault.Function{Name: function, Crash: fault.Before})
		_, err := lambda.NewFromConfig(r.aws).Invoke(r.t.Context(), &lambda.InvokeInput{FunctionName: &function, InvocationType: lambdatypes.InvocationTypeEvent, Payload: []byte("{}")})
		r.need(err)
		return gone
	}
}

func refuseSchedule(r *room) func() {
	gone, off := r.fault(refusal("*ScheduleRole*")), scheduled(r)
	return func() { off(); gone() }
}

func refuseEvents(r *room) func() {
	gone, deaf := r.fault(refusal("events.amazonaws.com")), alarmQuiet(r)
	return func() { deaf(); gone() }
}

// refusal answers those who invoke a function that there is none.
func refusal(caller string) fault.Fault {
	return fault.API{Service: "lambda", Action: "Invoke", Caller: caller, Code: "ResourceNotFoundException", Message: "Function not found"}
}
