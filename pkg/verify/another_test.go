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
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	v = Judge(ctx, NewClient(), nodes(t, good, good, good, [2]string{"v1", "Sample"}), suiteOf(t, showing), "v2")
	if want := `another version answers: it shows "v1", and "v2" is under deployment`; v.Outcome != Failed || !strings.Contains(v.Reason, want) {
		t.Errorf("blue for good: %s %s", v.Outcome, v.Reason)
	}
}
