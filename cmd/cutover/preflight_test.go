package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/cutover-ecs/cutover/pkg/live/account"
)

// fakeAccount answers the calls of a pre-flight on the wire, with the given Lambda concurrency.
func fakeAccount(t *testing.T, concurrency int) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
		if err != nil {
			t.Error(err)
		}
		target := r.Header.Get("X-Amz-Target")
		switch {
		case strings.Contains(string(body), "Action=GetCallerIdentity"):
			fmt.Fprint(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
				`<Arn>arn:aws:iam::111122223333:user/ada</Arn><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		case strings.Contains(string(body), "Action=GetRole"):
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>not there</Message></Error></ErrorResponse>`)
		case strings.HasSuffix(target, ".GetParameter"):
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			fmt.Fprint(w, `{"Parameter":{"Value":"29"}}`)
		case strings.HasSuffix(target, ".GetServiceQuota"):
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			fmt.Fprint(w, `{"Quota":{"Value":140.0}}`)
		case strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/"), "/account-settings"):
			fmt.Fprintf(w, `{"AccountLimit":{"ConcurrentExecutions":%d,"UnreservedConcurrentExecutions":%[1]d}}`, concurrency)
		case strings.HasSuffix(r.URL.Path, "/concurrency"):
			w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"Message":"not there"}`)
		default:
			t.Errorf("an unexpected call: %s %s %s", r.Method, r.URL, body)
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "us-east-1", "AWS_PROFILE": "", "AWS_SESSION_TOKEN": "",
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "NO_PROXY": "127.0.0.1",
	} {
		t.Setenv(name, value)
	}
}

// preflight runs the command on a configuration.
func preflight(t *testing.T, c preflightCommand, document string) (string, error) {
	t.Helper()
	c.Config = filepath.Join(t.TempDir(), "cdk.json")
	if err := os.WriteFile(c.Config, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := c.Run(&stage{ctx: t.Context(), out: &out, errout: io.Discard})
	return out.String(), err
}

const sample = `{"context": {"cutover": {"services": [{"name": "sample-website"}]}}}`

func TestPreflightTellsEveryCheckAndEndsWellWhenNothingBlocks(t *testing.T) {
	fakeAccount(t, 1000)
	out, err := preflight(t, preflightCommand{}, sample)
	if err != nil {
		t.Error(err)
	}
	for _, line := range []string{
		"ready    credentials: they are arn:aws:iam::111122223333:user/ada\n",
		"ready    region: it is us-east-1\n",
		"ready    CDK bootstrap: its version is 29\n",
		"ready    Lambda concurrency: of 1000, 1000 are not reserved, and 1 will be\n",
		"warning  ECS service-linked role: ",
		"         aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com\n",
		"ready    Fargate vCPUs: the quota is 140 and the services' blue and green tasks need 0.5\n",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("missing %q in:\n%s", line, out)
		}
	}
}

func TestPreflightPassesOnAFreshSandboxAndMissesABootstrapThatWasDeleted(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	if out := r.shown(0, "preflight"); !strings.Contains(out, "ready    CDK bootstrap: its version is ") || strings.Contains(out, "blocked") {
		t.Error(out)
	}
	const parameter = "/cdk-bootstrap/hnb659fds/version"
	if _, err := ssm.NewFromConfig(r.aws).DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: aws.String(parameter)}); err != nil {
		t.Fatal(err)
	}
	tells(t, r.shown(1, "preflight"), "parameter "+parameter+" is missing")
}

func TestPreflightFailsWhenSomethingBlocksAndSaysHowManyThings(t *testing.T) {
	fakeAccount(t, 10)
	out, err := preflight(t, preflightCommand{JSON: true}, sample)
	if err == nil || err.Error() != "1 thing stands in the way of a deployment" {
		t.Error(err)
	}
	var r account.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Blocks() != 1 || r.Account != "111122223333" || r.Region != "us-east-1" {
		t.Errorf("%+v", r)
	}
}

func TestPreflightLooksAtTheRegionAndTheBootstrapOfTheConfiguration(t *testing.T) {
	fakeAccount(t, 1000)
	out, err := preflight(t, preflightCommand{}, `{"context": {"cutover": {"platform": {"region": "eu-west-1"}, "services": [{"name": "web"}]}}}`)
	if err != nil {
		t.Error(err)
	}
	if !strings.Contains(out, "warning  region: platform.region deploys to eu-west-1") {
		t.Error(out)
	}
	plan, err := preflightCommand{Config: filepath.Join(t.TempDir(), "none.json")}.plan()
	if err == nil || !strings.Contains(err.Error(), "--config") {
		t.Errorf("%+v, %v", plan, err)
	}
}

func TestPreflightOfABadConfigurationTellsWhatIsWrongWithIt(t *testing.T) {
	if _, err := preflight(t, preflightCommand{}, `{"context": {"cutover": {"services": [{"nam": "web"}]}}}`); err == nil || !strings.Contains(err.Error(), "nam") {
		t.Error(err)
	}
}

func TestTheMakefileRunsTheCDKThatFixesName(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(makefile), cdkCLI+"\n") {
		t.Errorf("the Makefile does not run %s", cdkCLI)
	}
}
