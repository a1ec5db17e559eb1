package verify

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cd "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

const (
	blueGroup = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/sample-website-tg-1/0123456789abcdef"
	greenTG   = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/sample-website-tg-2/0123456789abcdef"
	digest    = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	hookCall  = `{"DeploymentId":"d-0B7YUA91L","LifecycleEventHookExecutionId":"eyJlbmNyeXB0ZWREYXRhIjoi"}`
)

// world is the AWS around one hook: what it reads can be changed, what it is told is kept.
type world struct {
	mu         sync.Mutex
	deployment cd.DeploymentInfo
	event      cd.LifecycleEventStatus
	listener   map[string]int32
	health     map[string]elbtypes.TargetHealthStateEnum
	tasks      []string // addresses of green's tasks
	want       int32
	tags       []ecstypes.Tag
	readErr    error
	tellErrs   []error // answered one after the other, then nil
	told       []cd.LifecycleEventStatus
	site       http.HandlerFunc

	eventName               string           // of the lifecycle event that waits
	production              map[string]int32 // where the production listener leads
	startedBy               *string          // the task set of the tasks
	noPrimary, noProduction bool

	blue       http.HandlerFunc // nil: as site
	blueImage  string           // of what serves, when it has a revision of its own
	blueHealth elbtypes.TargetHealthStateEnum
}

func newWorld() *world {
	return &world{
		deployment: cd.DeploymentInfo{DeploymentId: aws.String("d-0B7YUA91L"), Status: cd.DeploymentStatusInProgress, Creator: cd.DeploymentCreatorUser},
		event:      cd.LifecycleEventStatusInProgress,
		eventName:  "AfterAllowTestTraffic",
		production: map[string]int32{greenTG: 1},
		startedBy:  aws.String("ecs-svc/2"),
		listener:   map[string]int32{greenTG: 1},
		health:     map[string]elbtypes.TargetHealthStateEnum{"10.0.0.11": elbtypes.TargetHealthStateEnumHealthy},
		tasks:      []string{"10.0.0.11"},
		want:       1,
		tags:       []ecstypes.Tag{{Key: aws.String(live.TagImage), Value: aws.String("sample-website:v2@" + digest)}},
		site: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Version", "v2")
			io.WriteString(w, "Sample Website")
		},
	}
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	rec, site := httptest.NewRecorder(), w.site
	if w.blue != nil && r.URL.Port() == "80" {
		site = w.blue
	}
	site(rec, r)
	return rec.Result(), nil
}

func (w *world) GetDeployment(context.Context, *codedeploy.GetDeploymentInput) (*codedeploy.GetDeploymentOutput, error) {
	return &codedeploy.GetDeploymentOutput{DeploymentInfo: &w.deployment}, w.readErr
}

func (w *world) GetDeploymentTarget(context.Context, *codedeploy.GetDeploymentTargetInput) (*codedeploy.GetDeploymentTargetOutput, error) {
	return &codedeploy.GetDeploymentTargetOutput{DeploymentTarget: &cd.DeploymentTarget{EcsTarget: &cd.ECSTarget{
		LifecycleEvents: []cd.LifecycleEvent{{LifecycleEventName: aws.String(w.eventName), Status: w.event}},
	}}}, nil
}

func (w *world) GetDeploymentGroup(context.Context, *codedeploy.GetDeploymentGroupInput) (*codedeploy.GetDeploymentGroupOutput, error) {
	pair := cd.TargetGroupPairInfo{
		TestTrafficRoute: &cd.TrafficRoute{ListenerArns: []string{"arn:test"}}, ProdTrafficRoute: &cd.TrafficRoute{ListenerArns: []string{"arn:production"}},
	}
	if w.noProduction {
		pair.ProdTrafficRoute = nil
	}
	return &codedeploy.GetDeploymentGroupOutput{DeploymentGroupInfo: &cd.DeploymentGroupInfo{
		LoadBalancerInfo: &cd.LoadBalancerInfo{TargetGroupPairInfoList: []cd.TargetGroupPairInfo{pair}},
	}}, nil
}

