package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	runtime "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// The test binary is the pid 1 of tasks and the bootstrap of the hook too.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		cfg := configOf(os.Getenv)
		runtime.Start(judge{codedeploy.NewFromConfig(cfg), elb.NewFromConfig(cfg)}.handle)
	}
	os.Exit(m.Run())
}

type hookEvent struct{ DeploymentId, LifecycleEventHookExecutionId string }

// judge is the hook.
type judge struct {
	deploy   *codedeploy.Client
	balancer *elb.Client
}

// handle says what stands in the deployment's description; before it passes a deployment it sees that the tasks
// behind the test listener are healthy.
func (j judge) handle(ctx context.Context, e hookEvent) error {
	out, err := j.deploy.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: &e.DeploymentId})
	if err != nil {
		return err
	}
	status := types.LifecycleEventStatusSucceeded
	switch wish := aws.ToString(out.DeploymentInfo.Description); {
	case strings.HasPrefix(wish, "silent"):
		return nil
	case strings.HasPrefix(wish, "fail"):
		status = types.LifecycleEventStatusFailed
	default:
		if err := green(ctx, j.balancer, os.Getenv("TEST_LISTENER")); err != nil {
			return err
		}
	}
	_, err = j.deploy.PutLifecycleEventHookExecutionStatus(ctx, &codedeploy.PutLifecycleEventHookExecutionStatusInput{
		DeploymentId: &e.DeploymentId, LifecycleEventHookExecutionId: &e.LifecycleEventHookExecutionId, Status: status})
	return err
}

// green returns when all targets behind a listener are healthy.
func green(ctx context.Context, balancer *elb.Client, listener string) error {
	for {
		group, err := serving(ctx, balancer, listener)
		if err != nil {
			return err
		}
		n, err := healthy(ctx, balancer, group)
		if err != nil || n == tasks {
			return err
		}
		select { // nothing tells a function of health
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// weights of a listener by target group.
func weights(ctx context.Context, balancer *elb.Client, listener string) (map[string]int32, error) {
	out, err := balancer.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{listener}})
	if err != nil {
		return nil, err
	}
	all := map[string]int32{}
	for _, t := range out.Listeners[0].DefaultActions[0].ForwardConfig.TargetGroups {
		all[*t.TargetGroupArn] = *t.Weight
	}
	return all, nil
}

// serving is the target group that gets everything.
func serving(ctx context.Context, balancer *elb.Client, listener string) (string, error) {
	all, err := weights(ctx, balancer, listener)
	if err != nil {
		return "", err
	}
	for group, weight := range all {
		if weight == 100 || len(all) == 1 {
			return group, nil
		}
	}
	return "", errors.New("no target group gets everything: " + fmt.Sprint(all))
}

// healthy counts a group's healthy targets.
func healthy(ctx context.Context, balancer *elb.Client, group string) (int, error) {
	out, err := balancer.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group})
	if err != nil {
		return 0, err
	}
	n := 0
	for _, t := range out.TargetHealthDescriptions {
		if t.TargetHealth.State == "healthy" {
			n++
		}
	}
	return n, nil
}

// configOf is a client's configuration out of an environment.
func configOf(getenv func(string) string) aws.Config {
	return aws.Config{
		Region: getenv("AWS_REGION"), BaseEndpoint: aws.String(getenv("AWS_ENDPOINT_URL")), RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
				SessionToken: getenv("AWS_SESSION_TOKEN")}, nil
		}),
	}
}
