package main

import (
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

var look5 = []byte(`{"source":"aws.scheduler","detail-type":"Scheduled Event","detail":{}}`)

func TestWhatAPersonDeploysStandsUntilAPushOrAnOrder(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	v1 := r.release("v1").TaskSets[0].TaskDefinition
	r.release("v2")
	content := `{"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": "` + v1 +
		`", "LoadBalancerInfo": {"ContainerName": "` + r.names.Container + `", "ContainerPort": 80}}}}]}`
	byHand, err := codedeploy.NewFromConfig(r.aws).CreateDeployment(t.Context(), &codedeploy.CreateDeploymentInput{
		ApplicationName: &r.names.Application, DeploymentGroupName: &r.names.DeploymentGroup, Description: aws.String("v2 is slow"),
		Revision: &types.RevisionLocation{RevisionType: types.RevisionLocationTypeAppSpecContent, AppSpecContent: &types.AppSpecContent{Content: &content}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.goesLive("v1")
	if o := r.invoke(look5); o.Decision != release.Hold || o.Deployment != *byHand.DeploymentId || !strings.Contains(o.Reason, "made by hand and what it put live stands") {
		t.Errorf("after a deployment by hand: %+v", o)
	}

	// An order to go back from it is obeyed all the same.
	a := r.answers(0, "rollback", "--why", "v1 was worse")
	r.decided(a, release.Deploy, "v2")
	r.goesLive("v2")
	r.release("v3")
}

func TestWhatAPersonStopsIsHeldAndWhatAPersonContinuesIsOver(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	deployments := codedeploy.NewFromConfig(r.aws)
	_, now := r.arrives("v1")
	if _, err := deployments.ContinueDeployment(t.Context(), &codedeploy.ContinueDeploymentInput{
		DeploymentId: &now.Deployment.ID, DeploymentWaitType: types.DeploymentWaitTypeTerminationWait}); err != nil {
		t.Fatal(err)
	}
	r.until("v1 is live", liveIs("v1"))
	r.endIsHeard(now.Deployment.ID)
	if o := r.invoke(look5); o.Decision != release.Current {
		t.Errorf("after a continue by hand: %+v", o)
	}

	_, now = r.arrives("v2")
	if _, err := deployments.StopDeployment(t.Context(), &codedeploy.StopDeploymentInput{DeploymentId: &now.Deployment.ID, AutoRollbackEnabled: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	r.until("v1 serves again", serves("v1"))
	if o := r.invoke(look5); o.Decision != release.Hold || !strings.Contains(o.Reason, "was tried by deployment "+now.Deployment.ID+", which was stopped") {
		t.Errorf("after a stop by hand: %+v", o)
	}
	r.push("v3", r.site(runtime.GOARCH, "SITE_VERSION=v3"), r.password())
	r.until("v3 is released", func(now live.Status) bool { return strings.Contains(now.Deployment.Description, ":v3@") })
}
