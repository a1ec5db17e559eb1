package codedeploy

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// ecsService is the deployment's service as ECS tells it.
func (s *Service) ecsService(ctx context.Context, d *deployment) (*ecstypes.Service, error) {
	out, err := call[ecs.DescribeServicesOutput](ctx, s, &ecs.DescribeServicesInput{
		Cluster: d.service.ClusterName, Services: []string{*d.service.ServiceName}})
	if err != nil {
		return nil, err
	}
	if len(out.Services) == 0 || of(out.Services[0].Status) == "INACTIVE" {
		return nil, failed(types.ErrorCodeInvalidEcsService, "The ECS service %s in the cluster %s can not be found.",
			*d.service.ServiceName, *d.service.ClusterName)
	}
	return &out.Services[0], nil
}

// primaryOf a service; nil when it has none.
func primaryOf(service ecstypes.Service) *ecstypes.TaskSet {
	i := slices.IndexFunc(service.TaskSets, func(t ecstypes.TaskSet) bool { return of(t.Status) == "PRIMARY" })
	if i < 0 {
		return nil
	}
	return &service.TaskSets[i]
}

// discover takes the PRIMARY task set as the original one, and of the pair the other group for the replacement. A
// rollback looks whether its original still lives; if not, it deploys its revision anew.
func (r *run) discover() error {
	service, err := r.s.ecsService(r.ctx, r.d)
	if err != nil {
		return r.from(servedByECS, err)
	}
	if r.d.undoes != nil {
		blue := r.standing().blue.id
		r.undoing = slices.ContainsFunc(service.TaskSets, func(t ecstypes.TaskSet) bool {
			return of(t.Id) == blue && of(t.Status) != "DRAINING"
		})
		if r.undoing {
			return nil
		}
		r.s.change(r.d, func() { r.d.found = standing{} })
	}
	if r.d.content == "" {
		return failed(types.ErrorCodeRevisionMissing, "The deployment failed because there is no revision to deploy.")
	}
	blue := primaryOf(*service)
	if blue == nil || len(blue.LoadBalancers) == 0 {
		return failed(types.ErrorCodeInvalidEcsService, "The ECS service %s has no primary task set behind a load balancer.", *r.d.service.ServiceName)
	}
	groups, err := r.s.groupsNamed(r.ctx, r.d.pair.TargetGroups)
	if err != nil {
		return r.from(servedByELB, err)
	}
	i := slices.Index(groups, of(blue.LoadBalancers[0].TargetGroupArn))
	if i < 0 {
		return r.mismatch(r.d.pair.ProdTrafficRoute.ListenerArns[0])
	}
	r.s.change(r.d, func() {
		r.d.found.desired = service.DesiredCount
		r.d.found.blue = taskSet{id: of(blue.Id), group: groups[i], groupName: *r.d.pair.TargetGroups[i].Name, seen: *blue}
		r.d.found.green = taskSet{group: groups[1-i], groupName: *r.d.pair.TargetGroups[1-i].Name}
	})
	return nil
}

func (r *run) mismatch(name string) *failure {
	return failed(types.ErrorCode(r.s.assumes.ListenerCode), "The ELB could not be updated due to the following error: "+
		"Primary taskset target group must be behind listener %s", name)
}
