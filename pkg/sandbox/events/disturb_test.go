package events_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox/events"
)

func TestAnEventIsDeliveredAsOftenAndAsLateAsItIsDisturbed(t *testing.T) {
	for name, times := range map[string][]time.Duration{
		"lost": nil, "as it should be": {0}, "doubled": {0, 0}, "late": {time.Hour}, "twice, once late": {0, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, func(o *events.Options) { o.Disturb = func(events.Event) []time.Duration { return times } })
				b.rule(t, ecr(), types.Target{Id: aws.String("1"), Arn: aws.String(function)})
				start := time.Now()
				b.Emit("aws.ecr", "ECR Image Action", nil, pushed("v1"))
				time.Sleep(2 * time.Hour) // of the bubble's time
				synctest.Wait()
				var got []time.Duration
				for _, i := range b.invoked {
					got = append(got, i.at.Sub(start))
				}
				if d := cmp.Diff(times, got); d != "" {
					t.Error(d)
				}
				if len(b.invoked) == 2 && b.invoked[0].payload != b.invoked[1].payload {
					t.Error("the same event, with the same id, was to come twice")
				}
			})
		})
	}
}

func TestCloseDoesNotWaitForLateEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, func(o *events.Options) {
			o.Disturb = func(events.Event) []time.Duration { return []time.Duration{time.Hour} }
		})
		b.rule(t, ecr(), types.Target{Id: aws.String("1"), Arn: aws.String(function)})
		start := time.Now()
		b.Emit("aws.ecr", "ECR Image Action", nil, pushed("v1"))
		b.Close()
		b.Emit("aws.ecr", "ECR Image Action", nil, pushed("v2"))
		if time.Since(start) > 0 || len(b.invoked) > 0 {
			t.Errorf("after %v, %d delivered", time.Since(start), len(b.invoked))
		}
	})
}
