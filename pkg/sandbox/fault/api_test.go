package fault_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// bed is a wire with one operation, disturbed by a plan.
type bed struct {
	*wire.Server
	plan    *fault.Plan
	made    int // calls that took effect
	crashed []string
}

func newBed(seed uint64) *bed { return newBedAt(seed, 1) }

func newBedAt(seed uint64, factor float64) *bed {
	b := &bed{}
	b.plan = fault.New(fault.Options{Seed: seed, Clock: clock.New(factor), Server: func() *wire.Server { return b.Server },
		Crash: func(function string) int { b.crashed = append(b.crashed, function); return 1 }})
	b.Server = wire.New(wire.Options{Account: "111122223333", Region: "us-east-1", Around: b.plan.Around})
	wire.On(b.Server, "ecs", func(context.Context, *sdk.RegisterTaskDefinitionInput) (*sdk.RegisterTaskDefinitionOutput, error) {
		b.made++
		return nil, nil
	})
	return b
}

func (b *bed) add(t *testing.T, faults ...fault.Fault) {
	t.Helper()
	for _, f := range faults {
		if _, err := b.plan.Add(f); err != nil {
			t.Fatal(err)
		}
	}
}

const role = "arn:aws:iam::111122223333:role/release"

func (b *bed) call(by string) error {
	ctx := wire.WithCaller(context.Background(), wire.Caller{ARN: by, Role: role, AccessKey: "ASIA"})
	_, err := wire.Call[sdk.RegisterTaskDefinitionOutput](ctx, b.Server, &sdk.RegisterTaskDefinitionInput{Family: aws.String("web")})
	return err
}

const release = "arn:aws:sts::111122223333:assumed-role/release/web-release"

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func (b *bed) faults() (all []string) {
	for _, e := range b.Trail() {
		all = append(all, e.Fault)
	}
	return all
}

func TestACallFailsBeforeOrAfterItsEffectAndTheTrailSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		after bool
		made  int
		told  string
	}{
		"before": {false, 0, "refused"},
		"after":  {true, 1, "answered with an error though it happened"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(0)
			b.add(t, fault.API{Service: "ecs", Action: "RegisterTaskDefinition", Caller: "*release*", Code: "ThrottlingException", After: c.after, Times: 1})
			if err := b.call(release); code(err) != "ThrottlingException" || b.made != c.made {
				t.Errorf("%v, %d made", err, b.made)
			}
			if err := b.call(release); err != nil || b.made != c.made+1 {
				t.Errorf("once only: %v, %d made", err, b.made)
			}
			if d := cmp.Diff([]string{c.told, ""}, b.faults()); d != "" {
				t.Error(d)
			}
			if e := b.Trail()[0]; e.Error != "ThrottlingException" || e.Caller.ARN != release {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestOtherCallersAreLeftAlone(t *testing.T) {
	b := newBed(0)
	b.add(t, fault.API{Service: "ecs", Caller: "*/CodeDeploy", Code: "InternalFailure"}, fault.Deny{Principal: "*/CodeDeploy", Action: "ecs:*"},
		fault.API{Service: "lambda", Code: "InternalFailure"}, fault.API{Action: "Describe*", Code: "InternalFailure"})
	if err := b.call(release); err != nil {
		t.Error(err)
	}
}

func TestACallIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, start := newBed(0), time.Now()
		b.add(t, fault.API{Delay: time.Second}, fault.API{Delay: 2 * time.Second, After: true})
		if err := b.call(release); err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestARevokedPermissionReadsLikeADenial(t *testing.T) {
	b := newBed(0)
	b.add(t, fault.Deny{Principal: role, Action: "ecs:RegisterTaskDefinition"})
	err := b.call(release)
	if code(err) != "AccessDeniedException" || b.made != 0 ||
		!strings.Contains(err.Error(), "User: "+release+" is not authorized to perform: ecs:RegisterTaskDefinition with an explicit deny") {
		t.Error(err)
	}
}

func TestAFunctionCrashesBeforeOrAfterItsCall(t *testing.T) {
	for crash, made := range map[string]int{fault.Before: 0, fault.After: 1} {
		b := newBed(0)
		b.add(t, fault.Function{Name: "*-release", Crash: crash, Call: "ecs:RegisterTaskDefinition", Times: 1})
		_ = b.call(release)
		if d := cmp.Diff([]string{"web-release"}, b.crashed); d != "" || b.made != made {
			t.Errorf("%s: %d made, %s", crash, b.made, d)
		}
		if d := cmp.Diff([]string{"function web-release crashes " + crash + " this call"}, b.faults()); d != "" {
			t.Error(d)
		}
		if b.plan.Execution("web-release").CrashBefore {
			t.Error("a crash at a call is none at the start")
		}
	}
}

// pattern is which of a hundred calls were struck.
func pattern(t *testing.T, seed uint64, faults ...fault.Fault) string {
	b := newBed(seed)
	b.add(t, faults...)
	var out strings.Builder
	for range 100 {
		if b.call(release) == nil {
			out.WriteByte('.')
		} else {
			out.WriteByte('x')
		}
	}
	return out.String()
}

func TestTheSameSeedStrikesTheSameCalls(t *testing.T) {
	half := fault.API{Code: "InternalFailure", Chance: 0.5}
	one := pattern(t, 1, half)
	if strings.Count(one, "x") < 20 || strings.Count(one, "x") > 80 {
		t.Errorf("half of them: %s", one)
	}
	if again := pattern(t, 1, half); again != one {
		t.Errorf("\n%s\n%s", one, again)
	}
	if other := pattern(t, 2, half); other == one {
		t.Error("another seed draws the same")
	}
	if beside := pattern(t, 1, half, fault.API{Service: "lambda", Code: "X", Chance: 0.3}); beside != one {
		t.Error("another fault shifts the draws")
	}
}

func TestSkipAndTimesCountOccasions(t *testing.T) {
	if got := pattern(t, 0, fault.API{Code: "X", Skip: 2, Times: 3}); got[:8] != "..xxx..." {
		t.Error(got)
	}
	b := newBed(0)
	b.add(t, fault.API{Code: "X", Skip: 2, Times: 3})
	for range 10 {
		_ = b.call(release)
	}
	if p := b.plan.List()[0]; p.Matched != 10 || p.Struck != 3 {
		t.Errorf("%+v", p)
	}
}

func TestFaultsAreRemovedOneByOneAndTogether(t *testing.T) {
	b := newBed(0)
	b.add(t, fault.API{Code: "A"}, fault.API{Code: "B"}, fault.API{Code: "C"})
	if !b.plan.Remove(1) || b.plan.Remove(1) {
		t.Error("the first is there once")
	}
	if err := b.call(release); code(err) != "B" {
		t.Error(err)
	}
	if b.plan.Clear() != 2 || b.call(release) != nil || len(b.plan.List()) != 0 {
		t.Error("something is left")
	}
}
