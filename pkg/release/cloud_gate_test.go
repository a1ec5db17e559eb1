package release

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// Invoke is the gate function, which says no while it is shut.
func (c *client) Invoke(_ context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	return call(c, "Invoke", func(bool) (*lambda.InvokeOutput, error) {
		var r GateRequest
		if err := json.Unmarshal(in.Payload, &r); err != nil {
			return nil, err
		}
		c.inv.gates[r.Wish] = !c.shut
		c.counted["gate asked"]++
		answer, err := json.Marshal(map[string]any{"open": !c.shut, "reason": "nobody has approved it"})
		return &lambda.InvokeOutput{Payload: answer}, err
	})
}

func (c *cloud) frozen(at time.Time) bool {
	_, _, frozen := c.service.Service.Gates.Frozen(at)
	return frozen && live.ReadHand(c.hands.is, at).Thaw == nil
}

// checkGates is what holds when the loop has made a deployment: the gate function had said yes to this very wish, and
// nothing was frozen when it looked. What an operator goes back to is not asked about.
func (c *cloud) checkGates(inv *invocation, d deployed, image live.Image) {
	g := c.service.Service.Gates
	if g.Function == "" || inv.hand.Blocked != nil && inv.hand.Blocked.To == image.Digest {
		return
	}
	if !inv.gates[d.wish] {
		c.breaks("deployment %s is created though the gate did not say yes", d.id)
	}
	if _, _, frozen := g.Frozen(inv.looked); frozen && inv.hand.Thaw == nil {
		c.breaks("deployment %s is created in a freeze", d.id)
	}
}
