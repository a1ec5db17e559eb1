package wire_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const account, region = "111122223333", "eu-central-2"

// config is an SDK's configuration for the server.
func config(t testing.TB, srv *wire.Server) aws.Config {
	t.Helper()
	h := httptest.NewServer(srv)
	t.Cleanup(h.Close)
	transport := &http.Transport{MaxIdleConnsPerHost: 4}
	t.Cleanup(transport.CloseIdleConnections)
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(h.URL), RetryMaxAttempts: 1,
		HTTPClient: &http.Client{Transport: transport},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAOPERATOR", SecretAccessKey: "secret"}, nil
		}),
	}
}

// patient is config for large answers: the SDK makes a call again whose answer its reader's early end has cost it.
func patient(t testing.TB, srv *wire.Server) aws.Config {
	t.Helper()
	c := config(t, srv)
	c.RetryMaxAttempts = 3
	return c
}

// roundTrip registers an operation, calls it with every member set, answers every member set, and compares what
// either side saw.
func roundTrip[In, Out, Opts any](t *testing.T, service string, client func(aws.Config) func(context.Context, *In, ...func(*Opts)) (*Out, error)) {
	t.Helper()
	t.Run(reflect.TypeFor[In]().String(), func(t *testing.T) {
		in, out := new(In), new(Out)
		fill(reflect.ValueOf(in).Elem(), "in", 0)
		fill(reflect.ValueOf(out).Elem(), "out", 0)
		var got *In
		srv := wire.New(wire.Options{Account: account, Region: region})
		wire.On(srv, service, func(_ context.Context, in *In) (*Out, error) {
			got = in
			return out, nil
		})
		answer, err := client(patient(t, srv))(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		opts := cmp.Options{
			cmpopts.IgnoreTypes(middleware.Metadata{}),
			cmp.Exporter(func(reflect.Type) bool { return true }),
			cmpopts.EquateApproxTime(0),
		}
		if diff := cmp.Diff(in, got, opts); diff != "" {
			t.Errorf("the handler saw another input (-sent +seen):\n%s", diff)
		}
		if diff := cmp.Diff(out, answer, opts); diff != "" {
			t.Errorf("the client saw another output (-sent +seen):\n%s", diff)
		}
	})
}

// fill sets every member that protocols carry.
func fill(v reflect.Value, name string, depth int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name, depth)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 23, 4, 5, 6, 789e6, time.UTC)))
			return
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && f.Type != reflect.TypeFor[middleware.Metadata]() && depth < 8 {
				fill(v.Field(i), f.Name, depth+1)
			}
		}
	case reflect.Slice:
		n := 2
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte{0, 1, 254, '<'})
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(v.Index(i), fmt.Sprint(name, i), depth)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, k := range []string{"one", "two <&>"} {
			e := reflect.New(v.Type().Elem()).Elem()
			fill(e, k, depth)
			v.SetMapIndex(reflect.ValueOf(k).Convert(v.Type().Key()), e)
		}
	case reflect.String:
		v.SetString(name + " \"ü\n<&>")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(-42)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1.5e-9)
	}
}

func TestInputsAndOutputsCrossTheWireWithEveryMember(t *testing.T) {
	roundTrip(t, "ecs", func(c aws.Config) func(context.Context, *ecs.DescribeServicesInput, ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error) {
		return ecs.NewFromConfig(c).DescribeServices
	})
	roundTrip(t, "ecs", func(c aws.Config) func(context.Context, *ecs.RegisterTaskDefinitionInput, ...func(*ecs.Options)) (*ecs.RegisterTaskDefinitionOutput, error) {
		return ecs.NewFromConfig(c).RegisterTaskDefinition
	})
	roundTrip(t, "codedeploy", func(c aws.Config) func(context.Context, *codedeploy.CreateDeploymentInput, ...func(*codedeploy.Options)) (*codedeploy.CreateDeploymentOutput, error) {
		return codedeploy.NewFromConfig(c).CreateDeployment
	})
	roundTrip(t, "codedeploy", func(c aws.Config) func(context.Context, *codedeploy.GetDeploymentInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error) {
		return codedeploy.NewFromConfig(c).GetDeployment
	})
	roundTrip(t, "codedeploy", func(c aws.Config) func(context.Context, *codedeploy.CreateDeploymentGroupInput, ...func(*codedeploy.Options)) (*codedeploy.CreateDeploymentGroupOutput, error) {
		return codedeploy.NewFromConfig(c).CreateDeploymentGroup
	})
	roundTrip(t, "ecr", func(c aws.Config) func(context.Context, *ecr.DescribeImagesInput, ...func(*ecr.Options)) (*ecr.DescribeImagesOutput, error) {
		return ecr.NewFromConfig(c).DescribeImages
	})
	roundTrip(t, "events", func(c aws.Config) func(context.Context, *eventbridge.PutTargetsInput, ...func(*eventbridge.Options)) (*eventbridge.PutTargetsOutput, error) {
		return eventbridge.NewFromConfig(c).PutTargets
	})
	roundTrip(t, "elasticloadbalancing", func(c aws.Config) func(context.Context, *elb.CreateListenerInput, ...func(*elb.Options)) (*elb.CreateListenerOutput, error) {
		return elb.NewFromConfig(c).CreateListener
	})
	roundTrip(t, "elasticloadbalancing", func(c aws.Config) func(context.Context, *elb.DescribeTargetHealthInput, ...func(*elb.Options)) (*elb.DescribeTargetHealthOutput, error) {
		return elb.NewFromConfig(c).DescribeTargetHealth
	})
	roundTrip(t, "monitoring", func(c aws.Config) func(context.Context, *cloudwatch.DescribeAlarmsInput, ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error) {
		return cloudwatch.NewFromConfig(c).DescribeAlarms
	})
	roundTrip(t, "monitoring", func(c aws.Config) func(context.Context, *cloudwatch.PutMetricDataInput, ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricDataOutput, error) {
		return cloudwatch.NewFromConfig(c).PutMetricData
	})
	roundTrip(t, "sqs", func(c aws.Config) func(context.Context, *sqs.CreateQueueInput, ...func(*sqs.Options)) (*sqs.CreateQueueOutput, error) {
		return sqs.NewFromConfig(c).CreateQueue
	})
	roundTrip(t, "sns", func(c aws.Config) func(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error) {
		return sns.NewFromConfig(c).Publish
	})
	roundTrip(t, "sns", func(c aws.Config) func(context.Context, *sns.GetTopicAttributesInput, ...func(*sns.Options)) (*sns.GetTopicAttributesOutput, error) {
		return sns.NewFromConfig(c).GetTopicAttributes
	})
	roundTrip(t, "iam", func(c aws.Config) func(context.Context, *iam.CreateRoleInput, ...func(*iam.Options)) (*iam.CreateRoleOutput, error) {
		return iam.NewFromConfig(c).CreateRole
	})
}

