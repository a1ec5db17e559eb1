package verify

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// nodes answer as a load balancer of which some nodes still send to blue does: the n-th request, from 1, gets what is
// under n, and later ones the last.
func nodes(t *testing.T, answers ...[2]string) string {
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		a := answers[min(int(n.Add(1)), len(answers))-1]
		w.Header().Set("X-Version", a[0])
		fmt.Fprint(w, a[1])
	}))
	t.Cleanup(s.Close)
	return s.URL
}

const showing = `{"version": {"header": "X-Version"}, "checks": [{"path": "/", "expect": {"contains": "Sample"}}]}`

// Blue's good page passed a check of a broken green, because the proof had met the nodes that had heard of green and the
// check one that had not.
func TestAnAnswerOfAnotherVersionIsNotJudged(t *testing.T) {
	proven := [2]string{"v2", "broken"}
	broken := nodes(t, proven, proven, proven, [2]string{"v1", "Sample"}, proven)
	v := Judge(t.Context(), NewClient(), broken, suiteOf(t, showing), "v2")
	if v.Outcome != Failed || !strings.Contains(v.Reason, "the body does not contain") {
		t.Errorf("a broken green: %s %s", v.Outcome, v.Reason)
	}
	good := [2]string{"v2", "Sample"}
	v = Judge(t.Context(), NewClient(), nodes(t, good, good, good, [2]string{"v1", "Error"}, good), suiteOf(t, showing), "v2")
	if v.Outcome != Succeeded || v.Checks[0].Tries != 1 {
		t.Errorf("a good green beside a broken blue: %s %s, %+v", v.Outcome, v.Reason, v.Checks)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	v = Judge(ctx, NewClient(), nodes(t, good, good, good, [2]string{"v1", "Sample"}), suiteOf(t, showing), "v2")
	if want := `another version answers: it shows "v1", and "v2" is under deployment`; v.Outcome != Failed || !strings.Contains(v.Reason, want) {
		t.Errorf("blue for good: %s %s", v.Outcome, v.Reason)
	}
}

// every nth request is answered by another version, slower and wrong; the rest by v2.
func mixed(t *testing.T, nth int64) string {
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if i := n.Add(1); i > 4 && i%nth == 0 { // the proof and the check come first
			w.Header().Set("X-Version", "v1")
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("X-Version", "v2")
		fmt.Fprint(w, "Sample")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestALoadsFiguresAreOfOneVersionAlone(t *testing.T) {
	const loaded = `{"version": {"header": "X-Version"}, "checks": [{"path": "/"}], "load": {"rate": 200, "duration": "1s", "warmUp": "0s", "requests": [{"path": "/"}], "limits": {"errors": 0}}}`
	v := Judge(t.Context(), NewClient(), mixed(t, 150), suiteOf(t, loaded), "v2")
	if v.Outcome != Succeeded || v.Load == nil || v.Load.Others != 1 || v.Load.Requests != 199 || v.Load.Errors != 0 {
		t.Errorf("one straggler: %s %s, %+v", v.Outcome, v.Reason, v.Load)
	}
	v = Judge(t.Context(), NewClient(), mixed(t, 10), suiteOf(t, loaded), "v2")
	if want := `20 of 200 answers were another version's (one shows "v1", and "v2" is under deployment)`; v.Outcome != Failed || !strings.Contains(v.Reason, want) || v.Load.Errors != 0 || v.Load.Requests != 180 {
		t.Errorf("a tenth of another version: %s %s, %+v", v.Outcome, v.Reason, v.Load)
	}
}

func TestAVersionInJSONIsLookedForInTheAnswersFromItsOwnPath(t *testing.T) {
	const inJSON = `{"version": {"path": "/version", "jmespath": "version"}, "checks": [{"path": "/version", "expect": {"json": {"ok": true}}}]}`
	good := [2]string{"", `{"version": "v2", "ok": true}`}
	v := Judge(t.Context(), NewClient(), nodes(t, good, good, good, [2]string{"", `{"version": "v1", "ok": false}`}, good), suiteOf(t, inJSON), "v2")
	if v.Outcome != Succeeded || v.Checks[0].Tries != 1 {
		t.Errorf("a good green beside a broken blue: %s %s", v.Outcome, v.Reason)
	}
	v = Judge(t.Context(), NewClient(), nodes(t, good, good, good, [2]string{"", `{"ok": false}`}), suiteOf(t, inJSON), "v2")
	if v.Outcome != Failed || !strings.Contains(v.Reason, "ok") {
		t.Errorf("an answer that shows none is judged: %s %s", v.Outcome, v.Reason)
	}
}

func TestAComparisonIsWithGreensOwnAnswersAlone(t *testing.T) {
	const compared = `{"version": {"header": "X-Version"}, "checks": [{"path": "/"}], "compare": {"samples": 140, "warmUp": 0, "rate": 500, "slower": {"by": "10s"}}}`
	blue := nodes(t, [2]string{"v2", "Sample"}) // the same image on another base is no stranger
	for nth, want := range map[int64]struct {
		outcome Outcome
		others  int
		reason  string
	}{
		104: {Succeeded, 1, "as well as blue"},
		10:  {Failed, 10, `answers at green showed another version than "v2"`},
	} {
		suite := suiteOf(t, compared)
		v := Judge(t.Context(), NewClient(), mixed(t, nth), suite, "v2")
		v = Against(t.Context(), NewClient(), v, blue, suite)
		if v.Outcome != want.outcome || v.Comparison == nil || v.Comparison.Others < want.others || !strings.Contains(v.Reason, want.reason) {
			t.Errorf("one of %d: %s %s, %+v", nth, v.Outcome, v.Reason, v.Comparison)
		}
	}
}
