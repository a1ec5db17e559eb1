package lambda_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	goruntime "runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/lambda"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// hold is a sandbox in a process of its own, with a function that calls url and waits for the answer.
func hold(url string) {
	bootstrap, err := os.Executable()
	if err != nil {
		panic(err)
	}
	srv := wire.New(wire.Options{})
	s := lambda.New(lambda.Options{Account: "111122223333", Code: func(string, string) (string, error) { return bootstrap, nil }})
	s.Register(srv)
	ctx := context.Background()
	if _, err := wire.Call[sdk.CreateFunctionOutput](ctx, srv, &sdk.CreateFunctionInput{
		FunctionName: aws.String("f"), Handler: aws.String("bootstrap"), Runtime: types.RuntimeProvidedal2023, Timeout: aws.Int32(60),
		Role: aws.String("arn:aws:iam::111122223333:role/worker"),
		Code: &types.FunctionCode{S3Bucket: aws.String("assets"), S3Key: aws.String("a.zip")},
	}); err != nil {
		panic(err)
	}
	if _, err := wire.Call[sdk.InvokeOutput](ctx, srv, &sdk.InvokeInput{
		FunctionName: aws.String("f"), Payload: []byte(`{"Do":"call","URL":"` + url + `"}`),
	}); err != nil {
		panic(err)
	}
}

func TestAFunctionDoesNotOutliveAKilledSandbox(t *testing.T) {
	if goruntime.GOOS != "linux" {
		t.Skip("only Linux ends a process with its parent")
	}
	entered, gone := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done() // the function's end closes its connection
		close(gone)
	}))
	defer server.Close()
	bootstrap, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), bootstrap)
	cmd.Env = append(os.Environ(), "SANDBOX_OF_ITS_OWN="+server.URL)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-entered
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the sandbox ended by itself")
	}
	<-gone
}