func TestLargeAnswersArriveWhole(t *testing.T) {
	srv := wire.New(wire.Options{})
	out := new(ecs.DescribeServicesOutput)
	fill(reflect.ValueOf(out).Elem(), "out", 0)
	wire.On(srv, "ecs", func(context.Context, *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
		return out, nil
	})
	c := ecs.NewFromConfig(patient(t, srv))
	for range 50 {
		if _, err := c.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Services: []string{"web"}}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALargeAnswerOfTheGoSDKWaitsUntilItsRequestIsDoneAndOthersDoNot(t *testing.T) {
	const sdk = "aws-sdk-go-v2/1.47.7 ua/2.1 os/linux lang/go#1.26.8 api/ecs#1.98.0 m/g"
	for _, c := range []struct {
		tasks int
		agent string
		waits bool
	}{
		{0, sdk, false},
		{100, sdk, true},
		{100, sdk + " app/another", true},
		{100, sdk + " app/cutover", false},
		{100, "Boto3/1.40.1 md/Botocore#1.40.1", false},
	} {
		srv := wire.New(wire.Options{})
		wire.On(srv, "ecs", func(context.Context, *ecs.ListTasksInput) (*ecs.ListTasksOutput, error) {
			return &ecs.ListTasksOutput{TaskArns: slices.Repeat([]string{"arn:aws:ecs:eu-central-2:111122223333:task/web"}, c.tasks)}, nil
		})
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			answer := req{target: listTasks, contentType: jsonType, scope: "ecs", body: "{}", header: http.Header{"User-Agent": {c.agent}}}.send(srv)
			if waited := time.Since(begun) > 0; answer.Code != http.StatusOK || waited != c.waits {
				t.Errorf("an answer %d with %d tasks to %s waits: %t", answer.Code, c.tasks, c.agent, waited)
			}
		})
	}
}

func TestAHandlerThatReturnsNothingAnswersAnEmptyOutput(t *testing.T) {
	srv := wire.New(wire.Options{})
	wire.On(srv, "codedeploy", func(context.Context, *codedeploy.DeleteApplicationInput) (*codedeploy.DeleteApplicationOutput, error) {
		return nil, nil
	})
	in := &codedeploy.DeleteApplicationInput{ApplicationName: aws.String("app")}
	if out, err := wire.Call[codedeploy.DeleteApplicationOutput](t.Context(), srv, in); out == nil || err != nil {
		t.Errorf("within the sandbox: %v, %v", out, err)
	}
	if _, err := codedeploy.NewFromConfig(config(t, srv)).DeleteApplication(t.Context(), in); err != nil {
		t.Error(err)
	}
}

func TestACallOfAnotherOutputTypeIsAnErrorAndNoPanic(t *testing.T) {
	srv := wire.New(wire.Options{})
	wire.On(srv, "ecs", func(context.Context, *ecs.ListClustersInput) (*ecs.ListClustersOutput, error) { return nil, nil })
	for _, in := range []any{nil, ecs.ListClustersInput{}, &ecs.ListClustersInput{}, &ecs.ListTasksInput{}} {
		if _, err := wire.Call[ecs.ListServicesOutput](t.Context(), srv, in); err == nil {
			t.Errorf("%T was accepted", in)
		}
	}
}

var errNoCode = errors.New("no code")
