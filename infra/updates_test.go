//go:build !race

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/image"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
)

const (
	certificateOne   = "arn:aws:acm:eu-central-2:111122223333:certificate/one"
	certificateTwo   = "arn:aws:acm:eu-central-2:111122223333:certificate/two"
	certificateThree = "arn:aws:acm:eu-central-2:111122223333:certificate/three"
)

// updated is the service that is changed; every change begins with it.
const updated = `{"services": [{"name": "sample-website", "image": {"tag": "v*"},
	"task": {"environment": {"LEVEL": "info"}},
	"loadBalancer": {"https": {"certificate": "` + certificateOne + `", "certificates": ["` + certificateTwo + `"]}},
	"deployment": {"terminationWait": "10m"},
	"verify": {"serverName": "shop.example", "settle": "0s"}}]}`

// stage is a sandbox with the service, and a user at its door.
type stage struct {
	*sandbox.Sandbox
	t       *testing.T
	readers live.Readers
	deploys *codedeploy.Client
	ecr     *ecr.Client
	names   config.Names
	url     string
	client  *http.Client
	mu      sync.Mutex
	logged  []string
	signal.Signal
}

// local reads a build for this machine, which make build leaves in bin/local.
func local(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "bin", "local", name))
	if err != nil {
		t.Skip("the programs are not built; make build does it")
	}
	return body
}

func executable(t *testing.T, name, within string, c v1.Config) v1.Image {
	t.Helper()
	img, err := image.FromFiles(runtime.GOARCH, map[string]image.File{within: {Body: local(t, name), Mode: 0o755}}, c)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// start runs the sandbox to the test's end, with the functions as make build leaves them, and keeps what they log.
func (s *stage) start(opts sandbox.Options) {
	s.t.Helper()
	opts.Clock = 600
	opts.Bootstrap = func(name, _ string) (string, error) {
		return filepath.Abs(filepath.Join("..", "bin", "local", filepath.Base(name), "bootstrap"))
	}
	opts.FunctionLog = func(function, line string) {
		s.mu.Lock()
		s.logged = append(s.logged, function+": "+line)
		s.mu.Unlock()
		s.Raise()
	}
	var err error
	if s.Sandbox, err = sandbox.Start(s.t.Context(), opts); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			s.t.Error(err)
		}
	})
}

// enter raises a document's stacks in a sandbox, which has what else is given.
func enter(t *testing.T, document string, more ...func(*sandbox.Options)) *stage {
	t.Helper()
	s := &stage{t: t}
	placeholder := executable(t, "placeholder", "/usr/bin/caddy", v1.Config{Env: []string{"PATH=/usr/bin"}})
	_, dir := assembled(t, document)
	opts := sandbox.Options{
		Assembly: os.DirFS(dir), Images: map[string]v1.Image{"public.ecr.aws/docker/library/caddy:2-alpine": placeholder},
		Certificates: map[string][]string{certificateOne: {"shop.example"}, certificateTwo: {"shop.example", "two.example"}, certificateThree: {"three.example"}},
	}
	c := parsed(t, document)
	keysFor(c.Platform.Key, c.Platform.RepositoryKey)(&opts)
	for _, add := range more {
		add(&opts)
	}
	s.start(opts)
	aws, err := live.FromEnvironment(s.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	s.names = c.Services[0].Names(c.Platform.Cluster)
	s.deploys, s.ecr = codedeploy.NewFromConfig(aws), ecr.NewFromConfig(aws)
	s.readers = live.Through(aws)
	for _, l := range s.Listeners() {
		if l.Port == c.Services[0].LoadBalancer.ProductionPort {
			s.url = l.URL
		}
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(s.Authority())
	s.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: trusted, ServerName: "shop.example"}}}
	return s
}

// until waits until the service is as hoped.
func (s *stage) until(hope string, done func(live.Status) bool) live.Status {
	s.t.Helper()
	limit := time.After(3 * time.Minute)
	for {
		changed := s.Sandbox.Changed()
		now, err := live.ReadStatus(s.t.Context(), s.readers, s.names)
		if err != nil {
			s.t.Fatal(err)
		}
		if done(now) {
			return now
		}
		select {
		case <-changed:
		case <-limit:
			s.t.Fatalf("it was still not so that %s: %+v\n%s", hope, now, s.log())
		}
	}
}

