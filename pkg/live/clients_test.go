package live

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
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
		if agent := r.UserAgent(); !strings.Contains(agent+" ", " app/cutover ") {
			t.Errorf("the user agent is %q", agent)
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
	cfg.RetryMaxAttempts = 1
	_, err = ecs.NewFromConfig(cfg).DescribeServices(context.Background(), &ecs.DescribeServicesInput{Services: []string{"web"}})
	if err == nil || calls.Load() != 1 {
		t.Errorf("a redirect was followed: %d calls, %v", calls.Load(), err)
	}
}

// counted is a connection whose writes are counted.
type counted struct {
	net.Conn
	writes *atomic.Int32
}

func (c counted) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

func TestARequestLeavesInOnePiece(t *testing.T) {
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); string(body) != `{"services":["web"]}` {
			t.Errorf("the body is %q", body)
		}
		_, _ = io.WriteString(w, "{}")
	}))
	defer fake.Close()
	cfg, err := FromEnvironment(environment(map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": fake.URL,
	}))
	if err != nil {
		t.Fatal(err)
	}
	client := cfg.HTTPClient.(*http.Client)
	defer client.CloseIdleConnections()
	var writes atomic.Int32
	transport := client.Transport.(inOnePiece)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return counted{c, &writes}, err
	}
	if _, err := ecs.NewFromConfig(cfg).DescribeServices(t.Context(), &ecs.DescribeServicesInput{Services: []string{"web"}}); err != nil {
		t.Fatal(err)
	}
	if n := writes.Load(); n != 1 {
		t.Errorf("one call is %d writes", n)
	}
}

// Sent as the SDK sends it, a request loses such an answer now and then.
func TestALargeAnswerThatComesAtOnceIsNotLost(t *testing.T) {
	text := `{"taskDefinitionArns":["` + strings.Repeat("a", 32<<10) + `"]}`
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, text) }))
	defer fake.Close()
	cfg, err := FromEnvironment(environment(map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": fake.URL,
	}))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	defer cfg.HTTPClient.(*http.Client).CloseIdleConnections()
	for range 2000 {
		if _, err := ecs.NewFromConfig(cfg).ListTaskDefinitions(t.Context(), &ecs.ListTaskDefinitionsInput{}); err != nil {
			t.Fatal(err)
		}
	}
}
