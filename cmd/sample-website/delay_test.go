package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPathsAnswerAsLateAsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, err := parseDelays("/cart=40ms,/search=20ms+10ms")
		if err != nil {
			t.Fatal(err)
		}
		page := all.before(site("v1", "", ""))
		for path, want := range map[string][2]time.Duration{
			"/": {0, 0}, "/cart": {40 * time.Millisecond, 40 * time.Millisecond}, "/search": {20 * time.Millisecond, 30 * time.Millisecond},
		} {
			start, answer := time.Now(), httptest.NewRecorder()
			page.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			if took := time.Since(start); took < want[0] || took > want[1] || !strings.Contains(answer.Body.String(), "Version v1") {
				t.Errorf("%s took %s: %s", path, took, answer.Body)
			}
		}
	})
}

func TestDelaysThatAreNoneAreRefused(t *testing.T) {
	for _, text := range []string{"/cart", "cart=1s", "/cart=soon", "/cart=1s+later", "/cart=1s+-1s", "/a=1s,"} {
		if _, err := parseDelays(text); err == nil || !strings.Contains(err.Error(), "SITE_DELAYS") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if all, err := parseDelays(""); err != nil || len(all) != 0 {
		t.Errorf("nothing is %v, %v", all, err)
	}
}

func TestTheLateSiteHurriesForTheHealthCheckAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for agent, want := range map[string]time.Duration{"ELB-HealthChecker/2.0": 0, "cutover-verify": late} {
			start, answer, r := time.Now(), httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.Header.Set("User-Agent", agent)
			site("v1", "", "late").ServeHTTP(answer, r)
			if took := time.Since(start); took != want || answer.Code != http.StatusOK {
				t.Errorf("%s waited %s for %d", agent, took, answer.Code)
			}
		}
	})
}
