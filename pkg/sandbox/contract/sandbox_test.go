package contract_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/aws/aws-lambda-go/lambda"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/image"
)

// The test binary is the function of the rehearsal too.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		lambda.Start(func(context.Context) (string, error) { return "ok", nil })
	}
	os.Exit(m.Run())
}

// website is the image that the rehearsal's tasks run.
const website = "public.ecr.aws/rehearsal/website:1"

// build makes the image of testdata/site.
func build(t *testing.T) map[string]v1.Image {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no Go toolchain to build the program inside the container with")
	}
	path := filepath.Join(t.TempDir(), "site")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, "./testdata/site")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := image.FromFiles(runtime.GOARCH, map[string]image.File{"/site": {Body: binary, Mode: 0o755}},
		v1.Config{Entrypoint: []string{"/site"}, ExposedPorts: map[string]struct{}{"8080/tcp": {}}})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]v1.Image{website: img}
}

// start runs a composed sandbox. Its one stack has a log group, and its one asset is the function's code.
func start(t *testing.T, images map[string]v1.Image) *sandbox.Sandbox {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.Start(t.Context(), sandbox.Options{
		Certificates: map[string][]string{certificate1: {"one.example"}, certificate2: {"two.example"}},
		Clock:        1000, Isolation: "process", Images: images,
		Bootstrap: func(string, string) (string, error) { return self, nil },
		Assembly: fstest.MapFS{
			"manifest.json": {Data: []byte(`{"artifacts":{
				"rehearsal":{"type":"aws:cloudformation:stack","properties":{"templateFile":"rehearsal.json"}},
				"assets":{"type":"cdk:asset-manifest","properties":{"file":"assets.json"}}}}`)},
			"assets.json": {Data: []byte(`{"files":{"code":{"displayName":"code","source":{"path":"code","packaging":"zip"},
				"destinations":{"here":{"objectKey":"code.zip"}}}}}`)},
			"rehearsal.json": {Data: []byte(`{"Resources":{"Logs":{"Type":"AWS::Logs::LogGroup","Properties":{"LogGroupName":"stack"}}}}`)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// registered are the operations of a composed sandbox by service.
func registered(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, op := range start(t, nil).Operations() {
		all[op.Service] = append(all[op.Service], op.Action)
	}
	for _, actions := range all {
		slices.Sort(actions)
	}
	return all
}
