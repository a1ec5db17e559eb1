package call_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	logssdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	ebsdk "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	smsdk "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	snssdk "github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	ssmsdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/cloudwatchlogs"
	"github.com/cutover-ecs/cutover/pkg/call/eventbridge"
	"github.com/cutover-ecs/cutover/pkg/call/secretsmanager"
	"github.com/cutover-ecs/cutover/pkg/call/sns"
	"github.com/cutover-ecs/cutover/pkg/call/ssm"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// answers is a service of one operation, which keeps what it was asked by whichever client.
func answers[In, Out any](t *testing.T, name string, out *Out) (cfg aws.Config, asked *[]*In, refuses *error) {
	t.Helper()
	asked, refuses = new([]*In), new(error)
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	wire.On(srv, name, func(_ context.Context, in *In) (*Out, error) {
		*asked = append(*asked, in)
		return out, *refuses
	})
	server := httptest.NewServer(srv)
	t.Cleanup(server.Close)
	return aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}, asked, refuses
}

// alike sees that the service was asked the same by both.
func alike[In any](t *testing.T, asked []*In, plain ...any) {
	t.Helper()
	if len(asked) != 2 {
		t.Fatalf("asked %d times", len(asked))
	}
	if d := cmp.Diff(asked[1], asked[0], cmpopts.IgnoreUnexported(append(plain, *new(In))...)); d != "" {
		t.Errorf("asked (-by the SDK +by ours)\n%s", d)
	}
}

const awkward = "größer <b> & \"so\"\n+ %20"

func TestALogsEndIsWhatTheSDKReads(t *testing.T) {
	cfg, asked, refuses := answers[logssdk.GetLogEventsInput](t, "logs", &logssdk.GetLogEventsOutput{NextForwardToken: aws.String("f"), Events: []logstypes.OutputLogEvent{
		{Message: aws.String(awkward), Timestamp: aws.Int64(1), IngestionTime: aws.Int64(2)}, {Message: aws.String("last")}}})
	in := &cloudwatchlogs.GetLogEventsInput{LogGroupName: "/ecs/a", LogStreamName: "a/b/c", Limit: 10}
	got, err := cloudwatchlogs.NewFromConfig(cfg).GetLogEvents(t.Context(), in)
	if err != nil || len(got.Events) != 2 || got.Events[0].Message != awkward || got.Events[1].Message != "last" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := logssdk.NewFromConfig(cfg).GetLogEvents(t.Context(), &logssdk.GetLogEventsInput{
		LogGroupName: aws.String("/ecs/a"), LogStreamName: aws.String("a/b/c"), Limit: aws.Int32(10), StartFromHead: aws.Bool(false)}); err != nil {
		t.Fatal(err)
	}
	alike(t, *asked)
	*refuses = &logstypes.ResourceNotFoundException{Message: aws.String("The specified log stream does not exist.")}
	if _, err := cloudwatchlogs.NewFromConfig(cfg).GetLogEvents(t.Context(), in); !call.Refused(err, "ResourceNotFoundException") || !strings.Contains(err.Error(), "log stream does not exist") {
		t.Error(err)
	}
}

func TestEventsArePutAsTheSDKPutsThem(t *testing.T) {
	cfg, asked, _ := answers[ebsdk.PutEventsInput](t, "events", &ebsdk.PutEventsOutput{FailedEntryCount: 1, Entries: []ebtypes.PutEventsResultEntry{
		{EventId: aws.String("1")}, {ErrorCode: aws.String("InternalFailure"), ErrorMessage: aws.String("not now")}}})
	at := time.Date(2026, 11, 29, 5, 0, 0, 123e6, time.UTC)
	got, err := eventbridge.NewFromConfig(cfg).PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []eventbridge.PutEventsRequestEntry{
		{Source: "cutover", DetailType: "a", Detail: `{"text":"<é>"}`, Time: eventbridge.Time{Time: at}}, {Source: "cutover", DetailType: "b", Detail: `{}`}}})
	want := &eventbridge.PutEventsOutput{Entries: []eventbridge.PutEventsResultEntry{{EventId: "1"}, {ErrorCode: "InternalFailure", ErrorMessage: "not now"}}}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
	if _, err := ebsdk.NewFromConfig(cfg).PutEvents(t.Context(), &ebsdk.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{
		{Source: aws.String("cutover"), DetailType: aws.String("a"), Detail: aws.String(`{"text":"<é>"}`), Time: &at},
		{Source: aws.String("cutover"), DetailType: aws.String("b"), Detail: aws.String(`{}`)}}}); err != nil {
		t.Fatal(err)
	}
	alike(t, *asked, ebtypes.PutEventsRequestEntry{})
	if is := (*asked)[0].Entries[0].Time; is == nil || !is.Equal(at) {
		t.Errorf("at %v", is)
	}
}