func (s *stage) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.logged[max(0, len(s.logged)-20):], "\n")
}

// looks waits until the release function has looked after a stack's update, from the line that it logs as the seen-th.
func (s *stage) looks(seen int) {
	s.t.Helper()
	limit := time.After(3 * time.Minute)
	for {
		changed := s.Signal.Changed()
		s.mu.Lock()
		lines := s.logged[seen:]
		s.mu.Unlock()
		for _, line := range lines {
			if strings.HasPrefix(line, s.names.ReleaseFunction+":") && strings.Contains(line, `"event":"stack`) && strings.Contains(line, `"decision"`) {
				return
			}
		}
		select {
		case <-changed:
		case <-limit:
			s.t.Fatalf("the release function did not look after the update:\n%s", s.log())
		}
	}
}

func (s *stage) push(version string, env ...string) {
	s.t.Helper()
	ref, err := name.NewTag(s.Host() + "/" + s.names.Repository + ":" + version)
	if err != nil {
		s.t.Fatal(err)
	}
	img := executable(s.t, "sample-website", "/site", v1.Config{
		Entrypoint: []string{"/site"}, Env: append(env, "SITE_VERSION="+version), ExposedPorts: map[string]struct{}{"80/tcp": {}},
	})
	if err := remote.Write(ref, img, remote.WithContext(s.t.Context()), remote.WithAuth(&authn.Basic{Username: "AWS", Password: s.password()})); err != nil {
		s.t.Fatal(err)
	}
}

// settled reports that a version serves and nothing is under way.
func settled(version string) func(live.Status) bool {
	return func(now live.Status) bool {
		return (now.Deployment == nil || now.Deployment.Completed != nil) && len(now.TaskSets) == 1 &&
			now.TaskSets[0].Production == 100 && strings.Contains(now.TaskSets[0].Image, ":"+version+"@")
	}
}

// visit asks production over and over until the context ends, and tells what went wrong.
func (s *stage) visit(ctx context.Context, wrong *[]string) (visits int) {
	for tick := time.NewTicker(20 * time.Millisecond); ; visits++ {
		select {
		case <-ctx.Done():
			tick.Stop()
			return visits
		case <-tick.C:
		}
		resp, err := s.client.Get(s.url)
		if err != nil {
			*wrong = append(*wrong, err.Error())
			continue
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "Sample Website") {
			*wrong = append(*wrong, resp.Status+" "+string(body))
		}
	}
}

// with is the document with other values at some paths of its service.
func with(t *testing.T, document string, values map[string]any) string {
	t.Helper()
	var tree map[string]any
	if err := json.Unmarshal([]byte(document), &tree); err != nil {
		t.Fatal(err)
	}
	for path, value := range values {
		at := tree["services"].([]any)[0].(map[string]any)
		steps := strings.Split(path, ".")
		for _, step := range steps[:len(steps)-1] {
			if at[step] == nil {
				at[step] = map[string]any{}
			}
			at = at[step].(map[string]any)
		}
		at[steps[len(steps)-1]] = value
	}
	return text(tree)
}

