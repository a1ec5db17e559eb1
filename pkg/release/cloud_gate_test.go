package release

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/call/lambda"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// Invoke is the gate function, which says no while it is shut.
func (c *client) Invoke(_ context.Context, in *lambda.InvokeInput) (*lambda.InvokeOutput, error) {
	return reply(c, "Invoke", func(bool) (*lambda.InvokeOutput, error) {
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

// bad reports whether an image's scan finds something that no gate lets through.
func bad(n int) bool { return n%5 == 3 }

// scanned lets the scan of an image end in a while, with its event.
func (c *cloud) scanned(n int) {
	if c.service.Service.Gates.Scan == nil {
		return
	}
	c.at(time.Duration(20+n*17%90)*time.Second, func() {
		c.scans[n] = true
		c.epoch++
		c.say("image %d has been scanned; bad: %v", n, bad(n))
		c.emit("the scan of image "+itoa(n), fmt.Sprintf(`{"source": "aws.ecr", "detail-type": "ECR Image Scan", "time": %q, "detail": {
			"scan-status": "COMPLETE", "repository-name": "sample-website", "image-digest": %q, "image-tags": []}}`, c.now.Format(time.RFC3339), digestOf(n)))
	})
}

func (c *client) DescribeImageScanFindings(_ context.Context, in *ecr.DescribeImageScanFindingsInput) (*ecr.DescribeImageScanFindingsOutput, error) {
	return reply(c, "DescribeImageScanFindings", func(bool) (*ecr.DescribeImageScanFindingsOutput, error) {
		n := number(in.ImageId.ImageDigest)
		if !c.scans[n] {
			c.counted["scan asked for before it ended"]++
			return &ecr.DescribeImageScanFindingsOutput{ImageScanStatus: &ecr.ImageScanStatus{Status: ecrtypes.ScanStatusInProgress}}, nil
		}
		found := &ecr.ImageScanFindings{}
		if bad(n) {
			c.counted["scan found something"]++
			found.Findings = []ecr.ImageScanFinding{{Name: "CVE-1", Severity: ecrtypes.FindingSeverityHigh}}
		}
		return &ecr.DescribeImageScanFindingsOutput{ImageScanStatus: &ecr.ImageScanStatus{Status: ecrtypes.ScanStatusComplete}, ImageScanFindings: found}, nil
	})
}

// checkGates is what holds when the loop has made a deployment: the gate function had said yes to this very wish, and
// nothing was frozen when it looked. What an operator goes back to is not asked about.
func (c *cloud) checkGates(inv *invocation, d deployed, image live.Image) {
	g := c.service.Service.Gates
	if g.Function == "" || inv.hand.Blocked != nil && inv.hand.Blocked.To == image.Digest {
		return
	}
	was, _ := inv.primary.Image("sample-website")
	if n := number(image.Digest); g.Scan != nil && was.Digest != image.Digest && (!c.scans[n] || bad(n)) {
		c.breaks("deployment %s is created of image %d, whose scan does not let it through", d.id, n)
	}
	if !inv.gates[d.wish] {
		c.breaks("deployment %s is created though the gate did not say yes", d.id)
	}
	if _, _, frozen := g.Frozen(inv.looked); frozen && inv.hand.Thaw == nil {
		c.breaks("deployment %s is created in a freeze", d.id)
	}
}
