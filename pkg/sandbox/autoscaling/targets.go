package autoscaling

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	aas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/uuid"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// target is a scalable target with its policies, guarded by Service.mu.
type target struct {
	types.ScalableTarget
	policies map[string]*policy // by name
	stop     context.CancelFunc // of its look; nil while it has no policy
	last     change
}

var serviceID = regexp.MustCompile(`^service/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+$`)

func invalid(format string, args ...any) error {
	return &types.ValidationException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func missing(what, id string) error {
	return &types.ObjectNotFoundException{Message: aws.String(fmt.Sprintf(
		"No %s found for service namespace: ecs, resource ID: %s, scalable dimension: ecs:service:DesiredCount", what, id))}
}

// check refuses what is not an ECS service's desired count.
func check(namespace types.ServiceNamespace, id *string, dimension types.ScalableDimension) error {
	switch {
	case namespace != types.ServiceNamespaceEcs:
		return invalid("The sandbox scales ECS services, not %s.", namespace)
	case dimension != types.ScalableDimensionECSServiceDesiredCount:
		return invalid("Unsupported service namespace, resource type or scalable dimension: %s", dimension)
	case !serviceID.MatchString(aws.ToString(id)):
		return invalid("Unsupported service namespace, resource type or scalable dimension: %s is not service/<cluster>/<service>", aws.ToString(id))
	}
	return nil
}

// registerScalableTarget registers a target or changes what the call names of it; the rest stays. The count of a service
// that is ACTIVE is brought within the limits
// (https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html).
func (s *Service) registerScalableTarget(ctx context.Context, in *aas.RegisterScalableTargetInput) (*aas.RegisterScalableTargetOutput, error) {
	if err := check(in.ServiceNamespace, in.ResourceId, in.ScalableDimension); err != nil {
		return nil, err
	}
	if len(in.Tags) > 0 {
		return nil, invalid("The sandbox keeps no tags of scalable targets.")
	}
	service, err := s.service(ctx, *in.ResourceId)
	if err != nil {
		return nil, err
	}
	if service == nil || aws.ToString(service.Status) == "INACTIVE" {
		return nil, invalid("ECS service doesn't exist: %s", *in.ResourceId)
	}
	t, err := s.keep(in)
	if err != nil {
		return nil, err
	}
	if count := min(max(service.DesiredCount, *t.MinCapacity), *t.MaxCapacity); count != service.DesiredCount && aws.ToString(service.Status) == "ACTIVE" {
		s.scale(ctx, t, count, "setting the capacity within the minimum and maximum")
	}
	return &aas.RegisterScalableTargetOutput{ScalableTargetARN: t.ScalableTargetARN}, nil
}

// keep makes the target or changes it.
func (s *Service) keep(in *aas.RegisterScalableTargetInput) (types.ScalableTarget, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, known := s.targets[*in.ResourceId]
	t := types.ScalableTarget{
		ServiceNamespace: in.ServiceNamespace, ResourceId: in.ResourceId, ScalableDimension: in.ScalableDimension, CreationTime: aws.Time(s.opts.Clock.Now()),
		ScalableTargetARN: aws.String(fmt.Sprintf("arn:aws:application-autoscaling:%s:%s:scalable-target/%s", s.opts.Region, s.opts.Account,
			strings.ReplaceAll(uuid.NewString(), "-", ""))),
		RoleARN: aws.String("arn:aws:iam::" + s.opts.Account + ":role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"),
	}
	if known {
		t = old.ScalableTarget
	}
	for _, m := range []struct{ to, from **int32 }{{&t.MinCapacity, &in.MinCapacity}, {&t.MaxCapacity, &in.MaxCapacity}} {
		if *m.from != nil {
			*m.to = *m.from
		}
	}
	switch {
	case t.MinCapacity == nil || t.MaxCapacity == nil:
		return t, invalid("MinCapacity and MaxCapacity are required to register a scalable target.")
	case *t.MinCapacity < 0 || *t.MaxCapacity < *t.MinCapacity:
		return t, invalid("Maximum capacity cannot be less than minimum capacity")
	}
	t.SuspendedState = suspended(t.SuspendedState, in.SuspendedState)
	if !known {
		old = &target{policies: map[string]*policy{}}
		s.targets[*in.ResourceId] = old
	}
	old.ScalableTarget = t
	return t, nil
}

// suspended is what stands with what is asked for: a kind that is not named stays as it is.
func suspended(is, asked *types.SuspendedState) *types.SuspendedState {
	out := types.SuspendedState{DynamicScalingInSuspended: aws.Bool(false), DynamicScalingOutSuspended: aws.Bool(false), ScheduledScalingSuspended: aws.Bool(false)}
	for _, from := range []*types.SuspendedState{is, asked} {
		if from == nil {
			continue
		}
		for _, m := range []struct{ to, from **bool }{
			{&out.DynamicScalingInSuspended, &from.DynamicScalingInSuspended},
			{&out.DynamicScalingOutSuspended, &from.DynamicScalingOutSuspended},
			{&out.ScheduledScalingSuspended, &from.ScheduledScalingSuspended},
		} {
			if *m.from != nil {
				*m.to = *m.from
			}
		}
	}
	return &out
}

func (s *Service) describeScalableTargets(_ context.Context, in *aas.DescribeScalableTargetsInput) (*aas.DescribeScalableTargetsOutput, error) {
	out := &aas.DescribeScalableTargetsOutput{ScalableTargets: []types.ScalableTarget{}}
	if in.ServiceNamespace != types.ServiceNamespaceEcs {
		return out, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.targets)) {
		t := s.targets[id]
		if (len(in.ResourceIds) == 0 || slices.Contains(in.ResourceIds, id)) && (in.ScalableDimension == "" || in.ScalableDimension == t.ScalableDimension) {
			out.ScalableTargets = append(out.ScalableTargets, t.ScalableTarget)
		}
	}
	return out, nil
}

// deregisterScalableTarget deletes a target with its policies.
func (s *Service) deregisterScalableTarget(_ context.Context, in *aas.DeregisterScalableTargetInput) (*aas.DeregisterScalableTargetOutput, error) {
	if err := check(in.ServiceNamespace, in.ResourceId, in.ScalableDimension); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.targets[*in.ResourceId]
	if t == nil {
		return nil, missing("scalable target", *in.ResourceId)
	}
	t.halt()
	delete(s.targets, *in.ResourceId)
	return &aas.DeregisterScalableTargetOutput{}, nil
}

// service as ECS describes it to its caller, whose permissions AWS checks too; nil when there is none.
func (s *Service) service(ctx context.Context, id string) (*ecstypes.Service, error) {
	cluster, name := parts(id)
	out, err := wire.Call[ecs.DescribeServicesOutput](ctx, s.srv, &ecs.DescribeServicesInput{Cluster: &cluster, Services: []string{name}})
	if err != nil {
		return nil, invalid("ECS: %v", err)
	}
	if len(out.Services) == 0 {
		return nil, nil
	}
	return &out.Services[0], nil
}

func parts(id string) (cluster, service string) {
	cluster, service, _ = strings.Cut(strings.TrimPrefix(id, "service/"), "/")
	return cluster, service
}
