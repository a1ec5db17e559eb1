package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	given "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
)

// scripted answers CodeDeploy's operations by their names; others fail as AWS does when it is not well.
type scripted map[string]string

func (a scripted) Do(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, ok := a[operation]
	status := http.StatusOK
	if !ok {
		status, body = http.StatusInternalServerError, `{"__type": "ServerException"}`
	} else if strings.Contains(body, "__type") {
		status = http.StatusBadRequest
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func TestAStopThatCannotSeeTheRollbacksEndSaysThatItMayGoOn(t *testing.T) {
	for name, c := range map[string]struct {
		aws   scripted
		hurry time.Duration // after which the person gives up
		done  []string
		fails string
		after time.Duration
	}{
		"it cannot be read for a minute": {scripted{"StopDeployment": `{"status": "Pending"}`}, 0,
			[]string{"Deployment d-ONE is stopped, and is rolling back: cutover status tells when that is over"}, "", time.Minute},
		"the person goes": {scripted{"StopDeployment": `{"status": "Pending"}`, "ListDeployments": `{"deployments": ["d-ONE"]}`}, 7 * time.Second,
			[]string{"Deployment d-ONE is stopped, and is rolling back: cutover status tells when that is over"}, "", 7 * time.Second},
		"it has ended": {scripted{"StopDeployment": `{"__type": "DeploymentAlreadyCompletedException"}`}, 0, nil, "has ended or is terminating blue", 0},
		"it is not to be had": {scripted{"StopDeployment": `{"__type": "AccessDeniedException", "message": "not allowed"}`}, 0, nil,
			"stop deployment d-ONE: operation error CodeDeploy: StopDeployment, https response error StatusCode: 400, RequestID: , api error AccessDeniedException: not allowed", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if c.hurry > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.hurry)
					defer cancel()
				}
				cfg := aws.Config{Region: "us-east-1", Credentials: given.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""), HTTPClient: c.aws}
				o := &operator{opened: opened{stage: &stage{ctx: ctx}, aws: cfg, deploys: codedeploy.NewFromConfig(cfg)}}
				began := time.Now()
				err := o.stop("d-ONE")
				if d := cmp.Diff(c.done, o.done); d != "" || time.Since(began).Round(time.Second) != c.after {
					t.Errorf("after %s\n%s", time.Since(began), d)
				}
				if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
					t.Error(err)
				}
			})
		})
	}
}
