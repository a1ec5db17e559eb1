package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

func TestTheEightStoriesEndAsAWSTellsThem(t *testing.T) {
	for _, o := range stories() {
		t.Run(o.story, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			b := newBed(t, 1, 6000)
			b.play(o)
			b.recover(func() {})
		})
	}
}

// AWSCodeDeployRoleForECSLimited calls hooks and passes roles by certain names alone.
func TestTheLimitedRoleDeploysWhatItMayAndIsRefusedTheRest(t *testing.T) {
	const limited, text = "AWSCodeDeployRoleForECSLimited", "The IAM role " + roles + "deploy does not give you permission to perform operations in the following AWS service: "
	denied := func(service, event string, rolledBack bool) outcome {
		return outcome{wish: "pass", config: canary, status: types.DeploymentStatusFailed, code: types.ErrorCodeIamRolePermissions,
			message: text + service + ".", event: event, rolledBack: rolledBack, production: theOld, test: theOld}
	}
	for name, c := range map[string]struct {
		who     cast
		outcome outcome
	}{
		"names as it wants them": {cast{limited, "CodeDeployHook_judge", "ecsTaskExecutionRole"}, stories()[0]},
		"a hook of another name": {cast{limited, "judge", "ECSTaskExecutionOfWeb"}, denied("AWSLambda", "AfterAllowTestTraffic", true)},
		"a role of another name": {cast{limited, "CodeDeployHook_judge", "execution"}, denied("AmazonECS", "Install", false)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newBedOf(t, c.who, sandbox.Options{Clock: 6000}).play(c.outcome)
		})
	}
}

// play makes one deployment and checks how it ended, and how its rollback did.
func (b *bed) play(o outcome) {
	b.t.Helper()
	old := b.live
	if o.prepare != nil {
		o.prepare(b)
	}
	b.s.Clock().HoldIf(func(wait string) bool { return wait == o.during })
	id, _, err := b.start(o.wish, o.config)
	if err != nil {
		b.t.Fatal(err)
	}
	if o.meddle != nil {
		o.meddle(b, id)
	}
	d := b.end(id, o.rolledBack)
	b.s.Clock().HoldIf(nil)
	b.s.Faults().Clear()
	b.ended(o, d)
	if o.rolledBack {
		b.undone(d)
	}
	b.failed(id, o.event)
	if o.code == types.ErrorCodeAlarmActive {
		b.alarm(cwtypes.StateValueOk)
	}
	if o.production == theNew {
		b.live = b.version
	}
	versions := map[answer]string{theNew: fmt.Sprint(b.version), theOld: fmt.Sprint(old), nobody: string(nobody)}
	b.answers(b.production, versions[o.production])
	if o.test != "" {
		b.answers(b.test, versions[o.test])
	}
}

func (b *bed) ended(o outcome, d *types.DeploymentInfo) {
	b.t.Helper()
	var code types.ErrorCode
	message := ""
	if d.ErrorInformation != nil {
		code, message = d.ErrorInformation.Code, *d.ErrorInformation.Message
	}
	want := o.message
	if strings.HasSuffix(want, "listener ") {
		want += b.production
	}
	rolledBack := d.RollbackInfo != nil && d.RollbackInfo.RollbackDeploymentId != nil
	if d.Status != o.status || code != o.code || message != want || rolledBack != o.rolledBack {
		b.t.Fatalf("%s, %s: it ended %s %s, rolled back: %v, %q;\nwant %s %s, rolled back: %v, %q\n%s", o.story, o.config,
			d.Status, code, rolledBack, message, o.status, o.code, o.rolledBack, want, b.state())
	}
}

// undone checks the deployment that rolled d back, and what the two tell of each other.
func (b *bed) undone(d *types.DeploymentInfo) {
	b.t.Helper()
	id, back := *d.DeploymentId, *d.RollbackInfo.RollbackDeploymentId
	r := b.end(back, false)
	if r.Status != types.DeploymentStatusSucceeded || r.Creator != types.DeploymentCreatorCodeDeployRollback || *r.DeploymentConfigName != "CodeDeployDefault.ECSAllAtOnce" {
		b.t.Fatalf("the rollback of %s by %s, %s, ended %s: %+v", id, r.Creator, *r.DeploymentConfigName, r.Status, r.ErrorInformation)
	}
	for got, want := range map[string]string{
		*d.RollbackInfo.RollbackMessage:                "Deployment " + id + " terminated. Automatic rollback is triggered with a DeploymentId " + back + ".",
		*r.RollbackInfo.RollbackMessage:                "Deployment " + back + " is triggered to roll back deployment " + id + ".",
		*r.RollbackInfo.RollbackTriggeringDeploymentId: id,
	} {
		if got != want {
			b.t.Errorf("rollbackInfo tells %q, not %q", got, want)
		}
	}
}

// failed checks that one lifecycle event of a deployment failed and those after it were skipped; none: all succeeded.
func (b *bed) failed(id, event string) {
	b.t.Helper()
	out := must(b.deploy.BatchGetDeploymentTargets(b.t.Context(), &codedeploy.BatchGetDeploymentTargetsInput{DeploymentId: &id, TargetIds: []string{"main:web"}}))(b.t)
	want := types.LifecycleEventStatusSucceeded
	for _, e := range out.DeploymentTargets[0].EcsTarget.LifecycleEvents {
		if *e.LifecycleEventName == event {
			want = types.LifecycleEventStatusFailed
		}
		if e.Status != want {
			b.t.Errorf("%s is %s, not %s", *e.LifecycleEventName, e.Status, want)
		}
		if want == types.LifecycleEventStatusFailed {
			want = types.LifecycleEventStatusSkipped
		}
	}
}

// answers returns when a version answers every one of many new connections to a listener.
func (b *bed) answers(listener, version string) {
	b.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: limit}
	b.until("all of "+listener+" is answered by "+version, func(ctx context.Context) (bool, error) {
		for range 20 {
			status, body, err := get(ctx, client, b.s.URL(listener))
			if status != http.StatusOK {
				body = fmt.Sprint(status, " ", http.StatusText(status))
			}
			if err != nil || body != version {
				return false, err
			}
		}
		return true, nil
	})
}

func get(ctx context.Context, client *http.Client, url string) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	return resp.StatusCode, string(text), err
}
