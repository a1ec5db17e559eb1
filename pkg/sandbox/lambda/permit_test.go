package lambda_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/lambda"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// without is a bed whose roles may not do one action.
func without(t *testing.T, denied *atomic.Pointer[string], change ...func(*lambda.Options)) *bed {
	t.Helper()
	return newBedWith(t, 1, append(change, func(o *lambda.Options) {
		o.Allow = func(_ context.Context, role, session, action, resource string) error {
			if !strings.HasPrefix(role, "arn:aws:iam::111122223333:role/") || session != "f" || resource == "" {
				t.Errorf("asked %q %q %q %q", role, session, action, resource)
			}
			if d := denied.Load(); d != nil && *d == action {
				return errors.New("denied")
			}
			return nil
		}
	})...)
}

func inVPC() *sdk.CreateFunctionInput {
	return &sdk.CreateFunctionInput{
		FunctionName: aws.String("f"), Handler: aws.String("bootstrap"), Runtime: types.RuntimeProvidedal2023,
		Role:      aws.String("arn:aws:iam::111122223333:role/worker"),
		Code:      &types.FunctionCode{S3Bucket: aws.String("assets"), S3Key: aws.String("a.zip")},
		VpcConfig: &types.VpcConfig{SubnetIds: []string{"subnet-1"}, SecurityGroupIds: []string{"sg-1"}},
	}
}

func TestAVPCAsksTheRoleForItsNetworkInterfaces(t *testing.T) {
	for _, action := range []string{
		"CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets", "DeleteNetworkInterface",
		"AssignPrivateIpAddresses", "UnassignPrivateIpAddresses",
	} {
		var denied atomic.Pointer[string]
		denied.Store(new("ec2:" + action))
		b := without(t, &denied)
		_, err := wire.Call[sdk.CreateFunctionOutput](t.Context(), b.srv, inVPC())
		want := "The provided execution role does not have permissions to call " + action + " on EC2"
		var invalid *types.InvalidParameterValueException
		if !errors.As(err, &invalid) || invalid.ErrorMessage() != want {
			t.Errorf("without %s: %v", action, err)
		}
		denied.Store(nil)
		if _, err := wire.Call[sdk.CreateFunctionOutput](t.Context(), b.srv, inVPC()); err != nil {
			t.Error(err)
		}
		denied.Store(new("ec2:" + action))
		other := &sdk.UpdateFunctionConfigurationInput{FunctionName: aws.String("f"), Role: aws.String("arn:aws:iam::111122223333:role/other")}
		if _, err := wire.Call[sdk.UpdateFunctionConfigurationOutput](t.Context(), b.srv, other); !errors.As(err, &invalid) {
			t.Errorf("another role without %s: %v", action, err)
		}
	}
}

func TestAFunctionWhoseRoleMayNotLogRunsAndLeavesNoLog(t *testing.T) {
	for _, action := range []string{"logs:CreateLogStream", "logs:PutLogEvents", ""} {
		var denied atomic.Pointer[string]
		denied.Store(&action)
		var written atomic.Int32
		b := without(t, &denied, func(o *lambda.Options) { o.Write = func(string, string, string) { written.Add(1) } })
		if _, err := wire.Call[sdk.CreateFunctionOutput](t.Context(), b.srv, inVPC()); err != nil {
			t.Fatal(err)
		}
		out, err := wire.Call[sdk.InvokeOutput](t.Context(), b.srv, &sdk.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{"Do":"log","Text":"hello"}`)})
		if err != nil || out.FunctionError != nil {
			t.Fatalf("%v %+v", err, out)
		}
		if n := written.Load(); (n == 0) != (action != "") {
			t.Errorf("without %q: %d lines", action, n)
		}
	}
}
