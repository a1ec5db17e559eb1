package codedeploy

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// TestTheGoSDKDrivesADeployment goes over HTTP with AWS's own client and its own waiter.
func TestTheGoSDKDrivesADeployment(t *testing.T) {
	w := newWorld(t, 1e6)
	endpoint := httptest.NewServer(w.srv)
	defer endpoint.Close()
	client := codedeploy.New(codedeploy.Options{Region: "us-east-1", BaseEndpoint: &endpoint.URL,
		Credentials: aws.CredentialsProviderFunc(credentials)})
	ctx := t.Context()
	if _, err := client.CreateApplication(ctx, &codedeploy.CreateApplicationInput{ApplicationName: new("web"), ComputePlatform: types.ComputePlatformEcs}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateDeploymentGroup(ctx, groupInput()); err != nil {
		t.Fatal(err)
	}
	out, err := client.CreateDeployment(ctx, &codedeploy.CreateDeploymentInput{
		ApplicationName: new("web"), DeploymentGroupName: new("web"), Revision: inline(spec(td2))})
	if err != nil {
		t.Fatal(err)
	}
	w.endReally(*out.DeploymentId)
	target, err := client.GetDeploymentTarget(ctx, &codedeploy.GetDeploymentTargetInput{DeploymentId: out.DeploymentId, TargetId: new("main:web")})
	if err != nil {
		t.Fatal(err)
	}
	e := target.DeploymentTarget.EcsTarget
	if len(e.LifecycleEvents) != 8 || e.Status != types.TargetStatusSucceeded || e.TaskSetsInfo[1].TrafficWeight != 100 {
		t.Errorf("target: %+v", e)
	}
	_, err = client.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: new("d-AAAAAAAAA")})
	if got, ok := unwrapped[*types.DeploymentDoesNotExistException](err); !ok || got.ErrorMessage() == "" {
		t.Errorf("unknown deployment: %v", err)
	}
}

// TestTheAWSCLIReadsWhatItIndexesWithoutDefaults: zero waits must be in the answer, as `aws ecs deploy` wants them.
func TestTheAWSCLIReadsWhatItIndexesWithoutDefaults(t *testing.T) {
	cli, err := exec.LookPath("aws")
	if err != nil || testing.Short() {
		t.Skip("needs the AWS CLI, and seconds")
	}
	w := newWorld(t, 1e6)
	endpoint := httptest.NewServer(w.srv)
	defer endpoint.Close()
	w.group(func(in *codedeploy.CreateDeploymentGroupInput) {
		in.BlueGreenDeploymentConfiguration.TerminateBlueInstancesOnDeploymentSuccess.TerminationWaitTimeInMinutes = 0
	})
	aws := func(into any, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), cli, append([]string{"deploy", "--output", "json"}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+endpoint.URL, "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x", "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("aws deploy %v: %v", args, err)
		}
		if err := json.Unmarshal(out, into); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
	}
	var group struct {
		DeploymentGroupInfo struct {
			BlueGreenDeploymentConfiguration struct {
				DeploymentReadyOption                     struct{ WaitTimeInMinutes *int }
				TerminateBlueInstancesOnDeploymentSuccess struct{ TerminationWaitTimeInMinutes *int }
			}
		}
	}
	aws(&group, "get-deployment-group", "--application-name", "web", "--deployment-group-name", "web")
	b := group.DeploymentGroupInfo.BlueGreenDeploymentConfiguration
	if b.DeploymentReadyOption.WaitTimeInMinutes == nil || b.TerminateBlueInstancesOnDeploymentSuccess.TerminationWaitTimeInMinutes == nil {
		t.Errorf("zero waits are left out: %+v", b)
	}
	revision, _ := json.Marshal(map[string]any{"revisionType": "AppSpecContent", "appSpecContent": map[string]string{"content": spec(td2)}})
	var created struct{ DeploymentID string }
	aws(&created, "create-deployment", "--application-name", "web", "--deployment-group-name", "web", "--revision", string(revision))
	w.endReally(created.DeploymentID)
	var got struct {
		DeploymentInfo struct {
			Status             string
			DeploymentOverview map[string]int
			Revision           struct{ AppSpecContent map[string]any }
		}
	}
	aws(&got, "get-deployment", "--deployment-id", created.DeploymentID)
	same(t, "overview", got.DeploymentInfo.DeploymentOverview, map[string]int{
		"Pending": 0, "InProgress": 0, "Succeeded": 1, "Failed": 0, "Skipped": 0, "Ready": 0})
	if c := got.DeploymentInfo.Revision.AppSpecContent["content"]; c != nil {
		t.Errorf("content %v", c)
	}
}
