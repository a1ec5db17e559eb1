package contract_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/cutover-ecs/cutover/pkg/sandbox/contract"
)

func TestAViolationIsToldInTheWordsOfItsService(t *testing.T) {
	all := contract.New()
	long := aws.String(strings.Repeat("x", 300))
	for want, c := range map[string]struct {
		service, action string
		in              any
	}{
		"InvalidParameterException: Invalid parameter at 'repositoryName' failed to satisfy constraint: 'Member must not be null'": {
			"ecr", "DeleteRepository", &ecr.DeleteRepositoryInput{}},
		"InvalidApplicationNameException: Value 'xxxx": {
			"codedeploy", "GetApplication", &codedeploy.GetApplicationInput{ApplicationName: long}},
		"InvalidFileExistsBehaviorException: Value 'KEEP' at 'fileExistsBehavior' failed to satisfy constraint: Member must satisfy enum value set: [DISALLOW, OVERWRITE, RETAIN]": {
			"codedeploy", "CreateDeployment", &codedeploy.CreateDeploymentInput{ApplicationName: aws.String("a"), FileExistsBehavior: cdtypes.FileExistsBehavior("KEEP")}},
		"InvalidParameterException: Tags cannot be empty.": {
			"ecs", "TagResource", &ecs.TagResourceInput{ResourceArn: aws.String("a")}},
		"ValidationError: 1 validation error detected: Value null at 'targetGroupArn' failed to satisfy constraint: Member must not be null": {
			"elasticloadbalancing", "DescribeTargetHealth", &elb.DescribeTargetHealthInput{}},
		"ValidationException: 1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+": {
			"events", "DescribeRule", &eventbridge.DescribeRuleInput{Name: aws.String("a b")}},
		"MissingParameter: The request must contain the parameter QueueUrl.": {
			"sqs", "PurgeQueue", &sqs.PurgeQueueInput{}},
	} {
		err := all.Check(c.service, c.action, c.in)
		if err == nil || !strings.HasPrefix(strings.TrimPrefix(err.Error(), "api error "), want) {
			t.Errorf("%s: %v, want %s", c.action, err, want)
		}
	}
}

func TestWhatTheRecordDoesNotKnowIsLeftAlone(t *testing.T) {
	all := contract.New()
	for _, err := range []error{
		all.Check("ec2", "DescribeInstances", &ecs.ListClustersInput{}),
		all.Check("ecs", "RunTask", &ecs.RunTaskInput{}),
		all.Check("ecs", "CreateCluster", &ecs.CreateClusterInput{}),
	} {
		if err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	all, in := contract.New(), &ecs.DescribeServicesInput{Cluster: aws.String("web"), Services: []string{"web"}}
	for b.Loop() {
		if err := all.Check("ecs", "DescribeServices", in); err != nil {
			b.Fatal(err)
		}
	}
}
