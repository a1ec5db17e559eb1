package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// end is what became of every pushed version, in the order of the pushes.
func (s *story) end() result {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r := result{Requests: s.users.counts()}
	byVersion := s.deployments(ctx)
	for i, p := range s.pushes {
		d, ok := byVersion[p.version]
		if !ok {
			row := deployed{Version: p.version, Outcome: "Superseded", Reason: "no deployment was needed"}
			if i+1 < len(s.pushes) {
				next := s.pushes[i+1]
				row.Reason = fmt.Sprintf("%s was pushed before its deployment could begin", next.version)
				row.Seconds = seconds2(next.at.Sub(p.at))
			}
			r.Deployments = append(r.Deployments, row)
			continue
		}
		r.Deployments = append(r.Deployments, s.row(p, d))
	}
	if version, _, err := look(s.users.client, s.production); err == nil && version > 0 {
		r.Live = fmt.Sprintf("v%d", version)
	}
	if fault := s.users.firstFault(); fault != "" {
		s.say("The first thing that went wrong for a user: %s", fault)
	}
	return r
}

func (s *story) row(p push, d live.Deployment) deployed {
	row := deployed{ID: aws.ToString(d.DeploymentId), Version: p.version, Outcome: string(d.Status)}
	until := aws.ToTime(d.CompleteTime)
	if moved := d.Ends(live.AllowTraffic); moved != nil && row.Outcome == "Succeeded" {
		until = *moved // live from here on; blue's wait is not the user's
	}
	row.Seconds = seconds2(until.Sub(p.at))
	if v, ok := s.logs.verdict(row.ID); ok {
		row.Reason = v.Reason
	} else if d.ErrorInformation != nil {
		row.Reason = aws.ToString(d.ErrorInformation.Message)
	}
	if d.RollbackInfo != nil && d.RollbackInfo.RollbackDeploymentId != nil {
		row.Reason += "; rolled back by " + *d.RollbackInfo.RollbackDeploymentId
	}
	return row
}

// deployments are the newest of each version, rollbacks left out.
func (s *story) deployments(ctx context.Context) map[string]live.Deployment {
	list, err := s.readers.Lister.ListDeployments(ctx, &codedeploy.ListDeploymentsInput{
		ApplicationName: &s.names.Application, DeploymentGroupName: &s.names.DeploymentGroup,
	})
	if err != nil {
		return nil
	}
	all := map[string]live.Deployment{}
	slices.Reverse(list.Deployments) // the newest comes first, and is to win
	for _, id := range list.Deployments {
		if version := s.logs.version(id); version != "" {
			if d, err := live.ReadDeployment(ctx, s.readers.Deployments, id, s.names.Cluster, s.names.Service); err == nil {
				all[version] = d
			}
		}
	}
	return all
}

func seconds2(d time.Duration) float64 {
	return float64(d.Round(10*time.Millisecond)) / float64(time.Second)
}

func (u *users) firstFault() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.fault
}
