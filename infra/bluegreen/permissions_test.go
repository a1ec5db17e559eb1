package bluegreen

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"

	aas "github.com/cutover-ecs/cutover/pkg/call/applicationautoscaling"
	"github.com/cutover-ecs/cutover/pkg/call/cloudwatchlogs"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

type reader interface {
	DescribeServices(context.Context, *ecs.DescribeServicesInput, ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error)
	DescribeListeners(context.Context, *elb.DescribeListenersInput, ...func(*elb.Options)) (*elb.DescribeListenersOutput, error)
}

type writer interface {
	DescribeServices(context.Context, *ecs.DescribeServicesInput, ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error)
	RegisterTaskDefinition(context.Context, *ecs.RegisterTaskDefinitionInput, ...func(*ecs.Options)) (*ecs.RegisterTaskDefinitionOutput, error)
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// lean has operations of package call.
type lean interface {
	DescribeScalableTargets(context.Context, *aas.DescribeScalableTargetsInput) (*aas.DescribeScalableTargetsOutput, error)
	DescribeImages(context.Context, *ecr.DescribeImagesInput) (*ecr.DescribeImagesOutput, error)
	GetLogEvents(context.Context, *cloudwatchlogs.GetLogEventsInput) (*cloudwatchlogs.GetLogEventsOutput, error)
}

type stranger interface {
	Stop(ctx context.Context, why string) error
}

func TestActionsAreTheMethodsOfTheInterfaces(t *testing.T) {
	got, err := operationsOf([]reflect.Type{reflect.TypeFor[reader](), reflect.TypeFor[writer](), reflect.TypeFor[lean]()})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"application-autoscaling:DescribeScalableTargets", "ecr:DescribeImages", "ecs:DescribeServices", "ecs:RegisterTaskDefinition", "elasticloadbalancing:DescribeListeners",
		"lambda:InvokeFunction", "logs:GetLogEvents"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestStatementsOfOneScopeAreOneAndCompanionsComeAlong(t *testing.T) {
	condition := Condition{"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
	got, err := Permissions([]reflect.Type{reflect.TypeFor[reader](), reflect.TypeFor[writer]()}, map[string][]Statement{
		"ecs:DescribeServices":                   {{Resources: []string{"service"}}},
		"elasticloadbalancing:DescribeListeners": {{Resources: []string{"*"}}},
		"lambda:InvokeFunction":                  {{Resources: []string{"service"}}},
		"ecs:RegisterTaskDefinition": {
			{Resources: []string{"family"}},
			{Actions: []string{"iam:PassRole"}, Resources: []string{"family"}, Condition: condition},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Statement{
		{Actions: []string{"ecs:DescribeServices", "lambda:InvokeFunction"}, Resources: []string{"service"}},
		{Actions: []string{"ecs:RegisterTaskDefinition"}, Resources: []string{"family"}},
		{Actions: []string{"elasticloadbalancing:DescribeListeners"}, Resources: []string{"*"}},
		{Actions: []string{"iam:PassRole"}, Resources: []string{"family"}, Condition: condition},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOperationsThatNobodyThoughtAboutAreErrors(t *testing.T) {
	_, err := Permissions([]reflect.Type{reflect.TypeFor[reader]()}, map[string][]Statement{"ecs:DescribeServices": nil})
	if err == nil || !strings.Contains(err.Error(), "elasticloadbalancing:DescribeListeners is called, but infra/bluegreen/grants.go does not say on what") {
		t.Errorf("got %v", err)
	}
	if _, err := Permissions([]reflect.Type{reflect.TypeFor[stranger]()}, nil); err == nil {
		t.Error("a method that is no operation of the SDK passed")
	}
	if _, err := Permissions([]reflect.Type{reflect.TypeFor[int]()}, nil); err == nil {
		t.Error("a type that is no interface passed")
	}
}

// The table's keys are compared with what is called, so it is built from empty ARNs: no CDK here.
func TestEveryGrantIsCalled(t *testing.T) {
	described, err := config.Parse([]byte(`{"services": [{"name": "sample-website", "scaling": {"min": 1, "max": 2, "cpu": 60}, "verify": {"version": {"header": "X", "is": "revision"}},
		"gates": {"scan": {}, "function": "arn:aws:lambda:us-east-1:111122223333:function:approve"}}]}`), policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	everywhere := config.Notify{Destinations: []config.Destination{{Topic: "arn:aws:sns:us-east-1:111122223333:ops"}, {Slack: &config.Slack{Token: "arn:aws:secretsmanager:us-east-1:111122223333:secret:a"}},
		{Webhook: &config.Webhook{Secret: "arn:aws:ssm:us-east-1:111122223333:parameter/a"}}}} // one of each kind
	c := OwnCalls()
	called, err := operationsOf(slices.Concat(c.Release(described.Services[0]), c.Verify, c.Watch, c.Notify(everywhere)))
	if err != nil {
		t.Fatal(err)
	}
	everyone := scopeOfTold(config.Platform{Notify: &everywhere}, nil)
	everyone.Gate = "approve"
	var granted []string
	for action := range grants(everyone) {
		granted = append(granted, action)
	}
	slices.Sort(granted)
	if diff := cmp.Diff(called, granted); diff != "" {
		t.Errorf("called and granted differ (-called +granted):\n%s", diff)
	}
}