func (w *world) PutLifecycleEventHookExecutionStatus(_ context.Context, in *codedeploy.PutLifecycleEventHookExecutionStatusInput) (*codedeploy.PutLifecycleEventHookExecutionStatusOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.tellErrs) > 0 {
		err := w.tellErrs[0]
		w.tellErrs = w.tellErrs[1:]
		return nil, err
	}
	w.told = append(w.told, in.Status)
	return &codedeploy.PutLifecycleEventHookExecutionStatusOutput{}, nil
}

func (w *world) DescribeServices(context.Context, *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
	primary, blue := "PRIMARY", "arn:revision"
	if w.noPrimary {
		primary = "DRAINING"
	}
	if w.blueImage != "" {
		blue = "arn:blue"
	}
	set := func(id, external, tg, status, revision string) ecstypes.TaskSet {
		return ecstypes.TaskSet{
			Status: &status, Id: aws.String(id), ExternalId: aws.String(external), ComputedDesiredCount: w.want, TaskDefinition: &revision,
			LoadBalancers: []ecstypes.LoadBalancer{{TargetGroupArn: aws.String(tg)}},
		}
	}
	return &ecs.DescribeServicesOutput{Services: []ecstypes.Service{{
		TaskSets: []ecstypes.TaskSet{set("ecs-svc/1", "d-OLD", blueGroup, primary, blue), set("ecs-svc/2", "d-0B7YUA91L", greenTG, "ACTIVE", "arn:revision")},
	}}}, nil
}

func (w *world) DescribeTaskDefinition(_ context.Context, in *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error) {
	if *in.TaskDefinition == "arn:blue" {
		return &ecs.DescribeTaskDefinitionOutput{TaskDefinition: &ecstypes.TaskDefinition{
			TaskDefinitionArn:    aws.String("arn:blue"),
			ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("sample-website"), Image: aws.String(w.blueImage)}},
		}}, nil
	}
	return &ecs.DescribeTaskDefinitionOutput{Tags: w.tags, TaskDefinition: &ecstypes.TaskDefinition{
		TaskDefinitionArn: aws.String("arn:revision"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("sample-website"), Image: aws.String("111122223333.dkr.ecr.us-east-1.amazonaws.com/sample-website@" + digest),
		}},
	}}, nil
}

func (w *world) ListTasks(context.Context, *ecs.ListTasksInput) (*ecs.ListTasksOutput, error) {
	return &ecs.ListTasksOutput{TaskArns: []string{"all"}}, nil
}

func (w *world) DescribeTasks(context.Context, *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
	var all []ecstypes.Task
	for _, address := range w.tasks {
		all = append(all, ecstypes.Task{StartedBy: w.startedBy, Attachments: address4(address)})
	}
	if w.blueImage != "" {
		all = append(all, ecstypes.Task{StartedBy: aws.String("ecs-svc/1"), Attachments: address4("10.0.0.1")})
	}
	return &ecs.DescribeTasksOutput{Tasks: all}, nil
}

func address4(address string) []ecstypes.Attachment {
	return []ecstypes.Attachment{{Details: []ecstypes.KeyValuePair{{Name: aws.String("privateIPv4Address"), Value: aws.String(address)}}}}
}

func (w *world) DescribeLoadBalancers(context.Context, *elb.DescribeLoadBalancersInput) (*elb.DescribeLoadBalancersOutput, error) {
	return &elb.DescribeLoadBalancersOutput{LoadBalancers: []elb.LoadBalancer{{DNSName: "alb.example"}}}, nil
}

func (w *world) DescribeListeners(_ context.Context, in *elb.DescribeListenersInput) (*elb.DescribeListenersOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var groups []elb.TargetGroup
	forwards, port := w.listener, int32(8080)
	if in.ListenerArns[0] == "arn:production" {
		forwards, port = w.production, 80
	}
	for arn, weight := range forwards {
		groups = append(groups, elb.TargetGroup{TargetGroupArn: arn, Weight: aws.Int32(weight)})
	}
	return &elb.DescribeListenersOutput{Listeners: []elb.Listener{{
		LoadBalancerArn: "arn:alb", Port: port, Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elb.Action{{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: elb.ForwardConfig{TargetGroups: groups}}},
	}}}, nil
}

