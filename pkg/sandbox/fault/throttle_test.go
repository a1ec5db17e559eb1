package fault_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// passed makes n calls at once and counts those that were not throttled.
func (b *bed) passed(t *testing.T, n int) (passed int) {
	t.Helper()
	for range n {
		switch got := code(b.call(release)); got {
		case "":
			passed++
		case "ThrottlingException":
		default:
			t.Fatal(got)
		}
	}
	return passed
}

func TestABucketOfTaskDefinitionsHolds20AndRefillsWithTheClock(t *testing.T) {
	for factor, refilled := range map[float64]int{1: 3, 4: 12} {
		synctest.Test(t, func(t *testing.T) {
			b := newBedAt(1, factor)
			b.add(t, fault.Throttle{})
			if n := b.passed(t, 30); n != 20 || b.made != 20 {
				t.Errorf("at once %d passed, %d were made", n, b.made)
			}
			time.Sleep(3 * time.Second)
			if n := b.passed(t, 30); n != refilled {
				t.Errorf("after 3 s on a clock %g times as fast %d passed", factor, n)
			}
			time.Sleep(time.Hour)
			if n := b.passed(t, 30); n != 20 {
				t.Errorf("after an hour %d passed", n)
			}
			p := b.plan.List()[0]
			if want := 90 - 20 - refilled - 20; p.Matched != 90 || p.Struck != want {
				t.Errorf("%d matched, %d struck of %d", p.Matched, p.Struck, want)
			}
			told := b.faults()[20]
			if !strings.Contains(told, "task definition modify actions, 20 tokens and 1 a second, is empty") {
				t.Errorf("the trail tells %q", told)
			}
			b.plan.Clear()
			if n := b.passed(t, 30); n != 30 {
				t.Errorf("without the fault %d passed", n)
			}
		})
	}
}

func TestABucketIsTheAccountsAndAServicesOwnCallsTakeNothingOut(t *testing.T) {
	b := newBed(1)
	wire.On(b.Server, "elasticloadbalancing", func(context.Context, *elb.DescribeListenersInput) (*elb.DescribeListenersOutput, error) {
		return nil, nil
	})
	wire.On(b.Server, "elasticloadbalancing", func(context.Context, *elb.ModifyListenerInput) (*elb.ModifyListenerOutput, error) {
		return nil, nil
	})
	b.add(t, fault.Throttle{Service: "elasticloadbalancing"})
	own := wire.WithCaller(t.Context(), wire.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/deploy/CodeDeploy", Role: role})
	mine := wire.WithCaller(t.Context(), wire.Caller{ARN: "arn:aws:iam::111122223333:root", AccessKey: "AKIA"})
	for i := range 60 {
		if _, err := wire.Call[elb.DescribeListenersOutput](own, b.Server, &elb.DescribeListenersInput{}); err != nil {
			t.Fatalf("the service's call %d: %v", i, err)
		}
	}
	refused := 0
	for range 60 {
		if _, err := wire.Call[elb.DescribeListenersOutput](mine, b.Server, &elb.DescribeListenersInput{}); code(err) == "ThrottlingException" {
			refused++
		}
		if _, err := wire.Call[elb.ModifyListenerOutput](mine, b.Server, &elb.ModifyListenerInput{ListenerArn: aws.String("x")}); err != nil {
			t.Fatal(err) // its bucket is not published
		}
	}
	if refused < 10 || refused > 20 { // a token comes back each 100 ms
		t.Errorf("%d of 60 were refused", refused)
	}
	if n := b.passed(t, 30); n != 30 {
		t.Errorf("%d calls of another service passed", n)
	}
	if _, err := b.plan.Add(fault.Throttle{Service: "codedeploy"}); err == nil || !strings.Contains(err.Error(), "publishes no token buckets") {
		t.Error(err)
	}
}
