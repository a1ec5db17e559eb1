package wire_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	codedeploytypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/iam"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// played is a server that answers a few operations as AWS would.
func played() *wire.Server {
	roles := iam.New(iam.Options{Account: account})
	srv := wire.New(wire.Options{Account: account, Region: region, Identify: roles.Identify})
	roles.Register(srv)
	when := aws.Time(time.Date(2026, 11, 23, 4, 5, 6, 7e6, time.UTC))
	wire.On(srv, "ecs", func(_ context.Context, in *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
		if aws.ToString(in.Cluster) != "c" {
			return nil, &ecstypes.ClusterNotFoundException{Message: aws.String("Cluster not found.")}
		}
		return &ecs.DescribeServicesOutput{Failures: []ecstypes.Failure{}, Services: []ecstypes.Service{{
			ServiceName: aws.String(in.Services[0]), DesiredCount: 2, CreatedAt: when,
			Tags: []ecstypes.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
		}}}, nil
	})
	wire.On(srv, "codedeploy", func(_ context.Context, in *codedeploy.GetDeploymentInput) (*codedeploy.GetDeploymentOutput, error) {
		if *in.DeploymentId != "d-ABCDEFGHI" {
			return nil, &codedeploytypes.DeploymentDoesNotExistException{Message: aws.String("no deployment")}
		}
		return &codedeploy.GetDeploymentOutput{DeploymentInfo: &codedeploytypes.DeploymentInfo{
			DeploymentId: in.DeploymentId, Status: "Succeeded", CreateTime: when,
			DeploymentOverview: &codedeploytypes.DeploymentOverview{Succeeded: 1},
		}}, nil
	})
	wire.On(srv, "elasticloadbalancing", func(_ context.Context, in *elb.DescribeListenersInput) (*elb.DescribeListenersOutput, error) {
		if len(in.ListenerArns) != 2 {
			return nil, &elbtypes.ListenerNotFoundException{Message: aws.String("no listener")}
		}
		return &elb.DescribeListenersOutput{Listeners: []elbtypes.Listener{{ListenerArn: &in.ListenerArns[1], Port: aws.Int32(8080)}}}, nil
	})
	wire.On(srv, "monitoring", func(_ context.Context, in *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
		return &cloudwatch.DescribeAlarmsOutput{CompositeAlarms: []cloudwatchtypes.CompositeAlarm{}, MetricAlarms: []cloudwatchtypes.MetricAlarm{{
			AlarmName: &in.AlarmNames[0], StateValue: "ALARM", StateUpdatedTimestamp: when, Threshold: aws.Float64(0.5)}}}, nil
	})
	wire.On(srv, "sqs", func(_ context.Context, in *sqs.GetQueueUrlInput) (*sqs.GetQueueUrlOutput, error) {
		return nil, &sqstypes.QueueDoesNotExist{Message: aws.String("no queue")}
	})
	return srv
}

