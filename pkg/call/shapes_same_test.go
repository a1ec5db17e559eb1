package call_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cdsdk "github.com/aws/aws-sdk-go-v2/service/codedeploy"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecssdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// bed is a service whose operations are bound by tests, and what it was sent.
type bed struct {
	srv  *wire.Server
	cfg  aws.Config
	sent []any // method, target, type and body
}

func newBed(t *testing.T) *bed {
	b := &bed{srv: wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var told any
		if err := json.Unmarshal(body, &told); err != nil {
			t.Error(err)
		}
		_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "/")
		scope, _, _ = strings.Cut(scope, ",")
		b.sent = append(b.sent, []any{r.Method, r.URL.Path, r.Header.Get("X-Amz-Target"), r.Header.Get("Content-Type"), scope, told})
		r.Body = io.NopCloser(bytes.NewReader(body))
		b.srv.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	b.cfg = aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}
	return b
}

// filler puts something else into every field.
type filler struct {
	n int
	// zero puts what is nothing into the fields, and nothing into them that nothing can be in.
	zero bool
}

func (f *filler) fill(v reflect.Value, depth int) {
	if f.n++; v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(1795984889+int64(f.n), int64(f.n%1000)*1e6).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), depth)
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); v.Type().Field(i).IsExported() && field.Type() != reflect.TypeFor[[]call.Member]() && depth < 12 {
				f.fill(field, depth+1)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 0, 2))
		for range 2 {
			if !f.zero {
				element := reflect.New(v.Type().Elem()).Elem()
				f.fill(element, depth)
				v.Set(reflect.Append(v, element))
			}
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		if key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem(); !f.zero {
			f.fill(key, depth)
			f.fill(value, depth)
			v.SetMapIndex(key, value)
		}
	case reflect.String:
		if !f.zero {
			v.SetString(fmt.Sprintf("%s %d", awkward, f.n))
		}
	case reflect.Int32, reflect.Int64:
		if !f.zero {
			v.SetInt(int64(f.n))
		}
	case reflect.Float64:
		v.SetFloat(float64(f.n) / 8)
	case reflect.Bool:
		v.SetBool(!f.zero)
	case reflect.Interface: // a union
	default:
		panic("no " + v.Type().String() + " was met before")
	}
}

// same sees that ours asks what the SDK's client asks, with everything in the request, with nothing in its members and
// without them, and reads all that it reads.
func same[In, Out, SDKIn, SDKOut, Options any](t *testing.T, b *bed, service string, ours func(context.Context, *In) (*Out, error), theirs func(context.Context, *SDKIn, ...func(*Options)) (*SDKOut, error)) {
	t.Helper()
	operation := strings.TrimSuffix(reflect.TypeFor[In]().Name(), "Input")
	t.Run(operation, func(t *testing.T) {
		told := new(SDKOut)
		wire.On(b.srv, service, func(context.Context, *SDKIn) (*SDKOut, error) { return told, nil })
		for name, f := range map[string]*filler{"everything": {}, "nothing": {zero: true}} {
			b.sent = nil
			in, like := new(In), new(SDKIn)
			f.fill(reflect.ValueOf(in).Elem(), 0)
			copied(t, in, like)
			f.fill(reflect.ValueOf(told).Elem(), 0)
			got, err := ours(t.Context(), in)
			if err != nil {
				t.Fatal(name, err)
			}
			want, err := theirs(t.Context(), like)
			if err != nil {
				t.Fatal(name, err)
			}
			if len(b.sent) != 2 {
				t.Fatalf("%s: sent %d requests", name, len(b.sent))
			}
			if d := cmp.Diff(b.sent[1], b.sent[0]); d != "" {
				t.Errorf("%s: asked (-by the SDK +by ours)\n%s", name, d)
			}
			read := new(Out)
			copied(t, want, read)
			if d := cmp.Diff(read, got, cmp.Exporter(func(reflect.Type) bool { return true })); d != "" {
				t.Errorf("%s: read (-by the SDK +by ours)\n%s", name, d)
			}
		}
	})
}

// copied are the fields of one struct to those of the same names of another.
func copied(t *testing.T, from, to any) {
	t.Helper()
	f, into := reflect.ValueOf(from).Elem(), reflect.ValueOf(to).Elem()
	for i := range f.NumField() {
		if name := f.Type().Field(i).Name; f.Type().Field(i).IsExported() && name != "ResultMetadata" && name != "Unknown" {
			if !into.FieldByName(name).IsValid() {
				t.Fatalf("%s has no %s", into.Type(), name)
			}
			into.FieldByName(name).Set(f.Field(i))
		}
	}
}

func TestECSIsAskedAndReadAsTheSDKDoes(t *testing.T) {
	b := newBed(t)
	ours, theirs := ecs.NewFromConfig(b.cfg), ecssdk.NewFromConfig(b.cfg)
	same(t, b, "ecs", ours.DescribeServices, theirs.DescribeServices)
	same(t, b, "ecs", ours.UpdateService, theirs.UpdateService)
	same(t, b, "ecs", ours.TagResource, theirs.TagResource)
	same(t, b, "ecs", ours.UntagResource, theirs.UntagResource)
	same(t, b, "ecs", ours.ListTasks, theirs.ListTasks)
	same(t, b, "ecs", ours.DescribeTasks, theirs.DescribeTasks)
	same(t, b, "ecs", ours.DescribeTaskDefinition, theirs.DescribeTaskDefinition)
	same(t, b, "ecs", ours.RegisterTaskDefinition, theirs.RegisterTaskDefinition)
	same(t, b, "ecs", ours.ListTaskDefinitions, theirs.ListTaskDefinitions)
	same(t, b, "ecs", ours.DeregisterTaskDefinition, theirs.DeregisterTaskDefinition)
}