func (w *world) DescribeTargetHealth(_ context.Context, in *elb.DescribeTargetHealthInput) (*elb.DescribeTargetHealthOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []elb.TargetHealthDescription
	health := w.health
	if in.TargetGroupArn == blueGroup && w.blueImage != "" {
		health = map[string]elbtypes.TargetHealthStateEnum{"10.0.0.1": w.blueHealth}
	}
	for address, state := range health {
		all = append(all, elb.TargetHealthDescription{
			Target: elb.Target{Id: address}, TargetHealth: elb.TargetHealth{State: state, Reason: "Target.FailedHealthChecks"},
		})
	}
	return &elb.DescribeTargetHealthOutput{TargetHealthDescriptions: all}, nil
}

func (w *world) gate(t *testing.T, suite string) *Gate {
	t.Helper()
	c, err := config.Parse([]byte(`{"services": [{"name": "sample-website", "verify": `+suite+`}]}`), policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	return New(config.Deployed{Service: c.Services[0], Cluster: "cutover"},
		Clients{Deployments: w, Tasks: w, Balancers: w, Reporter: w, HTTP: &http.Client{Transport: w}}, slog.New(slog.DiscardHandler))
}

const proving = `{"version": {"header": "X-Version"}, "checks": [{"path": "/", "expect": {"contains": "Sample Website"}}]}`

const byCommit = `{"version": {"header": "X-Version", "is": "revision"}, "checks": [{"path": "/"}]}`

// built has the revision tell the commit of its image.
func (w *world) built(commit string) {
	w.tags = append(w.tags, ecstypes.Tag{Key: aws.String(live.TagSource), Value: aws.String(commit + "@" + digest)})
}

func TestEveryEndOfAHookIsAnsweredOnceWithItsReason(t *testing.T) {
	for name, c := range map[string]struct {
		suite   string
		change  func(*world)
		payload string
		outcome Outcome
		reason  string
		told    cd.LifecycleEventStatus // empty: nothing is told
	}{
		"green holds":                  {outcome: Succeeded, reason: "1 of 1 checks hold on green", told: "Succeeded"},
		"green is broken":              {change: func(w *world) { w.site = version("v2", 500) }, outcome: Failed, reason: "status is 500", told: "Failed"},
		"blue answers":                 {change: func(w *world) { w.site = version("v1", 200) }, outcome: Failed, reason: `expected "v2", got "v1"`, told: "Failed"},
		"no version in the answer":     {change: func(w *world) { w.site = version("", 200) }, outcome: Failed, reason: `expected "v2", got ""`, told: "Failed"},
		"a revision made by hand":      {change: func(w *world) { w.tags = nil }, outcome: Failed, reason: "asks for the image's tag", told: "Failed"},
		"the commit":                   {suite: byCommit, change: func(w *world) { w.built("3f2c"); w.site = version("3f2c", 200) }, outcome: Succeeded, told: "Succeeded"},
		"another commit":               {suite: byCommit, change: func(w *world) { w.built("3f2c") }, outcome: Failed, reason: `expected "3f2c", got "v2"`, told: "Failed"},
		"a commit that nobody noted":   {suite: byCommit, outcome: Failed, reason: "asks for the image's revision, which the tags of the task definition", told: "Failed"},
		"listener still on blue":       {change: func(w *world) { w.listener = map[string]int32{blueGroup: 1} }, outcome: Failed, reason: "does not forward to green's target group sample-website-tg-2", told: "Failed"},
		"listener on both":             {change: func(w *world) { w.listener = map[string]int32{blueGroup: 50, greenTG: 50} }, outcome: Failed, reason: "also forwards to sample-website-tg-1", told: "Failed"},
		"idle group at weight 0":       {change: func(w *world) { w.listener = map[string]int32{blueGroup: 0, greenTG: 100} }, outcome: Succeeded, told: "Succeeded"},
		"unhealthy":                    {change: func(w *world) { w.health["10.0.0.11"] = "unhealthy" }, outcome: Failed, reason: "0 of 1 targets of sample-website-tg-2 are healthy; 10.0.0.11 is unhealthy", told: "Failed"},
		"fewer than wanted":            {change: func(w *world) { w.want = 2 }, outcome: Failed, reason: "1 of 2 targets", told: "Failed"},
		"a stranger among targets":     {change: func(w *world) { w.tasks = []string{"10.0.0.12"} }, outcome: Failed, reason: "10.0.0.11 of sample-website-tg-2 is not one of green's tasks", told: "Failed"},
		"no task set":                  {change: func(w *world) { w.deployment.DeploymentId = aws.String("d-GONE") }, outcome: Failed, reason: "no replacement task set", told: "Failed"},
		"a rollback":                   {change: func(w *world) { w.deployment.Creator = cd.DeploymentCreatorCodeDeployRollback }, outcome: Succeeded, reason: "not judged again", told: "Succeeded"},
		"answered before":              {change: func(w *world) { w.event = cd.LifecycleEventStatusSucceeded }, outcome: Skipped, reason: "AfterAllowTestTraffic is Succeeded"},
		"stopped meanwhile":            {change: func(w *world) { w.deployment.Status = cd.DeploymentStatusStopped }, outcome: Skipped, reason: "the deployment is Stopped"},
		"vanished":                     {change: func(w *world) { w.readErr = &cd.DeploymentDoesNotExistException{} }, outcome: Skipped, reason: "does not know this deployment"},
		"CodeDeploy cannot be read":    {change: func(w *world) { w.readErr = errors.New("no route") }, outcome: Failed, reason: "could not be read", told: "Failed"},
		"a panic":                      {change: func(w *world) { w.site = func(http.ResponseWriter, *http.Request) { panic("oops") } }, outcome: Failed, reason: "the hook panicked: oops", told: "Failed"},
		"told after errors":            {change: func(w *world) { w.tellErrs = []error{errors.New("a"), errors.New("b")} }, outcome: Succeeded, told: "Succeeded"},
		"told by somebody else":        {change: func(w *world) { w.tellErrs = []error{&cd.LifecycleEventAlreadyCompletedException{}} }, outcome: Succeeded},
		"the hook died":                {payload: `{"requestContext":{"condition":"RetriesExhausted","approximateInvokeCount":3},"requestPayload":` + hookCall + `,"responsePayload":{"errorType":"Runtime.ExitError"}}`, outcome: Failed, reason: "died 3 times without an answer (RetriesExhausted): Runtime.ExitError", told: "Failed"},
		"not a hook's call":            {payload: `{"detail-type":"Scheduled Event"}`, outcome: Skipped, reason: "not a CodeDeploy lifecycle hook"},
		"without proof it settles":     {suite: `{}`, outcome: Succeeded, told: "Succeeded"},
		"settling longer than allowed": {suite: `{"settle": "50s", "timeout": "51s"}`, change: func(w *world) { w.health["10.0.0.11"] = "initial"; w.turnHealthy(3 * time.Second) }, outcome: Failed, reason: "time ran out while the test listener settled", told: "Failed"},
		"healthy after a while":        {change: func(w *world) { w.health["10.0.0.11"] = "initial"; w.turnHealthy(time.Minute) }, outcome: Succeeded, told: "Succeeded"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				if c.change != nil {
					c.change(w)
				}
				if c.suite == "" {
					c.suite = proving
				}
				if c.payload == "" {
					c.payload = hookCall
				}
				ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
				defer cancel()
				v, err := w.gate(t, c.suite).Handle(ctx, []byte(c.payload))
				if err != nil {
					t.Fatal(err)
				}
				if v.Outcome != c.outcome || !strings.Contains(v.Reason, c.reason) {
					t.Errorf("verdict is %s: %s", v.Outcome, v.Reason)
				}
				want := []cd.LifecycleEventStatus{c.told}
				if c.told == "" {
					want = nil
				}
				if len(w.told) != len(want) || len(want) == 1 && w.told[0] != want[0] {
					t.Errorf("told %v, want %v", w.told, want)
				}
			})
		})
	}
}

