package background_test

import (
	"testing"
	"testing/synctest"

	"github.com/cutover-ecs/cutover/pkg/sandbox/background"
)

func TestCloseEndsTheContextWaitsAndLetsNothingBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w background.Work
		ctx, left := w.Context(), false
		if !w.Go(func() {
			<-ctx.Done()
			if w.Go(func() { t.Error("work began after the end") }) {
				t.Error("and it is said to run")
			}
			left = true
		}) {
			t.Fatal("no work begins")
		}
		synctest.Wait()
		if left || w.Ended() || ctx.Err() != nil {
			t.Fatal("it ended by itself")
		}
		w.Close()
		if !left || !w.Ended() || w.Context().Err() == nil {
			t.Error("it is closed, and something goes on")
		}
		w.Close()
	})
}

func TestWorkThatNobodyBeganIsClosedAtOnce(t *testing.T) {
	var w background.Work
	w.Close()
	if w.Context().Err() == nil || w.Go(func() {}) {
		t.Error("it is not closed")
	}
}