func TestAMessageIsPublishedAsTheSDKPublishesIt(t *testing.T) {
	cfg, asked, refuses := answers[snssdk.PublishInput](t, "sns", &snssdk.PublishOutput{MessageId: aws.String("m")})
	for _, in := range []*sns.PublishInput{
		{TopicArn: "arn:t", Subject: "a title", Message: `{"default": "` + awkward + `"}`, MessageStructure: "json", MessageAttributes: map[string]string{"stage": "live", "service": "a b", "id": "1"}},
		{TopicArn: "arn:t", Message: "plain"},
	} {
		*asked = nil
		if _, err := sns.NewFromConfig(cfg).Publish(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		like := &snssdk.PublishInput{TopicArn: &in.TopicArn, Message: &in.Message}
		if in.Subject != "" {
			like.Subject, like.MessageStructure, like.MessageAttributes = &in.Subject, &in.MessageStructure, map[string]snstypes.MessageAttributeValue{}
		}
		for name, value := range in.MessageAttributes {
			like.MessageAttributes[name] = snstypes.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
		}
		if _, err := snssdk.NewFromConfig(cfg).Publish(t.Context(), like); err != nil {
			t.Fatal(err)
		}
		alike(t, *asked, snstypes.MessageAttributeValue{})
	}
	*refuses = &snstypes.NotFoundException{Message: aws.String("Topic does not exist")}
	if _, err := sns.NewFromConfig(cfg).Publish(t.Context(), &sns.PublishInput{TopicArn: "a", Message: "b"}); !call.Refused(err, "NotFound") {
		t.Error(err)
	}
}

func TestASecretIsWhatTheSDKReads(t *testing.T) {
	cfg, asked, refuses := answers[smsdk.GetSecretValueInput](t, "secretsmanager", &smsdk.GetSecretValueOutput{SecretString: aws.String(awkward), CreatedDate: aws.Time(time.Unix(1, 0)), VersionStages: []string{"AWSCURRENT"}})
	if got, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: "arn:s"}); err != nil || got.SecretString != awkward {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := smsdk.NewFromConfig(cfg).GetSecretValue(t.Context(), &smsdk.GetSecretValueInput{SecretId: aws.String("arn:s")}); err != nil {
		t.Fatal(err)
	}
	alike(t, *asked)
	*refuses = &smtypes.ResourceNotFoundException{Message: aws.String("Secrets Manager can't find the specified secret.")}
	if _, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: "arn:s"}); !call.Refused(err, "ResourceNotFoundException") {
		t.Error(err)
	}
}

func TestAParameterIsWhatTheSDKReads(t *testing.T) {
	cfg, asked, refuses := answers[ssmsdk.GetParameterInput](t, "ssm", &ssmsdk.GetParameterOutput{Parameter: &ssmtypes.Parameter{Name: aws.String("/a"),
		Type: ssmtypes.ParameterTypeSecureString, Value: aws.String(awkward), Version: 3, LastModifiedDate: aws.Time(time.Unix(1, 5e8))}})
	if got, err := ssm.NewFromConfig(cfg).GetParameter(t.Context(), &ssm.GetParameterInput{Name: "/a", WithDecryption: true}); err != nil || got.Parameter.Value != awkward {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := ssmsdk.NewFromConfig(cfg).GetParameter(t.Context(), &ssmsdk.GetParameterInput{Name: aws.String("/a"), WithDecryption: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	alike(t, *asked)
	*refuses = &ssmtypes.ParameterNotFound{}
	if _, err := ssm.NewFromConfig(cfg).GetParameter(t.Context(), &ssm.GetParameterInput{Name: "/a"}); !call.Refused(err, "ParameterNotFound") {
		t.Error(err)
	}
}
