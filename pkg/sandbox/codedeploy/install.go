package codedeploy

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	installLimit = 60 * time.Minute
	shortest     = time.Minute // of a deadline over real work, whatever the clock
	installText  = "The deployment timed out while waiting for the replacement task set to become healthy. This time out period is 60 minutes."
)

// install checks the listener, creates the replacement task set and waits until it is steady.
func (r *run) install() error {
	if err := r.checkListener(r.d.pair.ProdTrafficRoute.ListenerArns[0]); err != nil {
		return err
	}
	if t := testListener(r.d.pair); t != "" && r.s.assumes.TestListenerChecked {
		if err := r.checkListener(t); err != nil {
			return err
		}
	}
	found := r.standing()
	if r.d.traffic.Type != types.TrafficRoutingTypeAllAtOnce {
		err := r.s.attachIdle(r.ctx, r.d.pair.ProdTrafficRoute.ListenerArns[0], []string{found.blue.group, found.green.group})
		if err != nil {
			return r.from(servedByELB, err)
		}
	}
	if r.s.assumes.SteadyBlueFirst {
		if err := r.settle(found.blue.id, blueText); err != nil {
			return err
		}
	}
	service, err := r.s.ecsService(r.ctx, r.d)
	if err != nil {
		return r.from(servedByECS, err)
	}
	out, err := call[ecs.CreateTaskSetOutput](r.ctx, r.s, r.replacement(service))
	if err != nil {
		return r.from(servedByECS, err)
	}
	r.s.change(r.d, func() { r.d.found.green.id, r.d.found.green.seen = of(out.TaskSet.Id), *out.TaskSet })
	return r.settle(of(out.TaskSet.Id), installText)
}

// replacement is what ECS is asked for: the AppSpec's settings, and the service's where it is silent.
func (r *run) replacement(service *ecstypes.Service) *ecs.CreateTaskSetInput {
	blue, green := r.standing().blue.seen, r.standing().green.group
	in := &ecs.CreateTaskSetInput{
		Cluster:        r.d.service.ClusterName,
		Service:        r.d.service.ServiceName,
		ExternalId:     r.d.info.DeploymentId,
		ClientToken:    r.d.info.DeploymentId, // a repeated call makes no second task set
		TaskDefinition: new(r.spec.TaskDefinition),
		LoadBalancers: []ecstypes.LoadBalancer{{
			TargetGroupArn: new(green),
			ContainerName:  new(r.spec.ContainerName),
			ContainerPort:  new(int32(r.spec.ContainerPort)),
		}},
		NetworkConfiguration:     blue.NetworkConfiguration,
		LaunchType:               blue.LaunchType,
		CapacityProviderStrategy: blue.CapacityProviderStrategy,
		ServiceRegistries:        blue.ServiceRegistries,
		Scale:                    &ecstypes.Scale{Unit: ecstypes.ScaleUnitPercent, Value: 100},
	}
	if in.NetworkConfiguration == nil {
		in.NetworkConfiguration = service.NetworkConfiguration
	}
	if n := r.spec.Network; n != nil {
		in.NetworkConfiguration = &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: n.Subnets, SecurityGroups: n.SecurityGroups, AssignPublicIp: ecstypes.AssignPublicIp(n.AssignPublicIP)}}
	}
	if len(r.spec.CapacityProviders) > 0 {
		in.CapacityProviderStrategy = nil
		for _, c := range r.spec.CapacityProviders {
			in.CapacityProviderStrategy = append(in.CapacityProviderStrategy, ecstypes.CapacityProviderStrategyItem{
				CapacityProvider: new(c.CapacityProvider), Base: int32(c.Base), Weight: int32(c.Weight)})
		}
	}
	if in.LaunchType == "" && len(in.CapacityProviderStrategy) == 0 {
		in.LaunchType, in.CapacityProviderStrategy = service.LaunchType, service.CapacityProviderStrategy
	}
	fargate := in.LaunchType == ecstypes.LaunchTypeFargate
	if len(in.CapacityProviderStrategy) > 0 {
		in.LaunchType = ""
		fargate = strings.HasPrefix(of(in.CapacityProviderStrategy[0].CapacityProvider), "FARGATE")
	}
	if in.PlatformVersion = new(r.spec.PlatformVersion); *in.PlatformVersion == "" {
		in.PlatformVersion = nil
		if fargate {
			in.PlatformVersion = new("LATEST") // never the service's own pinned version
		}
	}
	return in
}

// settle waits for a task set's STEADY_STATE, looking again whenever something changed; late is the failure's text.
func (r *run) settle(id, late string) error {
	deadline := time.Now().Add(r.s.opts.Clock.Deadline(installLimit, shortest))
	for {
		changed := r.s.opts.Changed()
		service, err := r.s.ecsService(r.ctx, r.d)
		if err != nil {
			return r.from(servedByECS, err)
		}
		i := slices.IndexFunc(service.TaskSets, func(t ecstypes.TaskSet) bool { return of(t.Id) == id })
		if i < 0 || of(service.TaskSets[i].Status) == "DRAINING" {
			return failed(types.ErrorCodeEcsUpdateError, "The ECS service cannot be updated due to an unexpected error: "+
				"The task set %s was deleted. Check your ECS service status.", id)
		}
		if service.TaskSets[i].StabilityStatus == ecstypes.StabilityStatusSteadyState {
			return nil
		}
		early, err := r.wait("install", time.Until(deadline), changed)
		if err != nil {
			return err
		}
		if !early {
			return failed(types.ErrorCode(r.s.assumes.InstallTimeoutCode), "%s", late)
		}
	}
}
