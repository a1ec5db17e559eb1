package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// local is a sandbox without stacks, and a client of it that does not try again.
func local(t *testing.T) (*sandbox.Sandbox, *ecs.Client) {
	t.Helper()
	s, err := sandbox.Start(t.Context(), sandbox.Options{Isolation: "process"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg, err := live.FromEnvironment(s.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	return s, ecs.NewFromConfig(cfg, func(o *ecs.Options) { o.RetryMaxAttempts = 1 })
}

// say runs a command line and returns what it printed.
func say(t *testing.T, want int, line ...string) string {
	t.Helper()
	var out, errout bytes.Buffer
	if code := run(t.Context(), line, &out, &errout); code != want {
		t.Fatalf("cutover %s ended with %d: %s%s", strings.Join(line, " "), code, &out, &errout)
	}
	return out.String() + errout.String()
}

func createCluster(t *testing.T, client *ecs.Client, name string) string {
	t.Helper()
	_, err := client.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String(name)})
	var api smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &api):
		return api.ErrorCode()
	}
	t.Fatal(err)
	return ""
}

func TestAFaultIsAddedListedSeenInTheTrailAndCleared(t *testing.T) {
	s, client := local(t)
	at := "--listen=" + s.Host()
	if got := say(t, 0, "sandbox", "fault", "add", "api", "ecs", "CreateCluster", "--code=ThrottlingException", "--times=1", "--after", at); got != "1\n" {
		t.Errorf("added: %q", got)
	}
	if code := createCluster(t, client, "one"); code != "ThrottlingException" {
		t.Errorf("the call ended with %q", code)
	}
	if code := createCluster(t, client, "two"); code != "" {
		t.Errorf("the next call ended with %q", code)
	}
	if got := say(t, 0, "sandbox", "fault", "list", at); !strings.Contains(got, "1   1       2   api Action=CreateCluster After=true Code=ThrottlingException Service=ecs Times=1") {
		t.Errorf("listed:\n%s", got)
	}
	var all []map[string]any
	if err := json.Unmarshal([]byte(say(t, 0, "sandbox", "fault", "list", "--json", at)), &all); err != nil || len(all) != 1 || all[0]["Kind"] != "api" {
		t.Errorf("%v, %v", all, err)
	}
	lines := strings.Split(strings.TrimSpace(say(t, 0, "sandbox", "trail", at)), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "root  ecs:CreateCluster  one  error ThrottlingException  FAULT answered with an error though it happened") ||
		!strings.HasSuffix(lines[1], "root  ecs:CreateCluster  two") {
		t.Errorf("trail:\n%s", strings.Join(lines, "\n"))
	}
	var first sandbox.TrailLine
	text, _, _ := strings.Cut(say(t, 0, "sandbox", "trail", "--json", at), "\n")
	if err := json.Unmarshal([]byte(text), &first); err != nil || first.Action != "ecs:CreateCluster" || first.Fault == "" || first.Allowed != "root" || first.Time.IsZero() {
		t.Errorf("%+v, %v", first, err)
	}
	if got := say(t, 0, "sandbox", "fault", "clear", "1", at); got != "fault 1 removed\n" {
		t.Error(got)
	}
	say(t, 0, "sandbox", "fault", "random", "--seed=3", "--count=4", at)
	if n := len(s.Faults().List()); n == 0 {
		t.Error("no random fault was added")
	}
	say(t, 0, "sandbox", "fault", "clear", at)
	if n := len(s.Faults().List()); n != 0 {
		t.Errorf("%d faults are left", n)
	}
}

func TestEveryKindOfFaultCanBeAdded(t *testing.T) {
	s, _ := local(t)
	for _, line := range []string{
		"api * * --delay=10ms --chance=0.5", "deny *release* ecs:*", "event aws.ecr --lose", "function web-release --crash=before --call=ecs:*",
		"function --time-out=1s", "function --throttle --times=2", "listener 80 --on=ecs:CreateTaskSet", "target web-1 --status=503 --only=checks",
		"task web --exit=1", "task --no-image", "task --dies=5m", "throttle ecs", "scan web --image=v* --critical=2", "wait termination-wait --times=1",
	} {
		words := append([]string{"sandbox", "fault", "add"}, strings.Fields(line)...)
		say(t, 0, append(words, "--listen="+s.Host())...)
	}
	if n := len(s.Faults().List()); n != 14 {
		t.Errorf("%d faults are planned", n)
	}
}

func TestWhatCannotBeDoneIsSaid(t *testing.T) {
	s, _ := local(t)
	at := "--listen=" + s.Host()
	for line, want := range map[string]string{
		"fault add api ecs *":      "an error code or a delay is needed",
		"fault add throttle sqs":   `AWS publishes no token buckets of "sqs"`,
		"fault add wait *":         "a wait's name is needed",
		"fault add listener 80":    `no listener is like "80"`,
		"fault clear 7":            "there is no fault 7",
		"skip termination-wait":    `nothing waits for "termination-wait" now`,
		"fault random --count=0":   "between 1 and 1000",
		"fault add deny x ecsNone": "not of the form service:Action",
	} {
		if got := say(t, 1, append(append([]string{"sandbox"}, strings.Fields(line)...), at)...); !strings.Contains(got, want) {
			t.Errorf("%s: %s", line, got)
		}
	}
	if got := say(t, 1, "sandbox", "trail", "--listen=127.0.0.1:1"); !strings.Contains(got, "no sandbox answers at 127.0.0.1:1; start one with cutover sandbox") {
		t.Error(got)
	}
}

func TestTheTrailIsFollowedUntilInterrupted(t *testing.T) {
	s, client := local(t)
	ctx, interrupt := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan int)
	go func() {
		code := run(ctx, []string{"sandbox", "trail", "--follow", "--listen=" + s.Host()}, w, io.Discard)
		w.Close()
		ended <- code
	}()
	lines := bufio.NewScanner(r)
	for _, name := range []string{"one", "two"} {
		createCluster(t, client, name)
		if !lines.Scan() || !strings.HasSuffix(lines.Text(), "ecs:CreateCluster  "+name) {
			t.Errorf("%q, %v", lines.Text(), lines.Err())
		}
	}
	interrupt()
	if code := <-ended; code != 0 {
		t.Errorf("interrupted, and yet %d", code)
	}
}

func TestCallsThatComeTooOftenAreThrottledAsAWSPublishes(t *testing.T) {
	s, client := local(t)
	say(t, 0, "sandbox", "fault", "add", "throttle", "ecs", "--listen="+s.Host())
	throttled := 0
	for i := range 40 { // the bucket holds 20, and one more comes each second
		if code := createCluster(t, client, fmt.Sprint("c", i)); code == "ThrottlingException" {
			throttled++
		} else if code != "" {
			t.Fatal(code)
		}
	}
	if throttled < 10 || throttled > 20 {
		t.Errorf("%d of 40 calls were throttled", throttled)
	}
	if got := say(t, 0, "sandbox", "trail", "--listen="+s.Host()); strings.Count(got, "FAULT throttled: the bucket of cluster modify actions, 20 tokens and 1 a second, is empty") != throttled {
		t.Errorf("the trail:\n%s", got)
	}
}
