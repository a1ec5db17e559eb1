package verify

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// Progress is one check that is over while the others are still made, for whoever looks on. The hook writes it into its
// log under the key "progress"; the verdict, which comes at the end, has it all.
type Progress struct {
	Deployment string `json:"deployment"`
	// Stage is the lifecycle event whose hook judges.
	Stage     string  `json:"stage"`
	Check     string  `json:"check"`
	Status    int     `json:"status,omitempty"`
	LatencyMS float64 `json:"latencyMs,omitempty"`
	// Problem is the first that was found; empty when the check holds.
	Problem string `json:"problem,omitempty"`
	// Made checks of all.
	Made int `json:"made"`
	All  int `json:"all"`
}

// tell writes each check into the log as it is over.
func (g *Gate) tell(ctx context.Context, d live.Deployment) func(CheckResult) {
	made := 0
	return func(c CheckResult) {
		made++
		p := Progress{
			Deployment: aws.ToString(d.DeploymentId), Stage: string(g.stage), Check: c.Name, Status: c.Status, LatencyMS: c.LatencyMS,
			Made: made, All: len(g.deployed.Suite().Checks),
		}
		if !c.Holds() {
			p.Problem = c.Problems[0]
		}
		g.log.InfoContext(ctx, "check", "progress", p)
	}
}
