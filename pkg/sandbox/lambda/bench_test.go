package lambda_test

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/lambda"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// BenchmarkInvoke compares a cold start, forced by a change of the configuration, with a warm call.
func BenchmarkInvoke(b *testing.B) {
	bootstrap, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	s := lambda.New(lambda.Options{Account: "111122223333", Region: "us-east-1", Code: func(string, string) (string, error) { return bootstrap, nil }})
	s.Register(srv)
	b.Cleanup(s.Close)
	must(b, call[sdk.CreateFunctionOutput](b, srv, &sdk.CreateFunctionInput{
		FunctionName: aws.String("f"), Handler: aws.String("bootstrap"), Runtime: types.RuntimeProvidedal2023,
		Role: aws.String("arn:aws:iam::111122223333:role/worker"), Timeout: aws.Int32(60),
		Code: &types.FunctionCode{S3Bucket: aws.String("assets"), S3Key: aws.String("a.zip")},
	}))
	invoke := &sdk.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{"Do":"echo"}`)}
	b.Run("warm", func(b *testing.B) {
		for b.Loop() {
			must(b, call[sdk.InvokeOutput](b, srv, invoke))
		}
	})
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			must(b, call[sdk.UpdateFunctionConfigurationOutput](b, srv, &sdk.UpdateFunctionConfigurationInput{FunctionName: aws.String("f")}))
			must(b, call[sdk.InvokeOutput](b, srv, invoke))
		}
	})
}

func call[Out any](b *testing.B, srv *wire.Server, in any) error {
	_, err := wire.Call[Out](b.Context(), srv, in)
	return err
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
