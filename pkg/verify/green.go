package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// The pause between two looks at green grows from the first to the second: ELB tells nobody when a target turns
// healthy, so the hook asks, soon at first because most greens are nearly there.
const (
	soon = 200 * time.Millisecond
	late = 2 * time.Second
)

// green returns green once the test listener shows it alone and every target that its task set wants is healthy.
// Otherwise it waits until ctx ends and returns what was missing last.
func (g *Gate) green(ctx context.Context, d live.Deployment, v *Verdict) (live.Green, error) {
	names := g.deployed.Names()
	for wait := soon; ; wait = min(2*wait, late) {
		green, missing, err := g.look(ctx, d, names.Cluster, names.Service, v)
		if err == nil && missing == "" {
			return green, nil
		}
		if err != nil && errors.Is(err, context.DeadlineExceeded) {
			return live.Green{}, fmt.Errorf("AWS did not answer in time; is there a way from the hook's subnets to its API? %w", err)
		}
		if pause(ctx, wait) != nil {
			if err != nil {
				return live.Green{}, fmt.Errorf("green could not be looked at: %w", err)
			}
			return live.Green{}, fmt.Errorf("green cannot be judged: %s", missing)
		}
	}
}

func (g *Gate) look(ctx context.Context, d live.Deployment, cluster, service string, v *Verdict) (green live.Green, missing string, err error) {
	green, err = live.FindGreen(ctx, d, cluster, service, g.clients.Deployments, g.clients.Tasks, g.clients.Balancers)
	if err != nil {
		return green, "", err
	}
	v.TaskSet, v.TargetGroup, v.URL = *green.TaskSet.Id, live.ShortName(green.TargetGroup), green.TestURL
	if missing, err = green.Shown(ctx, g.clients.Balancers); missing != "" || err != nil {
		return green, missing, err
	}
	v.Healthy, missing, err = green.Ready(ctx, cluster, service, g.clients.Tasks, g.clients.Balancers)
	return green, missing, err
}
