package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jmespath/go-jmespath"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// proofs is how many answers in a row, each on a connection of its own, must show the version. A load balancer
// has at least one node a zone, and a listener change reaches each in its own time.
const proofs = 3

// proofWindow is the least time that the version has to show itself.
const proofWindow = 30 * time.Second

// settle leaves the listener alone until every node has heard of its target group. When the suite says where the
// version shows, the proof ends the wait, and the lack of proof is the problem that is returned.
func settle(ctx context.Context, client *http.Client, judged live.Side, suite config.Suite, revision *live.Revision, container string) (*Proof, string) {
	wait := suite.Settle.Std()
	if suite.Version == nil {
		if pause(ctx, wait) != nil {
			return nil, "time ran out while the " + judged.ListenerName() + " settled; give the suite a longer timeout or a shorter settle"
		}
		return nil, ""
	}
	image, _ := revision.Image(container)
	want := identity(image, suite.Version.Is)
	if want == "" {
		return nil, fmt.Sprintf("the suite asks for the image's %s, which the tags of the task definition %s do not tell; one that Cutover registers from now on tells it: push again, or use cutover retry",
			suite.Version.Is, revision.ARN())
	}
	proof, problem := prove(ctx, client, judged.URL, suite, want, max(wait, proofWindow))
	if problem != "" {
		problem = "the " + judged.ListenerName() + " " + problem
	}
	return proof, problem
}

// identity is what of an image its answers must show; empty when that is not known.
func identity(i live.Image, is string) string {
	switch is {
	case config.IsDigest:
		return i.Digest
	case config.IsRevision:
		return i.Source
	}
	return i.Tag
}

// prove asks until the version showed itself often enough. Its sentence lacks the beginning, who.
func prove(ctx context.Context, client *http.Client, base string, suite config.Suite, want string, window time.Duration) (*Proof, string) {
	p := &Proof{Want: want}
	client = clientFor(client, suite.ServerName, "")
	start := time.Now()
	for {
		got, err := shown(ctx, client, base, suite)
		p.Got, p.Seconds = got, time.Since(start).Seconds()
		if err != nil {
			p.Got = err.Error()
		}
		if err == nil && got == want {
			p.Answers++
		} else {
			p.Answers = 0
		}
		if p.Answers >= proofs {
			return p, ""
		}
		if p.Answers > 0 {
			continue
		}
		if time.Since(start) > window || pause(ctx, min(again, window/10)) != nil {
			return p, fmt.Sprintf("does not show the version under deployment: expected %q, got %q after %.0f s", want, p.Got, p.Seconds)
		}
	}
}

// shown is the identity that one answer carries.
func shown(ctx context.Context, client *http.Client, base string, suite config.Suite) (string, error) {
	v := suite.Version
	r, err := newRequest(base, config.Check{Method: http.MethodGet, Path: v.Path}, suite, values{}, nil)
	if err != nil {
		return "", err
	}
	a, err := ask(ctx, client, r, 5*time.Second)
	if err != nil {
		return "", err
	}
	if v.Header != "" {
		return cut(a.header.Get(v.Header), mostShown), nil
	}
	document, problem := a.json()
	if problem != "" {
		return "", errors.New(problem)
	}
	got, err := jmespath.Search(v.JMESPath, document)
	if err != nil {
		return "", err
	}
	return cut(fmt.Sprint(got), mostShown), nil
}
