package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/appspec"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// The pause between two looks at green grows from the first to the second: ELB tells nobody when a target turns
// healthy, so the hook asks, soon at first because most greens are nearly there.
const (
	soon = 200 * time.Millisecond
	late = 2 * time.Second
)

// side is what each stage judges, and where. A stage that comes before the test listener is moved finds nothing of the
// new version anywhere, and judges what serves.
func side(stage appspec.Event) live.Side {
	switch stage {
	case appspec.BeforeInstall, appspec.AfterInstall:
		return live.BlueOnProduction
	case appspec.AfterAllowTraffic:
		return live.GreenOnProduction
	}
	return live.GreenOnTest
}

// find returns the side once its listener shows it alone and every target that its task set wants is healthy.
// Otherwise it waits until ctx ends and returns what was missing last.
func (g *Gate) find(ctx context.Context, d live.Deployment, v *Verdict) (live.Side, error) {
	names := g.deployed.Names()
	var unfit error // as it was found by a look that AWS did answer
	for wait := soon; ; wait = min(2*wait, late) {
		found, missing, err := g.look(ctx, d, names.Cluster, names.Service, v)
		if err == nil && missing == "" {
			return found, nil
		}
		if err == nil {
			unfit = fmt.Errorf("%s cannot be judged: %s", found.Color, missing)
		}
		if err != nil && errors.Is(err, context.DeadlineExceeded) {
			if unfit != nil {
				return live.Side{}, unfit
			}
			return live.Side{}, fmt.Errorf("AWS did not answer in time; is there a way from the hook's subnets to its API? %w", err)
		}
		if pause(ctx, wait) != nil {
			if err != nil {
				return live.Side{}, fmt.Errorf("%s could not be looked at: %w", found.Color, err)
			}
			return live.Side{}, unfit
		}
	}
}

func (g *Gate) look(ctx context.Context, d live.Deployment, cluster, service string, v *Verdict) (found live.Side, missing string, err error) {
	found, err = side(g.stage).Find(ctx, d, cluster, service, g.clients.Deployments, g.clients.Tasks, g.clients.Balancers)
	if err != nil {
		return found, "", err
	}
	v.TaskSet, v.TargetGroup, v.URL = aws.ToString(found.TaskSet.Id), live.ShortName(found.TargetGroup), found.URL
	if missing, err = found.Shown(ctx, g.clients.Balancers); missing != "" || err != nil {
		return found, missing, err
	}
	v.Healthy, missing, err = found.Ready(ctx, cluster, service, g.clients.Tasks, g.clients.Balancers)
	return found, missing, err
}
