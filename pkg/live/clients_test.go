package live

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

func environment(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func TestWhatLambdaDoesNotSetIsReportedAllAtOnce(t *testing.T) {
	_, err := FromEnvironment(environment(nil))
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
}

func TestCallsGoToTheGivenEndpointSignedWithTheGivenCredentials(t *testing.T) {
	var calls atomic.Int32
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		auth := r.Header.Get("Authorization")
		if !strings.Contains(auth, "Credential=AKIDEXAMPLE/") || !strings.Contains(auth, "/us-east-1/ecs/") {
			t.Errorf("signed with %s", auth)
		}
		if token := r.Header.Get("X-Amz-Security-Token"); token != "token" {
			t.Errorf("the session token is %q", token)
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(http.StatusFound)
	}))
	defer fake.Close()
	cfg, err := FromEnvironment(environment(map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_SESSION_TOKEN": "token", "AWS_ENDPOINT_URL": fake.URL,
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.HTTPClient.(*http.Client).CloseIdleConnections()
	_, err = ecs.NewFromConfig(cfg).DescribeServices(context.Background(), &ecs.DescribeServicesInput{Services: []string{"web"}},
		func(o *ecs.Options) { o.Retryer = aws.NopRetryer{} })
	if err == nil || calls.Load() != 1 {
		t.Errorf("a redirect was followed: %d calls, %v", calls.Load(), err)
	}
}
