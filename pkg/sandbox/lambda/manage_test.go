package lambda_test

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// client is the SDK's own, over HTTP.
func (b *bed) client(t *testing.T) *sdk.Client {
	t.Helper()
	server := httptest.NewServer(b.srv)
	t.Cleanup(server.Close)
	return sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(credentials),
	})
}

func TestTheSDKManagesAndInvokesAFunction(t *testing.T) {
	b := newBed(t)
	c, ctx := b.client(t), t.Context()
	created, err := c.CreateFunction(ctx, &sdk.CreateFunctionInput{
		FunctionName: aws.String("f"), Handler: aws.String("bootstrap"), Runtime: types.RuntimeProvidedal2023,
		Role: aws.String("arn:aws:iam::111122223333:role/worker"), Timeout: aws.Int32(20), Tags: map[string]string{"k": "v"},
		Code:        &types.FunctionCode{S3Bucket: aws.String("assets"), S3Key: aws.String("a.zip")},
		Environment: &types.Environment{Variables: map[string]string{"OWN": "1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if created.State != types.StateActive || *created.Timeout != 20 || created.CodeSize == 0 || *created.FunctionArn != "arn:aws:lambda:us-east-1:111122223333:function:f" {
		t.Errorf("created %+v", created)
	}
	out, err := c.Invoke(ctx, &sdk.InvokeInput{FunctionName: created.FunctionArn, Payload: []byte(`{"Do":"error","Text":"no"}`), LogType: types.LogTypeTail})
	if err != nil {
		t.Fatal(err)
	}
	if out.StatusCode != 200 || aws.ToString(out.FunctionError) != "Unhandled" || *out.ExecutedVersion != "$LATEST" ||
		out.LogResult == nil || !strings.Contains(string(out.Payload), `"errorMessage":"no"`) {
		t.Errorf("invoked %+v, %s", out, out.Payload)
	}
	dry, err := c.Invoke(ctx, &sdk.InvokeInput{FunctionName: aws.String("f"), InvocationType: types.InvocationTypeDryRun})
	if err != nil || dry.StatusCode != 204 {
		t.Errorf("dry run %+v, %v", dry, err)
	}
	got, err := c.GetFunction(ctx, &sdk.GetFunctionInput{FunctionName: aws.String("f")})
	if err != nil || got.Tags["k"] != "v" || got.Configuration.Environment.Variables["OWN"] != "1" {
		t.Errorf("got %+v, %v", got, err)
	}
	list, err := c.ListFunctions(ctx, nil)
	if err != nil || len(list.Functions) != 1 {
		t.Errorf("listed %+v, %v", list, err)
	}
	if _, err := c.DeleteFunction(ctx, &sdk.DeleteFunctionInput{FunctionName: aws.String("f")}); err != nil {
		t.Error(err)
	}
	var gone *types.ResourceNotFoundException
	if _, err := c.GetFunctionConfiguration(ctx, &sdk.GetFunctionConfigurationInput{FunctionName: aws.String("f")}); !errors.As(err, &gone) {
		t.Errorf("after deletion: %v", err)
	}
}

func TestTheSDKSetsConcurrencyRetriesAndPermissions(t *testing.T) {
	b := newBed(t)
	b.create(t, "f", nil)
	c, ctx, f := b.client(t), t.Context(), aws.String("f")
	if _, err := c.PutFunctionConcurrency(ctx, &sdk.PutFunctionConcurrencyInput{FunctionName: f, ReservedConcurrentExecutions: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetFunctionConcurrency(ctx, &sdk.GetFunctionConcurrencyInput{FunctionName: f})
	if err != nil || aws.ToInt32(got.ReservedConcurrentExecutions) != 1 {
		t.Errorf("concurrency %+v, %v", got, err)
	}
	settings, err := c.GetAccountSettings(ctx, nil)
	if err != nil || *settings.AccountLimit.UnreservedConcurrentExecutions != 999 || settings.AccountUsage.FunctionCount != 1 {
		t.Errorf("settings %+v, %v", settings, err)
	}
	var bad *types.InvalidParameterValueException
	if _, err := c.PutFunctionConcurrency(ctx, &sdk.PutFunctionConcurrencyInput{FunctionName: f, ReservedConcurrentExecutions: aws.Int32(901)}); !errors.As(err, &bad) {
		t.Errorf("901 of 1000: %v", err)
	}
	if _, err := c.PutFunctionEventInvokeConfig(ctx, &sdk.PutFunctionEventInvokeConfigInput{FunctionName: f, MaximumRetryAttempts: aws.Int32(1)}); err != nil {
		t.Error(err)
	}
	async, err := c.GetFunctionEventInvokeConfig(ctx, &sdk.GetFunctionEventInvokeConfigInput{FunctionName: f})
	if err != nil || *async.MaximumRetryAttempts != 1 || async.LastModified.IsZero() {
		t.Errorf("asynchronous configuration %+v, %v", async, err)
	}
	permission := &sdk.AddPermissionInput{
		FunctionName: f, StatementId: aws.String("rule"), Action: aws.String("lambda:InvokeFunction"),
		Principal: aws.String("events.amazonaws.com"), SourceArn: aws.String("arn:aws:events:us-east-1:111122223333:rule/r"),
	}
	if _, err := c.AddPermission(ctx, permission); err != nil {
		t.Fatal(err)
	}
	var twice *types.ResourceConflictException
	if _, err := c.AddPermission(ctx, permission); !errors.As(err, &twice) {
		t.Errorf("the same statement twice: %v", err)
	}
	policy, err := c.GetPolicy(ctx, &sdk.GetPolicyInput{FunctionName: f})
	want := `{"Sid":"rule","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:111122223333:function:f","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:events:us-east-1:111122223333:rule/r"}}}`
	if err != nil || !strings.Contains(*policy.Policy, want) {
		t.Errorf("policy %+v, %v", policy, err)
	}
	if _, err := c.RemovePermission(ctx, &sdk.RemovePermissionInput{FunctionName: f, StatementId: aws.String("rule")}); err != nil {
		t.Error(err)
	}
}

func TestAChangedConfigurationGetsAFreshEnvironment(t *testing.T) {
	b := newBed(t)
	b.create(t, "f", nil)
	before := decode[echo](t, b.invoke(t, "f", request{Do: "echo"}).Payload)
	if _, err := b.client(t).UpdateFunctionConfiguration(t.Context(), &sdk.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("f"), Environment: &types.Environment{Variables: map[string]string{"OWN": "2"}},
	}); err != nil {
		t.Fatal(err)
	}
	if env := decode[map[string]string](t, b.invoke(t, "f", request{Do: "environment"}).Payload); env["OWN"] != "2" {
		t.Errorf("OWN = %q", env["OWN"])
	}
	if after := decode[echo](t, b.invoke(t, "f", request{Do: "echo"}).Payload); after.PID == before.PID {
		t.Error("the old process still serves")
	}
}

func TestACreationThatCannotWorkIsRefusedInOneSentence(t *testing.T) {
	other, name := elf.EM_AARCH64, "arm64"
	if goruntime.GOARCH == "arm64" {
		other, name = elf.EM_X86_64, "amd64"
	}
	foreign := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(foreign, header(other), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		change func(*sdk.CreateFunctionInput)
		want   string
	}{
		"another architecture": {func(in *sdk.CreateFunctionInput) {
			in.Code = &types.FunctionCode{S3Bucket: aws.String("dir"), S3Key: &foreign}
		},
			"is built for " + name + " and this machine is " + goruntime.GOARCH + ": build the function for this machine"},
		"no file": {func(in *sdk.CreateFunctionInput) {
			in.Code = &types.FunctionCode{S3Bucket: aws.String("dir"), S3Key: aws.String("/nowhere")}
		}, "/nowhere: no such file"},
		"reserved variable": {func(in *sdk.CreateFunctionInput) {
			in.Environment = &types.Environment{Variables: map[string]string{"AWS_REGION": "x"}}
		}, "Reserved keys used in this request: AWS_REGION"},
		"too much": {func(in *sdk.CreateFunctionInput) {
			in.Environment = &types.Environment{Variables: map[string]string{"A": strings.Repeat("x", 4096)}}
		}, "exceeded the 4KB limit"},
		"no role":           {func(in *sdk.CreateFunctionInput) { in.Role = aws.String("worker") }, "Value 'worker' at 'role'"},
		"time-out":          {func(in *sdk.CreateFunctionInput) { in.Timeout = aws.Int32(901) }, "Member must have value between 1 and 900"},
		"another runtime":   {func(in *sdk.CreateFunctionInput) { in.Runtime = types.RuntimeNodejs }, "not nodejs"},
		"the name is taken": {func(in *sdk.CreateFunctionInput) { in.FunctionName = aws.String("taken") }, "Function already exist: taken"},
	}
	b := newBed(t)
	b.create(t, "taken", nil)
	for what, tt := range tests {
		t.Run(what, func(t *testing.T) {
			in := &sdk.CreateFunctionInput{
				FunctionName: aws.String("f"), Handler: aws.String("bootstrap"), Runtime: types.RuntimeProvidedal2023,
				Role: aws.String("arn:aws:iam::111122223333:role/worker"),
				Code: &types.FunctionCode{S3Bucket: aws.String("assets"), S3Key: aws.String("a.zip")},
			}
			tt.change(in)
			_, err := wire.Call[sdk.CreateFunctionOutput](t.Context(), b.srv, in)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("answered %v, want %q", err, tt.want)
			}
		})
	}
}

// header is an ELF file with nothing in it.
func header(machine elf.Machine) []byte {
	h := make([]byte, 64)
	copy(h, "\x7fELF\x02\x01\x01")
	for offset, v := range map[int]uint16{16: uint16(elf.ET_EXEC), 18: uint16(machine), 52: 64, 54: 56, 58: 64} {
		binary.LittleEndian.PutUint16(h[offset:], v)
	}
	binary.LittleEndian.PutUint32(h[20:], 1)
	return h
}
