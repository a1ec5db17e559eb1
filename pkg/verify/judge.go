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
	if v.Reason = examine(ctx, client, base, base, suite, &v, nil); v.Reason == "" {
		v.Outcome, v.Reason = Succeeded, held(v, suite, base)
	}
	return v
}

// examine makes the checks and, when they hold, the load, and writes down what came back. It returns why what stands
// at base, which the sentence calls where, does not pass; empty when it does.
func examine(ctx context.Context, client *http.Client, base, where string, suite config.Suite, v *Verdict, each func(CheckResult)) string {
	r := newRunner(client, base, suite)
	r.each = each
	if v.Version != nil {
		r.version = v.Version.Want
	}
	v.Checks = r.checks(ctx)
	v.NotMade = notMade(suite, len(v.Checks))
	problem := fault(v.Checks, where)
	if problem == "" && suite.Load != nil {
		if v.Load = r.load(ctx); !v.Load.Holds() {
			problem = fmt.Sprintf("the load failed on %s: %s", where, v.Load.Problems[0])
		}
	}
	if problem != "" && ctx.Err() != nil {
		problem = "time ran out: " + problem
	}
	return problem
}

// held is the sentence for what passed.
func held(v Verdict, suite config.Suite, where string) string {
	sentence := fmt.Sprintf("%d of %d checks hold on %s", len(v.Checks), len(suite.Checks), where)
	if l := v.Load; l != nil {
		sentence += fmt.Sprintf(", and so does a load of %d requests a second: %d of %d failed, p50 %.1f ms, p99 %.1f ms", l.Rate, l.Errors, l.Requests, l.P50MS, l.P99MS)
	}
	return sentence
}