func version(v string, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if v != "" {
			w.Header().Set("X-Version", v)
		}
		w.WriteHeader(status)
		io.WriteString(w, "Sample Website")
	}
}

func (w *world) turnHealthy(after time.Duration) {
	time.AfterFunc(after, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.health["10.0.0.11"] = elbtypes.TargetHealthStateEnumHealthy
	})
}

func TestAListenerChangedDuringTheChecksIsNoSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		good := w.site
		w.site = func(rw http.ResponseWriter, r *http.Request) {
			w.mu.Lock()
			w.listener = map[string]int32{blueGroup: 1}
			w.mu.Unlock()
			good(rw, r)
		}
		v, err := w.gate(t, `{}`).Handle(t.Context(), []byte(hookCall))
		if err != nil || v.Outcome != Failed || !strings.Contains(v.Reason, "changed during the checks") {
			t.Errorf("got %v: %s, %v", v.Outcome, v.Reason, err)
		}
	})
}

func TestTheAnswerComesBeforeTheDeadlineThoughTheSiteHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		hang := make(chan struct{})
		w.site = func(http.ResponseWriter, *http.Request) { <-hang }
		defer close(hang)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		v, err := w.gate(t, `{"timeout": "14m", "settle": "1s"}`).Handle(ctx, []byte(hookCall))
		if err != nil || v.Outcome != Failed || !strings.Contains(v.Reason, "time ran out") || len(w.told) != 1 {
			t.Errorf("got %v: %s, %v, told %v", v.Outcome, v.Reason, err, w.told)
		}
		if ctx.Err() != nil {
			t.Error("the deadline had passed")
		}
	})
}

func TestACancelledInvocationStillAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		v, err := w.gate(t, proving).Handle(ctx, []byte(hookCall))
		if err != nil || v.Outcome != Failed || len(w.told) != 1 {
			t.Errorf("got %v: %s, %v, told %v", v.Outcome, v.Reason, err, w.told)
		}
	})
}

func TestAnUnreachableCodeDeployIsAnErrorWorthARetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		for range 1000 {
			w.tellErrs = append(w.tellErrs, errors.New("no route to host"))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		if _, err := w.gate(t, proving).Handle(ctx, []byte(hookCall)); !errors.Is(err, ErrNotReported) || ctx.Err() != nil {
			t.Errorf("got %v, deadline %v", err, ctx.Err())
		}
	})
}

func TestAFunctionThatCannotReadItsDescriptionAnswersFailed(t *testing.T) {
	w := newWorld()
	g := w.gate(t, proving)
	g.Refuse(errors.New("CUTOVER_BASE is not set"))
	v, err := g.Handle(t.Context(), []byte(hookCall))
	if err != nil || v.Outcome != Failed || !strings.Contains(v.Reason, "CUTOVER_BASE") || len(w.told) != 1 {
		t.Errorf("got %v: %s, %v, told %v", v.Outcome, v.Reason, err, w.told)
	}
}

func TestTheRecordedHookPayloadIsRead(t *testing.T) {
	payload, err := os.ReadFile("../../events/codedeploy-hook.json")
	if err != nil {
		t.Skip("no recorded hook payload: ", err)
	}
	if e, err := ParseEvent(payload); err != nil || !strings.HasPrefix(e.DeploymentID, "d-") {
		t.Errorf("got %+v, %v", e, err)
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(hookCall))
	f.Add([]byte(`{"requestPayload":{"DeploymentId":"d-1"}}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		e, err := ParseEvent(payload)
		if err == nil && (e.DeploymentID == "" || e.ExecutionID == "") {
			t.Errorf("an incomplete event is taken: %+v", e)
		}
	})
}

func BenchmarkHook(b *testing.B) {
	w := newWorld()
	c, err := config.Parse([]byte(`{"services": [{"name": "sample-website", "verify": `+proving+`}]}`), policy.Range)
	if err != nil {
		b.Fatal(err)
	}
	g := New(config.Deployed{Service: c.Services[0], Cluster: "cutover"},
		Clients{Deployments: w, Tasks: w, Balancers: w, Reporter: w, HTTP: &http.Client{Transport: w}}, slog.New(slog.DiscardHandler))
	b.ReportAllocs()
	for b.Loop() {
		if v, err := g.Handle(b.Context(), []byte(hookCall)); err != nil || v.Outcome != Succeeded {
			b.Fatal(v, err)
		}
	}
	ours := b.Elapsed()
	b.StopTimer()
	// The floor: the same requests to the site, and nothing around them.
	start := time.Now()
	for range b.N {
		for range proofs + 1 {
			resp, err := (&http.Client{Transport: w}).Get("http://alb.example:8080/")
			if err != nil {
				b.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	b.ReportMetric(float64(ours)/float64(time.Since(start)), "x_bare_requests")
}
