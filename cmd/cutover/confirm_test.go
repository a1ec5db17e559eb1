package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

func confirms(ctx context.Context, terminal bool, in io.Reader, yes bool) (told string, err error) {
	var errout strings.Builder
	o := &operator{verb: "stop", opened: opened{stage: &stage{ctx: ctx, errout: &errout, in: in, terminal: terminal}}, hand: hand{Service: "web", Yes: yes}}
	err = o.confirm("Users notice nothing", "Green goes")
	return errout.String(), err
}

func TestAPersonIsAskedBeforeTrafficMoves(t *testing.T) {
	for answer, want := range map[string]error{"y\n": nil, "YES\n": nil, " yes ": nil, "n\n": errDeclined, "\n": errDeclined, "": errDeclined, "yesterday\n": errDeclined} {
		told, err := confirms(t.Context(), true, strings.NewReader(answer), false)
		if !errors.Is(err, want) || told != "Users notice nothing.\nGreen goes.\nStop web? [y/N] " {
			t.Errorf("%q: %v, %q", answer, err, told)
		}
	}
	if told, err := confirms(t.Context(), false, nil, true); err != nil || told != "Users notice nothing.\nGreen goes.\n" {
		t.Errorf("with --yes: %v, %q", err, told)
	}
	var misuse unusable
	if told, err := confirms(t.Context(), false, nil, false); !errors.As(err, &misuse) || !strings.Contains(told, "Green goes.") || !strings.Contains(err.Error(), "say --yes to stop web") {
		t.Errorf("where nobody can be asked: %v, %q", err, told)
	}
}

func TestAnInterruptionIsANo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, typed := io.Pipe()
	defer typed.Close()
	asked := make(chan error)
	go func() { _, err := confirms(ctx, true, in, false); asked <- err }()
	cancel()
	if err := <-asked; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := confirms(ctx, false, nil, true); !errors.Is(err, context.Canceled) {
		t.Errorf("with --yes: %v", err)
	}
}

func TestTimesAreReadAsPeopleWriteThem(t *testing.T) {
	now := time.Date(2026, 11, 23, 18, 0, 0, 0, time.FixedZone("CET", 3600))
	for text, want := range map[string]string{
		"": "0001-01-01T00:00:00Z", "2h": "2026-11-23T20:00:00+01:00", "18:30": "2026-11-23T18:30:00+01:00", "17:30": "2026-11-24T17:30:00+01:00",
		"2026-12-01": "2026-12-01T00:00:00+01:00", "2026-12-01 08:00": "2026-12-01T08:00:00+01:00", "2026-12-01T08:00:00Z": "2026-12-01T08:00:00Z",
		"tomorrow": "is no time", "2020-01-01": "is over already", "-1h": "is over already", "25:00": "is no time",
	} {
		at, err := ending(text, now)
		got := at.Format(time.RFC3339)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %s, not %s", text, got, want)
		}
	}
}

func TestImagesAreReadAsPeopleNameThem(t *testing.T) {
	for text, want := range map[string][2]string{
		"v7": {"v7", ""}, "web:v7": {"v7", ""}, "sha256:01": {"", "sha256:01"}, "v7@sha256:01": {"v7", "sha256:01"}, "web@sha256:01": {"", "sha256:01"},
		"1.dkr.ecr.us-east-1.amazonaws.com/web:v7": {"v7", ""}, "127.0.0.1:4566/web@sha256:01": {"", "sha256:01"}, "127.0.0.1:4566/web:v7@sha256:01": {"v7", "sha256:01"},
	} {
		if tag, digest := parseImage(text, "web"); tag != want[0] || digest != want[1] {
			t.Errorf("%q: %q %q", text, tag, digest)
		}
	}
}

func TestWhatUsersWillNoticeIsTold(t *testing.T) {
	blue := live.TaskSetStatus{ID: "b", Image: "web:v1@sha256:01", Desired: 2, Healthy: 2}
	for want, green := range map[string]live.TaskSetStatus{
		"has brought up nothing yet When it is stopped, production stays where it is, on web:v1":                                                 {},
		"is bringing up green (web:v2) When it is stopped, production stays where it is, on blue":                                                {ID: "g", Image: "web:v2@sha256:02"},
		"has moved 10 % of production to green (web:v2) When it is stopped, all production traffic goes back to blue (web:v1), which has 2 of 2": {ID: "g", Image: "web:v2@sha256:02", Production: 10},
		"has moved production to green (web:v2) When it is stopped, all production traffic goes back at once to blue":                            {ID: "g", Image: "web:v2@sha256:02", Production: 100},
	} {
		if got := strings.Join(forUsers("d-1", green, blue), " "); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
	rolling := live.Status{Deployment: &live.DeploymentStatus{ID: "d-2", Status: "InProgress", Creator: "codeDeployRollback", RollsBack: "d-1"}}
	if _, _, _, err := underWay(rolling); err == nil || !strings.Contains(err.Error(), "d-2 is rolling back d-1 already") {
		t.Errorf("a rollback under way: %v", err)
	}
	if _, _, active, err := underWay(live.Status{Deployment: &live.DeploymentStatus{Status: "Failed"}}); active || err != nil {
		t.Errorf("an ended one: %t %v", active, err)
	}
}

func TestEveryDecisionIsASentence(t *testing.T) {
	for _, v := range []release.Verdict{release.Wait, release.Current, release.Hold, release.Refuse, release.Busy, release.Finish, release.Stop, release.Deploy, release.Ignored} {
		got := sentence(release.Outcome{Decision: v, Reason: "because of that.", Deployment: "d-1"})
		if !strings.HasSuffix(got, ": because of that.") || strings.Contains(got, "d-1") != (v == release.Finish || v == release.Stop || v == release.Deploy) {
			t.Errorf("%s: %q", v, got)
		}
	}
}

func TestAPersonIsNamedInOneWord(t *testing.T) {
	for arn, want := range map[string]string{
		"arn:aws:iam::111122223333:user/ops/alice": "alice", "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com": "alice@example.com",
		"arn:aws:iam::111122223333:root": "root", "arn:aws:sts::111122223333:assumed-role/Admin/alice,smith": "alice-smith",
	} {
		got := person(arn)
		if _, err := (live.Order{By: got}).Value(); got != want || err != nil {
			t.Errorf("%s: %q %v", arn, got, err)
		}
	}
}
