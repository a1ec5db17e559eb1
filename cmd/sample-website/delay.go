package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// delay is how much later a path answers: a time, and at random up to another.
type delay struct{ least, more time.Duration }

// delays are those of paths.
type delays map[string]delay

// parseDelays reads "/cart=40ms,/search=20ms+10ms".
func parseDelays(text string) (delays, error) {
	all := delays{}
	if text == "" {
		return all, nil
	}
	for _, one := range strings.Split(text, ",") {
		path, times, ok := strings.Cut(one, "=")
		if !ok || !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("SITE_DELAYS: %q is not a path and its delay, such as /cart=40ms", one)
		}
		least, more, noisy := strings.Cut(times, "+")
		var d delay
		var err error
		if d.least, err = time.ParseDuration(least); err != nil {
			return nil, fmt.Errorf("SITE_DELAYS of %s: %w", path, err)
		}
		if noisy {
			if d.more, err = time.ParseDuration(more); err != nil || d.more < 0 {
				return nil, fmt.Errorf("SITE_DELAYS of %s: %q is no time", path, more)
			}
		}
		all[path] = d
	}
	return all, nil
}

func (d delay) draw() time.Duration {
	if d.more <= 0 {
		return d.least
	}
	return d.least + rand.N(d.more)
}

// before answers as next does, later.
func (all delays) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d, slow := all[r.URL.Path]; slow {
			if !after(r.Context(), d.draw()) {
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// after waits; false when ctx ended first.
func after(ctx context.Context, d time.Duration) bool {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-wait.C:
		return true
	case <-ctx.Done():
		return false
	}
}
