package release

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/appspec"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// deploy makes the two writes, each sent once, and between them holds autoscaling still: it must be before CodeDeploy
// looks, because a service that scales while traffic moves fails its deployment
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-bluegreen.html).
func (l *Loop) deploy(ctx context.Context, t Trigger, o Observed, d Decision, outcome *Outcome) error {
	revision, err := l.register(ctx, o, d.Wish)
	if err != nil {
		return err
	}
	in, err := l.deployment(revision, d.Wish)
	if err != nil {
		return err
	}
	held, told, err := l.hold(ctx, o)
	if err != nil {
		return err
	}
	outcome.Scaling = told
	out, err := l.aws.Deployments.CreateDeployment(ctx, in)
	if holder, busy := busyWith(err); busy {
		if holder != "" && holder == t.Ended {
			return again("deployment %s has ended but still holds the group", holder)
		}
		outcome.Decision, outcome.Deployment = Busy, holder
		outcome.Reason = fmt.Sprintf("deployment %s holds the group", holder)
		return nil
	}
	if err = written(err); err != nil {
		if doubt := (unclear{}); !errors.As(err, &doubt) {
			outcome.Scaling = l.releaseFrom(ctx, o, held)
		}
		return fmt.Errorf("create deployment in %s: %w", l.names.DeploymentGroup, err)
	}
	outcome.Deployment = aws.ToString(out.DeploymentId)
	return nil
}

// register makes the wish's revision, or finds it as the family's newest: one that was left over from a
// deployment that CodeDeploy did not take, or whose answer was lost.
func (l *Loop) register(ctx context.Context, o Observed, wish live.Wish) (arn string, err error) {
	wish = o.tell(wish)
	if o.Latest.Active() && o.Latest.Fulfils(wish) && tells(o.Latest, wish) {
		return complete(o.Latest, o.Base)
	}
	in, err := Revise(o.Base, l.names.Family, wish)
	if err != nil {
		return "", final(err.Error())
	}
	out, err := l.aws.Services.RegisterTaskDefinition(ctx, in)
	if err != nil {
		return "", fmt.Errorf("register a revision of %s: %w", l.names.Family, written(err))
	}
	return complete(&live.Revision{Definition: out.TaskDefinition, Unknown: out.Unknown}, o.Base)
}

// complete is the revision's ARN, if it has all that the base has. What this build's SDK knows Revise keeps; the rest is
// sent as it stands, and ECS might not have taken it.
func complete(r, base *live.Revision) (arn string, err error) {
	if lacks := incomplete(r, base); lacks != nil {
		return "", final(lacks[0].String())
	}
	return r.ARN(), nil
}

func incomplete(r, base *live.Revision) []Flaw {
	lost := r.Lost(base)
	if len(lost) == 0 {
		return nil
	}
	return []Flaw{{In: InContainer, Fix: "deploy a newer one, or take it out of the base", Evidence: fmt.Sprintf(
		"revision %s has not kept %s of base %s, which this version of Cutover does not know", r.ARN(), strings.Join(lost, ", "), base.ARN())}}
}

// hooks are the operator's own functions, and those of the lifecycle events that have a suite.
func (l *Loop) hooks() map[appspec.Event]string {
	hooks := map[appspec.Event]string{}
	for event, function := range l.deployed.Service.Deployment.Hooks {
		hooks[appspec.Event(event)] = function
	}
	for _, e := range l.deployed.Service.Hooked() {
		hooks[e] = l.names.Hook(e)
	}
	return hooks
}

func (l *Loop) deployment(revision string, wish live.Wish) (*codedeploy.CreateDeploymentInput, error) {
	content, err := appspec.Document{
		TaskDefinition:    revision,
		ContainerName:     l.names.Container,
		ContainerPort:     l.deployed.Service.Task.Port,
		PlatformVersion:   wish.Settings.PlatformVersion,
		Network:           wish.Settings.Network,
		CapacityProviders: wish.Settings.CapacityProviders,
		Hooks:             l.hooks(),
	}.JSON()
	if err != nil {
		return nil, final(err.Error())
	}
	in := &codedeploy.CreateDeploymentInput{
		ApplicationName:     &l.names.Application,
		DeploymentGroupName: &l.names.DeploymentGroup,
		Description:         aws.String(wish.Description(revision)),
		Revision: &cdtypes.RevisionLocation{
			RevisionType: cdtypes.RevisionLocationTypeAppSpecContent,
			AppSpecContent: &cdtypes.AppSpecContent{
				Content: aws.String(string(content)), Sha256: aws.String(appspec.SHA256(content)),
			},
		},
	}
	if l.despite {
		in.OverrideAlarmConfiguration = &cdtypes.AlarmConfiguration{Enabled: false}
	}
	return in, nil
}