func TestCodeDeployIsAskedAndReadAsTheSDKDoes(t *testing.T) {
	b := newBed(t)
	ours, theirs := codedeploy.NewFromConfig(b.cfg), cdsdk.NewFromConfig(b.cfg)
	same(t, b, "codedeploy", ours.GetDeploymentGroup, theirs.GetDeploymentGroup)
	same(t, b, "codedeploy", ours.ListDeployments, theirs.ListDeployments)
	same(t, b, "codedeploy", ours.GetDeployment, theirs.GetDeployment)
	same(t, b, "codedeploy", ours.BatchGetDeployments, theirs.BatchGetDeployments)
	same(t, b, "codedeploy", ours.GetDeploymentTarget, theirs.GetDeploymentTarget)
	same(t, b, "codedeploy", ours.GetApplicationRevision, theirs.GetApplicationRevision)
	same(t, b, "codedeploy", ours.CreateDeployment, theirs.CreateDeployment)
	same(t, b, "codedeploy", ours.StopDeployment, theirs.StopDeployment)
	same(t, b, "codedeploy", ours.ContinueDeployment, theirs.ContinueDeployment)
	same(t, b, "codedeploy", ours.PutLifecycleEventHookExecutionStatus, theirs.PutLifecycleEventHookExecutionStatus)
}

// A base's member that cannot be registered would be lost without a word.
func TestEveryMemberThatTheSDKRegistersIsRegistered(t *testing.T) {
	ours, theirs := reflect.TypeFor[ecs.RegisterTaskDefinitionInput](), reflect.TypeFor[ecssdk.RegisterTaskDefinitionInput]()
	for i := range theirs.NumField() {
		f := theirs.Field(i)
		if is, ok := ours.FieldByName(f.Name); f.IsExported() && (!ok || is.Type != f.Type) {
			t.Errorf("%s, a %s, is not in ours", f.Name, f.Type)
		}
	}
}

func TestCodesAreThoseOfTheSDKsErrors(t *testing.T) {
	for code, is := range map[string]smithy.APIError{
		ecs.ClusterNotFound: &ecstypes.ClusterNotFoundException{}, ecs.ClientError: &ecstypes.ClientException{},
		codedeploy.ApplicationDoesNotExist:        &cdtypes.ApplicationDoesNotExistException{},
		codedeploy.DeploymentAlreadyCompleted:     &cdtypes.DeploymentAlreadyCompletedException{},
		codedeploy.DeploymentDoesNotExist:         &cdtypes.DeploymentDoesNotExistException{},
		codedeploy.DeploymentGroupDoesNotExist:    &cdtypes.DeploymentGroupDoesNotExistException{},
		codedeploy.DeploymentIsNotInReadyState:    &cdtypes.DeploymentIsNotInReadyStateException{},
		codedeploy.DeploymentLimitExceeded:        &cdtypes.DeploymentLimitExceededException{},
		codedeploy.DeploymentNotStarted:           &cdtypes.DeploymentNotStartedException{},
		codedeploy.InvalidDeploymentID:            &cdtypes.InvalidDeploymentIdException{},
		codedeploy.InvalidDeploymentStatus:        &cdtypes.InvalidDeploymentStatusException{},
		codedeploy.InvalidHookExecutionID:         &cdtypes.InvalidLifecycleEventHookExecutionIdException{},
		codedeploy.LifecycleEventAlreadyCompleted: &cdtypes.LifecycleEventAlreadyCompletedException{},
		codedeploy.RevisionDoesNotExist:           &cdtypes.RevisionDoesNotExistException{},
		codedeploy.UnsupportedAction:              &cdtypes.UnsupportedActionForDeploymentTypeException{},
	} {
		if code != is.ErrorCode() {
			t.Errorf("%s is told as %s", is.ErrorCode(), code)
		}
	}
}

func TestWhatMakesSomethingWithoutATokenIsAskedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		ask   func(context.Context, aws.Config) error
		times int
	}{
		"a revision": {func(ctx context.Context, cfg aws.Config) error {
			_, err := ecs.NewFromConfig(cfg).RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{})
			return err
		}, 1},
		"a deployment": {func(ctx context.Context, cfg aws.Config) error {
			_, err := codedeploy.NewFromConfig(cfg).CreateDeployment(ctx, &codedeploy.CreateDeploymentInput{})
			return err
		}, 1},
		"a read": {func(ctx context.Context, cfg aws.Config) error {
			_, err := codedeploy.NewFromConfig(cfg).GetDeployment(ctx, &codedeploy.GetDeploymentInput{})
			return err
		}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				times := 0
				err := c.ask(t.Context(), aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
					HTTPClient: doer(func(r *http.Request) (*http.Response, error) {
						times++
						return &http.Response{StatusCode: 503, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"__type":"ServerException"}`)), Request: r}, nil
					})})
				if times != c.times || !call.Refused(err, "ServerException") {
					t.Errorf("asked %d times: %v", times, err)
				}
			})
		})
	}
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

func TestWhoseFaultARefusalIsItsStatusTells(t *testing.T) {
	for status, fault := range map[int]smithy.ErrorFault{400: smithy.FaultClient, 403: smithy.FaultClient, 500: smithy.FaultServer} {
		_, err := codedeploy.NewFromConfig(aws.Config{Region: "us-east-1", RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
			HTTPClient: doer(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"__type":"A"}`)), Request: r}, nil
			})}).GetDeployment(t.Context(), &codedeploy.GetDeploymentInput{})
		var api smithy.APIError
		if !call.Refused(err, "A") || !errors.As(err, &api) || api.ErrorFault() != fault {
			t.Errorf("%d: %v", status, err)
		}
	}
}
