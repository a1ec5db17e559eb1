package verify

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// again is the pause between two tries of a check.
const again = time.Second

// Run makes a suite's checks in order against base (scheme and host, no path) and stops after the first that
// does not hold. It ends when ctx does.
func Run(ctx context.Context, client *http.Client, base string, checks []config.Check) []CheckResult {
	var all []CheckResult
	for _, c := range checks {
		r := run(ctx, client, base, c)
		all = append(all, r)
		if !r.Holds() {
			break
		}
	}
	return all
}

// run repeats a check until it holds or its window ends.
func run(ctx context.Context, client *http.Client, base string, c config.Check) CheckResult {
	r := CheckResult{Name: c.Name, Method: c.Method, URL: base + c.Path}
	until := time.Now().Add(c.Within.Std())
	for {
		r.Tries++
		// An answer that comes late is better told with its time than cut off at the limit, hence the second more.
		a, err := ask(ctx, client, c.Method, r.URL, c.Headers, c.Body, c.Expect.Latency.Std()+time.Second)
		if err != nil {
			r.Status, r.Problems = a.status, []string{err.Error()}
		} else {
			r.saw(c, a)
		}
		if r.Holds() || time.Now().Add(again).After(until) || pause(ctx, again) != nil {
			return r
		}
	}
}

// fault is the sentence for a suite that did not hold; empty when it did.
func fault(results []CheckResult) string {
	for _, r := range results {
		if !r.Holds() {
			tries := ""
			if r.Tries > 1 {
				tries = fmt.Sprintf(" (the last of %d tries)", r.Tries)
			}
			return fmt.Sprintf("check %q failed on green%s: %s", r.Name, tries, r.Problems[0])
		}
	}
	return ""
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
