package clock

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAWaitLastsItsLengthDividedByTheFactor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := New(60).Wait(t.Context(), "termination", time.Hour); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("an hour took %s", took)
		}
	})
}

func TestADeadlineOverRealWorkKeepsItsFloor(t *testing.T) {
	for _, c := range []struct {
		factor         float64
		d, floor, want time.Duration
	}{
		{1, time.Hour, time.Minute, time.Hour},
		{10, time.Hour, time.Minute, 6 * time.Minute},
		{1200, time.Hour, time.Minute, time.Minute},
		{1200, 30 * time.Second, time.Minute, 30 * time.Second},
		{0, time.Hour, time.Minute, time.Hour},
	} {
		if got := New(c.factor).Deadline(c.d, c.floor); got != c.want {
			t.Errorf("at factor %g a deadline of %s with floor %s is %s, not %s", c.factor, c.d, c.floor, got, c.want)
		}
	}
}

func TestAWaitIsListedWhileItLastsAndCanBeSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, ended := New(1), make(chan error)
		go func() { ended <- c.Wait(t.Context(), "install", time.Hour) }()
		synctest.Wait()
		if w := c.Waits(); len(w) != 1 || w[0].Name != "install" || time.Until(w[0].Until) != time.Hour {
			t.Errorf("waits %+v", w)
		}
		if n := c.Skip("hook"); n != 0 {
			t.Errorf("skipping another name ended %d waits", n)
		}
		if n := c.Skip("install"); n != 1 || <-ended != nil {
			t.Errorf("%d waits were skipped", n)
		}
		if w := c.Waits(); len(w) != 0 {
			t.Errorf("waits %+v after the end", w)
		}
	})
}

func TestAWaitThatHasNotBegunCanBeSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, skipped, start := New(1), make(chan error, 1), time.Now()
		go func() { skipped <- c.SkipNext(t.Context(), "hook") }()
		synctest.Wait()
		if err := errors.Join(c.Wait(t.Context(), "settle", time.Second), c.Wait(t.Context(), "hook", time.Hour), <-skipped); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %s: the hook's wait was not skipped, or the other one was", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.SkipNext(ctx, "hook"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWaitsOfANameCanBeSkippedAsTheyBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, start := New(1), time.Now()
		c.SkipIf(func(name string) bool { return name == "hook" })
		if err := errors.Join(c.Wait(t.Context(), "hook", time.Hour), c.Wait(t.Context(), "settle", time.Second)); err != nil {
			t.Fatal(err)
		}
		c.SkipIf(nil)
		if err := c.Wait(t.Context(), "hook", time.Minute); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != time.Minute+time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestAWaitThatIsHeldEndsOnlyWhenSkippedOrItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, start := New(1), time.Now()
		c.HoldIf(func(name string) bool { return name == "hook" })
		ended := make(chan error)
		go func() { ended <- c.Wait(t.Context(), "hook", time.Hour) }()
		if err := c.Wait(t.Context(), "settle", 2*time.Hour); err != nil {
			t.Fatal(err)
		}
		c.Skip("hook")
		if err := <-ended; err != nil || time.Since(start) != 2*time.Hour {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
		defer cancel()
		if err := c.Wait(ctx, "hook", time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		c.HoldIf(nil)
		if err := c.Wait(t.Context(), "hook", time.Hour); err != nil || time.Since(start) != 6*time.Hour {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}

func TestASkippedWaitIsSkippedEvenWhenItsContextEndsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(1)
		for range 100 {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- c.Wait(ctx, "hook", time.Hour) }()
			synctest.Wait()
			n := c.Skip("hook")
			cancel()
			if err := <-ended; n != 1 || err != nil {
				t.Fatalf("%d skipped: %v", n, err)
			}
		}
	})
}
