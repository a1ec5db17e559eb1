package verify

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/verify/compare"
)

// compare holds green against blue, which must be proven to serve production before and after.
func (g *Gate) compare(ctx context.Context, d live.Deployment, greenURL string, proof *Proof) *Comparison {
	suite, names := g.deployed.Suite(), g.deployed.Names()
	told := &Comparison{Observed: suite.Compare.Observe, Lenient: suite.Compare.Inconclusive == config.InconclusivePasses}
	unproven := func(format string, args ...any) *Comparison {
		told.Outcome, told.Reason = compare.Inconclusive, fmt.Sprintf(format, args...)
		return told
	}
	blue, err := live.BlueOnProduction.Find(ctx, d, names.Cluster, names.Service, g.clients.Deployments, g.clients.Tasks, g.clients.Balancers)
	if err != nil {
		return unproven("blue could not be looked at: %v", err)
	}
	revision, err := live.ReadRevision(ctx, g.clients.Tasks, aws.ToString(blue.TaskSet.TaskDefinition))
	if err != nil {
		return unproven("%v", err)
	}
	image, ours := served(revision, g.deployed.Service.Wanted())
	if !ours {
		told.Outcome = compare.Skipped
		told.Reason = fmt.Sprintf("what serves, %s, is no earlier version of this service but a placeholder or something else", image)
		return told
	}
	switch problem, err := blue.Shown(ctx, g.clients.Balancers); {
	case err != nil:
		return unproven("whether production shows blue could not be read: %v", err)
	case problem != "":
		return unproven("%s", problem)
	}
	switch _, problem, err := blue.Ready(ctx, names.Cluster, names.Service, g.clients.Tasks, g.clients.Balancers); {
	case err != nil:
		return unproven("blue's health could not be read: %v", err)
	case problem != "":
		told.Outcome, told.Reason = compare.Skipped, "blue is not well itself: "+problem
		return told
	}
	told = contend(ctx, g.clients.HTTP, blue.URL, greenURL, suite, proof)
	told.BlueImage = image
	switch problem, err := blue.Shown(ctx, g.clients.Balancers); {
	case err != nil:
		return unproven("whether production still showed blue could not be read: %v", err)
	case problem != "":
		return unproven("production was changed during the comparison: %s", problem)
	}
	return told
}

// served is the image that blue runs, and whether it is one of the service's own. A service begins on a placeholder,
// whose answers say nothing.
func served(revision *live.Revision, wanted []config.Image) (image string, ours bool) {
	for _, w := range wanted {
		c := revision.Container(w.Container)
		if c == nil {
			continue
		}
		image = aws.ToString(c.Image)
		name, _, _ := strings.Cut(image, "@")
		if colon := strings.LastIndex(name, ":"); colon > strings.LastIndex(name, "/") {
			name = name[:colon]
		}
		if strings.HasSuffix(name, "/"+w.Repository) {
			return image, true
		}
	}
	if image == "" {
		image = "revision " + revision.ARN()
	}
	return image, false
}
