package verify

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// Judge runs the whole suite against base (scheme and host, perhaps the beginning of a path) as the hook would once
// the listener has settled, no longer than the suite's timeout. The identity is what version proof must find, a tag
// or a digest; when it is empty, no proof is asked. The verdict has no deployment.
func Judge(ctx context.Context, client *http.Client, base string, suite config.Suite, identity string) (v Verdict) {
	ctx, cancel := context.WithTimeout(ctx, suite.Timeout.Std())
	defer cancel()
	v = Verdict{Outcome: Failed, URL: base, At: time.Now(), Checks: []CheckResult{}}
	defer func() { v.Seconds = time.Since(v.At).Seconds() }()
	if identity != "" && suite.Version != nil {
		if v.Version, v.Reason = prove(ctx, client, base, suite, identity, 0); v.Reason != "" {
			v.Reason, v.NotMade = base+" "+v.Reason, notMade(suite, 0)
			return v
		}
	}
	v.Checks = Run(ctx, client, base, suite)
	v.NotMade = notMade(suite, len(v.Checks))
	switch v.Reason = fault(v.Checks, base); {
	case v.Reason == "":
		v.Outcome, v.Reason = Succeeded, fmt.Sprintf("%d of %d checks hold on %s", len(v.Checks), len(suite.Checks), base)
	case ctx.Err() != nil:
		v.Reason = "time ran out: " + v.Reason
	}
	return v
}
