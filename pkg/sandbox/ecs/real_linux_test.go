package ecs_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/ecs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/image"
	"github.com/cutover-ecs/cutover/pkg/sandbox/network"
	"github.com/cutover-ecs/cutover/pkg/sandbox/task"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// oneImage is every image.
type oneImage struct{ img v1.Image }

func (i oneImage) Image(context.Context, string, string) (v1.Image, error) { return i.img, nil }

const program = `package main

import ("fmt"; "net"; "net/http"; "os")

func main() {
	l, err := net.Listen("tcp", ":80")
	fmt.Println("listening", err)
	http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getenv("COLOUR")) }))
}
`

func websiteImage(t *testing.T) v1.Image {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no Go toolchain to build the program inside the container with")
	}
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "site")
	if err := os.WriteFile(source, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	body, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	img, err := image.FromFiles(runtime.GOARCH, map[string]image.File{"/site": {Body: body, Mode: 0o755}},
		v1.Config{Entrypoint: []string{"/site"}})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestAnSDKClientRunsARealServiceOfRealProcesses(t *testing.T) {
	runner, err := task.New(task.Options{Mode: "auto", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer runner.Close()
	if runner.Mode() != "namespaces" {
		t.Skip("two tasks cannot both listen on port 80 in mode " + runner.Mode())
	}
	net := &network.Network{}
	listening := make(chan string, 2)
	s := ecs.New(ecs.Options{
		Clock: clock.New(60), Account: "111122223333", Region: "us-east-1",
		Images: oneImage{websiteImage(t)}, Runner: ecs.Tasks(runner), Network: net,
		Logs: func(_, _, line string) { listening <- line },
	})
	defer s.Close()
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	s.Register(srv)
	endpoint := httptest.NewServer(srv)
	defer endpoint.Close()
	client := clientOf(endpoint.URL)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()

	in := webDefinition()
	in.ContainerDefinitions[0].Environment = []types.KeyValuePair{{Name: aws.String("COLOUR"), Value: aws.String("teal")}}
	in.ContainerDefinitions[0].LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
		"awslogs-group": "/web", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app",
	}}
	svc := webService(2)
	svc.LoadBalancers = nil
	must(t)(client.CreateCluster(ctx, &sdk.CreateClusterInput{ClusterName: aws.String("web")}))
	must(t)(client.RegisterTaskDefinition(ctx, in))
	must(t)(client.CreateService(ctx, svc))
	steady(ctx, t, s, client)
	listed, err := client.ListTasks(ctx, &sdk.ListTasksInput{Cluster: aws.String("web")})
	if err != nil {
		t.Fatal(err)
	}
	described, err := client.DescribeTasks(ctx, &sdk.DescribeTasksInput{Cluster: aws.String("web"), Tasks: listed.TaskArns})
	if err != nil || len(described.Tasks) != 2 {
		t.Fatalf("%v, %+v", err, described)
	}
	web := &http.Client{Transport: &http.Transport{DialContext: net.Dial, DisableKeepAlives: true}}
	for range described.Tasks {
		if line := <-listening; line != "listening <nil>" {
			t.Error(line)
		}
	}
	for _, task := range described.Tasks {
		resp, err := web.Get("http://" + *task.Containers[0].NetworkInterfaces[0].PrivateIpv4Address + ":80/")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, 100))
		if err != nil || string(body) != "teal" {
			t.Errorf("GET: %q, %v", body, err)
		}
		_ = resp.Body.Close()
	}
	_, err = client.UpdateService(ctx, &sdk.UpdateServiceInput{Cluster: aws.String("web"), Service: aws.String("web"), ForceNewDeployment: true})
	if err == nil || !strings.Contains(err.Error(), "InvalidParameterException: Cannot force a new deployment"+tail) {
		t.Error(err)
	}
}

func clientOf(endpoint string) *sdk.Client {
	return sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	})
}

// steady returns when the service's first task set is.
func steady(ctx context.Context, t *testing.T, s *ecs.Service, client *sdk.Client) {
	t.Helper()
	for {
		changed := s.Changed()
		out, err := client.DescribeServices(ctx, &sdk.DescribeServicesInput{Cluster: aws.String("web"), Services: []string{"web"}})
		if err != nil {
			t.Fatal(err)
		}
		if out.Services[0].TaskSets[0].StabilityStatus == types.StabilityStatusSteadyState {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("not steady: %+v", out.Services[0].Events)
		}
	}
}

func must(t *testing.T) func(_ any, err error) {
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}
