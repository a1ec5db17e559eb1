package release

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cdsdk "github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecssdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// wired is the world behind AWS's wire, called by the clients of the function as it configures them.
func (w *world) wired(t *testing.T) *Loop {
	return w.wiredBehind(t, func(srv http.Handler) http.Handler { return srv })
}

// wiredBehind has something between client and server.
func (w *world) wiredBehind(t *testing.T, proxy func(http.Handler) http.Handler) *Loop {
	t.Helper()
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	on[ecr.DescribeImagesInput, ecr.DescribeImagesOutput](srv, "ecr", w.DescribeImages)
	on[ecr.BatchGetImageInput, ecr.BatchGetImageOutput](srv, "ecr", w.BatchGetImage)
	on[ecssdk.DescribeServicesInput, ecssdk.DescribeServicesOutput](srv, "ecs", w.DescribeServices)
	on[ecssdk.DescribeTaskDefinitionInput, ecssdk.DescribeTaskDefinitionOutput](srv, "ecs", w.DescribeTaskDefinition)
	on[ecssdk.RegisterTaskDefinitionInput, ecssdk.RegisterTaskDefinitionOutput](srv, "ecs", w.RegisterTaskDefinition)
	on[ecssdk.ListTaskDefinitionsInput, ecssdk.ListTaskDefinitionsOutput](srv, "ecs", w.ListTaskDefinitions)
	on[ecssdk.DeregisterTaskDefinitionInput, ecssdk.DeregisterTaskDefinitionOutput](srv, "ecs", w.DeregisterTaskDefinition)
	on[ecssdk.UpdateServiceInput, ecssdk.UpdateServiceOutput](srv, "ecs", w.UpdateService)
	on[cdsdk.GetDeploymentGroupInput, cdsdk.GetDeploymentGroupOutput](srv, "codedeploy", w.GetDeploymentGroup)
	on[cdsdk.ListDeploymentsInput, cdsdk.ListDeploymentsOutput](srv, "codedeploy", w.ListDeployments)
	on[cdsdk.BatchGetDeploymentsInput, cdsdk.BatchGetDeploymentsOutput](srv, "codedeploy", w.BatchGetDeployments)
	on[cdsdk.GetDeploymentTargetInput, cdsdk.GetDeploymentTargetOutput](srv, "codedeploy", w.GetDeploymentTarget)
	on[cdsdk.CreateDeploymentInput, cdsdk.CreateDeploymentOutput](srv, "codedeploy", w.CreateDeployment)
	on[cdsdk.StopDeploymentInput, cdsdk.StopDeploymentOutput](srv, "codedeploy", w.StopDeployment)
	on[cdsdk.ContinueDeploymentInput, cdsdk.ContinueDeploymentOutput](srv, "codedeploy", w.ContinueDeployment)
	on[elb.DescribeListenersInput, elb.DescribeListenersOutput](srv, "elasticloadbalancing", w.DescribeListeners)
	on[cloudwatch.DescribeAlarmsInput, cloudwatch.DescribeAlarmsOutput](srv, "monitoring", w.DescribeAlarms)
	endpoint := httptest.NewServer(proxy(srv))
	t.Cleanup(endpoint.Close)
	cfg, err := live.FromEnvironment(func(name string) string {
		return map[string]string{
			"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
			"AWS_ENDPOINT_URL": endpoint.URL,
		}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cfg.HTTPClient.(*http.Client).CloseIdleConnections)
	l := New(deployedWith(""), Clients(cfg), slog.New(slog.DiscardHandler))
	l.now = func() time.Time { return w.At }
	return l
}

// on binds a method of our own client, whose members are called as the SDK's are: the wire knows these.
func on[SDKIn, SDKOut, In, Out any](srv *wire.Server, service string, method func(context.Context, *In) (*Out, error)) {
	wire.On(srv, service, func(ctx context.Context, in *SDKIn) (*SDKOut, error) {
		asked, told := new(In), new(SDKOut)
		if err := recast(in, asked); err != nil {
			return nil, err
		}
		out, err := method(ctx, asked)
		if err != nil {
			return nil, err
		}
		return told, recast(out, told)
	})
}

func recast(from, to any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

func TestTheLoopWorksThroughTheClientsOfTheFunction(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	w.runs(wished(1)).had(rolledBack(succeeded), deployment(wished(3), failed), deployment(wished(1), succeeded))
	l := w.wired(t)
	got, err := l.Handle(t.Context(), []byte(byInvocation))
	if err != nil || got.Decision != Deploy || got.Deployment != "d-NEW000003" {
		t.Fatalf("got %+v, %v", got, err)
	}
	got, err = l.Handle(t.Context(), []byte(byInvocation))
	if err != nil || got.Decision != Busy || got.Deployment != "d-NEW000003" {
		t.Errorf("then %+v, %v", got, err)
	}
}

func TestWhatIsMissingIsToldFromWhatFailsThroughTheWire(t *testing.T) {
	for name, c := range map[string]struct {
		stands  func(*world)
		verdict Verdict
	}{
		"no service":    {func(w *world) { w.Service = nil }, Wait},
		"no group":      {func(w *world) { w.Group = nil }, Wait},
		"no repository": {func(w *world) { w.Repository = false }, Wait},
		"no image":      {func(w *world) { w.Images = nil }, Wait},
		"no listener":   {func(w *world) { w.Listener = nil }, Refuse},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(image(v2, "latest"))
			c.stands(w)
			if got, err := w.wired(t).Handle(t.Context(), []byte(byInvocation)); err != nil || got.Decision != c.verdict {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestAReadIsSentAgainByTheSDKAndAWriteNever(t *testing.T) {
	for call, sent := range map[string]int{"DescribeImages": 2, "RegisterTaskDefinition": 1, "CreateDeployment": 1} {
		t.Run(call, func(t *testing.T) {
			w := newWorld(image(v2, "latest"))
			w.fail[call] = errors.New("the server broke")
			err := w.wired(t).once(t.Context(), Trigger{}, &Outcome{})
			if n := count(w.calls, call); n != sent || (err != nil) != (sent == 1) {
				t.Errorf("sent %d times, then %v", n, err)
			}
		})
	}
}