// environment is that of a client of the server, without anything of the person's own.
func environment(t *testing.T) []string {
	t.Helper()
	h := httptest.NewServer(played())
	t.Cleanup(h.Close)
	env := []string{"AWS_ENDPOINT_URL=" + h.URL, "AWS_DEFAULT_REGION=eu-central-2", "AWS_ACCESS_KEY_ID=AKIAOPERATOR",
		"AWS_SECRET_ACCESS_KEY=secret", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=", "HOME=" + t.TempDir()}
	for _, name := range []string{"PATH", "PYENV_ROOT", "PYENV_VERSION", "LD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func TestTheCommandLineInterfaceWorksUnchanged(t *testing.T) {
	aws, err := exec.LookPath("aws")
	if err != nil || testing.Short() {
		t.Skip("the AWS CLI is not installed, or -short")
	}
	env := environment(t)
	for _, c := range []struct{ args, want string }{
		{"ecs describe-services --cluster c --services web --query services[0].[serviceName,desiredCount,createdAt,tags[0].key] --output text", "web\t2\t1795406706.007\tk"},
		{"ecs describe-services --cluster d --services web", "An error occurred (ClusterNotFoundException) when calling the DescribeServices operation: Cluster not found."},
		{"elbv2 describe-listeners --listener-arns arn:a arn:b --query Listeners[0].[ListenerArn,Port] --output text", "arn:b\t8080"},
		{"cloudwatch describe-alarms --alarm-names a --query MetricAlarms[0].[AlarmName,StateValue,Threshold] --output text", "a\tALARM\t0.5"},
		{"deploy get-deployment --deployment-id d-ABCDEFGHI --query deploymentInfo.[status,deploymentOverview.Succeeded] --output text", "Succeeded\t1"},
		{"sqs get-queue-url --queue-name q", "An error occurred (AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl operation: no queue"},
		{"sts get-caller-identity --query Arn --output text", "arn:aws:iam::111122223333:root"},
		{"ecs list-clusters", "An error occurred (UnknownOperationException) when calling the ListClusters operation: the sandbox has no ecs:ListClusters"},
		{"s3api list-buckets", "the sandbox has no service s3 (GET /)"},
	} {
		t.Run(strings.Join(strings.Fields(c.args)[:2], " "), func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), aws, strings.Fields(c.args)...)
			cmd.Env = env
			out, _ := cmd.CombinedOutput() // an error is what some of these want
			if !strings.Contains(string(out), c.want) {
				t.Errorf("%s: %s", c.args, out)
			}
		})
	}
}

const script = `
import boto3
try:
    boto3.client("ecs").describe_services(cluster="d", services=["web"])
except Exception as e:
    print(type(e).__name__)
got = boto3.client("ecs").describe_services(cluster="c", services=["web"])
print(got["services"][0]["createdAt"].timestamp(), got["failures"], len(got["ResponseMetadata"]["RequestId"]))
elb = boto3.client("elbv2")
print(elb.describe_listeners(ListenerArns=["arn:a", "arn:b"])["Listeners"][0]["Port"])
try:
    elb.describe_listeners()
except elb.exceptions.ListenerNotFoundException as e:
    print(e.response["Error"]["Code"])
print(boto3.client("cloudwatch").describe_alarms(AlarmNames=["a"])["MetricAlarms"][0]["StateUpdatedTimestamp"].timestamp())
cd = boto3.client("codedeploy")
print(cd.get_deployment(deploymentId="d-ABCDEFGHI")["deploymentInfo"]["deploymentOverview"]["Succeeded"])
try:
    cd.get_deployment(deploymentId="d-ABCDEFGHJ")
except cd.exceptions.DeploymentDoesNotExistException as e:
    print(e.response["Error"]["Message"])
sqs = boto3.client("sqs")
try:
    sqs.get_queue_url(QueueName="q")
except sqs.exceptions.QueueDoesNotExist as e:
    print(e.response["Error"]["Code"])
iam = boto3.client("iam")
iam.create_role(RoleName="r", AssumeRolePolicyDocument='{"Statement": [{"Action": "a b"}]}')
print(iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Action"])
try:
    iam.get_role(RoleName="s")
except iam.exceptions.NoSuchEntityException as e:
    print(e.response["ResponseMetadata"]["HTTPStatusCode"])
role = boto3.client("sts").assume_role(RoleArn="arn:aws:iam::111122223333:role/r", RoleSessionName="me")["Credentials"]
print(boto3.client("sts", aws_access_key_id=role["AccessKeyId"], aws_secret_access_key=role["SecretAccessKey"],
    aws_session_token=role["SessionToken"]).get_caller_identity()["Arn"])
`

func TestBoto3WorksUnchanged(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil || testing.Short() || exec.Command(python, "-c", "import boto3").Run() != nil {
		t.Skip("boto3 is not installed, or -short")
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", script)
	cmd.Env = environment(t)
	out, err := cmd.CombinedOutput()
	want := `ClusterNotFoundException
1795406706.007 [] 36
8080
ListenerNotFound
1795406706.007
1
no deployment
AWS.SimpleQueueService.NonExistentQueue
a b
404
arn:aws:sts::111122223333:assumed-role/r/me
`
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out, want)
	}
}