func TestNoUpdateHurtsOnceProductionIsOnTheSecondTargetGroup(t *testing.T) {
	program(t)
	s := enter(t, updated)
	s.push("v1")
	first := s.until("v1 is live", settled("v1"))
	if !strings.Contains(text(first.TaskSets[0]), "sample-website-tg-2") {
		t.Fatalf("production is not on the second target group: %+v", first.TaskSets)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var visits sync.WaitGroup
	var wrong []string
	count := 0
	visits.Go(func() { count = s.visit(ctx, &wrong) })

	document, deployments := updated, 1
	for _, change := range []struct {
		name    string
		values  map[string]any
		release bool
	}{
		{"checks", map[string]any{"verify.checks": []any{map[string]any{"path": "/", "expect": map[string]any{"contains": "Sample"}}}}, false},
		{"size", map[string]any{"task.memory": 1024}, true},
		{"environment", map[string]any{"task.environment": map[string]any{"LEVEL": "debug"}}, true},
		{"a certificate more", map[string]any{"loadBalancer.https.certificates": []any{certificateTwo, certificateThree}}, false},
		{"a certificate exchanged", map[string]any{"loadBalancer.https.certificates": []any{certificateThree}}, false},
		{"alarm", map[string]any{"deployment.alarms": []any{"checkout-latency"}}, false},
		{"count", map[string]any{"desiredCount": 2}, false},
		{"redirect", map[string]any{"loadBalancer.https.redirectPort": 8000}, false},
		{"traffic configuration", map[string]any{"deployment.linear": map[string]any{"percentage": 50, "interval": "1m"}}, false},
		{"other steps", map[string]any{"deployment.linear": map[string]any{"percentage": 25, "interval": "1m"}}, false},
		{"termination wait", map[string]any{"deployment.terminationWait": "5m"}, false},
		{"approval wait", map[string]any{"deployment.approvalWait": "30m"}, false},
		{"hook", map[string]any{"deployment.hooks": map[string]any{"BeforeInstall": "migrate"}}, false},
	} {
		document = with(t, document, change.values)
		before := s.forwards()
		s.mu.Lock()
		seen := len(s.logged)
		s.mu.Unlock()
		_, dir := assembled(t, document)
		if err := s.UpdateStacks(t.Context(), os.DirFS(dir)); err != nil {
			t.Fatalf("%s: %v", change.name, err)
		}
		s.looks(seen)
		if !change.release {
			if diff := cmp.Diff(before, s.forwards()); diff != "" {
				t.Errorf("%s moved traffic:\n%s", change.name, diff)
			}
		} else {
			deployments++
			s.until(change.name+" is released", func(now live.Status) bool {
				if now.Deployment != nil && now.Deployment.Status == "Ready" {
					s.approve(now.Deployment.ID)
				}
				return settled("v1")(now) && s.count() == deployments
			})
		}
		if n := s.count(); n != deployments {
			t.Errorf("after %s there are %d deployments, not %d:\n%s", change.name, n, deployments, s.log())
		}
	}
	cancel()
	visits.Wait()
	if len(wrong) > 0 || count < 100 {
		t.Errorf("%d of %d visits went wrong: %.600v", len(wrong), count, wrong)
	}
}

// forwards is where both listeners lead.
func (s *stage) forwards() map[string]string {
	s.t.Helper()
	out := map[string]string{}
	for _, l := range s.Listeners() {
		described, err := s.readers.Balancers.DescribeListeners(s.t.Context(), &elasticloadbalancingv2.DescribeListenersInput{ListenerArns: []string{l.ARN}})
		if err != nil {
			s.t.Fatal(err)
		}
		if weights := live.Forwards(described.Listeners[0]); len(weights) > 0 {
			out[l.ARN] = text(weights)
		}
	}
	return out
}

// count is how many deployments there were.
func (s *stage) count() int {
	s.t.Helper()
	out, err := s.deploys.ListDeployments(s.t.Context(), &codedeploy.ListDeploymentsInput{
		ApplicationName: &s.names.Application, DeploymentGroupName: &s.names.DeploymentGroup,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return len(out.Deployments)
}

func (s *stage) approve(id string) {
	s.t.Helper()
	if _, err := s.deploys.ContinueDeployment(s.t.Context(), &codedeploy.ContinueDeploymentInput{DeploymentId: &id, DeploymentWaitType: "READY_WAIT"}); err != nil {
		s.t.Log(err) // it has just gone on
	}
}

func (s *stage) password() string {
	s.t.Helper()
	out, err := s.ecr.GetAuthorizationToken(s.t.Context(), &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		s.t.Fatal(err)
	}
	login, err := base64.StdEncoding.DecodeString(*out.AuthorizationData[0].AuthorizationToken)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimPrefix(string(login), "AWS:")
}
