package verify

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/jmespath/go-jmespath"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/secret"
)

// again is the pause after a failed try.
const again = time.Second

// Run makes a suite's checks in order against base (scheme and host, no path) and stops after the first that
// does not hold. It ends when ctx does. The suite's settle, version, load and timeout are the caller's.
func Run(ctx context.Context, client *http.Client, base string, suite config.Suite) []CheckResult {
	return newRunner(client, base, suite).checks(ctx)
}

func newRunner(client *http.Client, base string, suite config.Suite) *runner {
	r := &runner{base: base, suite: suite, client: client, values: values{}}
	if suite.KeepCookies {
		r.jar = newJar()
	}
	return r
}

// checks makes the suite's checks, up to the first that does not hold.
func (s *runner) checks(ctx context.Context) []CheckResult {
	var all []CheckResult
	for _, c := range s.suite.Checks {
		result := s.run(ctx, c)
		all = append(all, result)
		if s.each != nil {
			s.each(result)
		}
		if !result.Holds() {
			break
		}
	}
	return all
}

// runner is what goes from one check to the next.
type runner struct {
	base   string
	suite  config.Suite
	client *http.Client
	values values
	jar    *jar
	mask   mask
	each   func(CheckResult) // is told each check as it is over; nil: nobody is
	// version under judgement, as the suite lets it show itself; empty when it does not.
	version string
}

// run repeats a check until it holds as often in a row as it must, or may not be tried again.
func (s *runner) run(ctx context.Context, c config.Check) CheckResult {
	whole := ctx
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout.Std())
		defer cancel()
	}
	r := CheckResult{Name: shownName(c.Name), Method: c.Method, URL: cut(s.mask.Text(s.base+c.Path), mostURL)}
	client := clientFor(s.client, s.suite.ServerName, c.HTTP)
	start := time.Now()
	for row, failed := 0, 0; ; {
		r.Tries++
		s.try(ctx, client, c, &r)
		row++
		if !r.Holds() {
			row, failed = 0, failed+1
			if ctx.Err() != nil && whole.Err() == nil {
				r.Problems = append([]string{fmt.Sprintf("the check's %s were over: %s", c.Timeout, r.Problems[0])}, r.Problems[1:]...)
			}
			if !mayFail(c, failed, time.Since(start)) {
				return r
			}
		}
		if row >= max(c.Successes, 1) {
			return r
		}
		if pause(ctx, wait(c, r.Holds())) != nil {
			if r.Holds() {
				r.Problems = []string{fmt.Sprintf("time ran out: it held %d times in a row, expected %d", row, c.Successes)}
			}
			return r
		}
	}
}

// mayFail reports whether a check may be tried again after its failed-th failure.
func mayFail(c config.Check, failed int, passed time.Duration) bool {
	if c.Within > 0 && passed+wait(c, false) > c.Within.Std() {
		return false
	}
	if c.Failures != nil {
		return failed <= *c.Failures
	}
	return c.Within > 0
}

// wait is the pause after a try.
func wait(c config.Check, held bool) time.Duration {
	switch {
	case c.Every > 0:
		return c.Every.Std()
	case held:
		return 0
	}
	return again
}

// try makes one request and holds its answer against the check.
func (s *runner) try(ctx context.Context, client *http.Client, c config.Check, r *CheckResult) {
	req, err := newRequest(s.base, c, s.suite, s.values, s.jar)
	if err != nil {
		r.Problems = []string{s.mask.sentence(err.Error())}
		return
	}
	s.mask.learnRequest(req)
	a, err := s.answer(ctx, client, c, req)
	s.mask.learnAnswer(a)
	var found []string
	if err != nil {
		found = []string{err.Error()}
	} else if found = problems(s.values.with(c.Expect), a); c.HTTP != "" && a.proto != protocols[c.HTTP] {
		found = append(found, fmt.Sprintf("the answer came over %s, expected %s", a.proto, protocols[c.HTTP]))
	}
	if len(found) == 0 {
		found = s.values.capture(c, a)
	}
	for name := range c.Capture {
		if secret.Named(name) {
			s.mask.Learn(s.values.word(name))
		}
	}
	r.saw(a, s.mask.sentences(found), s.mask.exchange(req, a))
	if len(found) == 0 && len(c.Capture) > 0 {
		r.Exchange.Captured = map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(c.Capture)) {
			r.Exchange.Captured[name] = cut(s.mask.Text(s.values.word(name)), mostShown)
		}
	}
}

// answer asks until it is no other version that answers: the proof was in time for the nodes that it met, and another
// node may still send to the one before, whose answer says nothing about this one.
func (s *runner) answer(ctx context.Context, client *http.Client, c config.Check, req request) (answer, error) {
	for began := time.Now(); ; {
		at := time.Now()
		// An answer that comes late is better told with its time than cut off at the limit, hence the second more.
		a, err := ask(ctx, client, req, c.Expect.Latency.Std()+time.Second)
		if a.latency == 0 {
			a.latency = time.Since(at)
		}
		other := s.other(c.Path, a)
		if err != nil || other == "" {
			return a, err
		}
		if time.Since(began) > proofWindow || pause(ctx, again) != nil {
			return a, fmt.Errorf("another version answers: it shows %q, and %q is under deployment", other, s.version)
		}
	}
}

// other is the version that an answer from a path shows when it is not the one under judgement: in its header, or in its
// JSON where the path is that of the version. An answer that shows none, or to which a redirect led, may be anybody's and
// is judged.
func (s *runner) other(path string, a answer) string {
	v := s.suite.Version
	if s.version == "" || v == nil || a.header == nil || len(a.hops) > 0 {
		return ""
	}
	if v.Header != "" {
		return otherIn(a, v.Header, s.version)
	}
	if shows := s.shownIn(path, a); shows != s.version {
		return shows
	}
	return ""
}

// otherIn is the version that a header of an answer shows when it is not the one under judgement; empty when it shows none.
func otherIn(a answer, header, version string) string {
	if shows := cut(a.header.Get(header), mostShown); shows != version {
		return shows
	}
	return ""
}

// shownIn is the version in the JSON of an answer from the version's own path; empty when there is none.
func (s *runner) shownIn(path string, a answer) string {
	if path != s.suite.Version.Path {
		return ""
	}
	document, problem := a.json()
	if problem != "" {
		return ""
	}
	if got, err := jmespath.Search(s.suite.Version.JMESPath, document); err == nil && got != nil {
		return cut(fmt.Sprint(got), mostShown)
	}
	return ""
}

// protocols are HTTP's versions as an answer names them.
var protocols = map[string]string{"1.1": "HTTP/1.1", "2": "HTTP/2.0"}

// fault is the sentence for a suite that did not hold; empty when it did.
func fault(results []CheckResult, where string) string {
	for _, r := range results {
		if !r.Holds() {
			tries := ""
			if r.Tries > 1 {
				tries = fmt.Sprintf(" (the last of %d tries)", r.Tries)
			}
			return fmt.Sprintf("check %q failed on %s%s: %s", r.Name, where, tries, r.Problems[0])
		}
	}
	return ""
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
