package doctor

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	aas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// read looks at all parts of a set-up, in two rounds of parallel reads: the second needs the first's answers.
func (c *Clients) read(ctx context.Context, s subject) *facts {
	s.region = c.Region
	f := &facts{subject: s, failed: map[part]error{}, attributes: map[string]map[string]string{}, hooked: map[string]*lambda.GetFunctionConfigurationOutput{}}
	first := map[part]func(context.Context, *facts) error{
		ofService: c.services, ofGroup: c.groups, ofDeployments: c.newest, ofHooks: c.hookFunctions, ofScaling: c.scales, ofSchedule: c.schedules, ofEvents: c.eventRules, ofStarts: c.startsRule,
		ofKeys: c.describeKeys, ofKeyPolicies: c.keyPolicies,
	}
	round(ctx, f, first)
	if f.stands() {
		round(ctx, f, map[part]func(context.Context, *facts) error{
			ofRevision: c.revision, ofListeners: c.listeners, ofRules: c.rules, ofDoors: c.doors, ofTargets: c.targets, ofAlarms: c.alarms, ofRole: c.role,
		})
	}
	return f
}

// round reads some parts at the same time.
func round(ctx context.Context, f *facts, reads map[part]func(context.Context, *facts) error) {
	var running sync.WaitGroup
	for of, read := range reads {
		running.Go(func() { f.fail(of, read(ctx, f)) })
	}
	running.Wait()
}

// missing tells an error that says that something is not there.
func missing[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

func (c *Clients) services(ctx context.Context, f *facts) error {
	out, err := c.Services.DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: &f.names.Cluster, Services: []string{f.names.Service}, Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags},
	})
	if call.Refused(err, ecs.ClusterNotFound) {
		return nil
	}
	if err == nil && len(out.Services) > 0 && aws.ToString(out.Services[0].Status) == live.StatusActive {
		f.service = &out.Services[0]
	}
	return err
}

func (c *Clients) groups(ctx context.Context, f *facts) error {
	out, err := c.Deployments.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: &f.names.Application, DeploymentGroupName: &f.names.DeploymentGroup})
	if live.NoGroup(err) {
		return nil
	}
	if err == nil {
		f.group = out.DeploymentGroupInfo
	}
	return err
}

// newest are the newest deployments, of which BatchGetDeployments tells at most 25.
func (c *Clients) newest(ctx context.Context, f *facts) error {
	list, err := c.Deployments.ListDeployments(ctx, &codedeploy.ListDeploymentsInput{ApplicationName: &f.names.Application, DeploymentGroupName: &f.names.DeploymentGroup})
	if live.NoGroup(err) {
		return nil
	}
	if err != nil || len(list.Deployments) == 0 {
		return err
	}
	ids := list.Deployments[:min(len(list.Deployments), 25)]
	out, err := c.Deployments.BatchGetDeployments(ctx, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: ids})
	if err != nil {
		return err
	}
	f.deployments = out.DeploymentsInfo
	slices.SortStableFunc(f.deployments, func(a, b cdtypes.DeploymentInfo) int {
		return slices.Index(ids, aws.ToString(a.DeploymentId)) - slices.Index(ids, aws.ToString(b.DeploymentId))
	})
	return nil
}

func (c *Clients) hookFunctions(ctx context.Context, f *facts) error {
	for _, name := range f.hooks {
		out, err := c.Functions.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
		if missing[*lambdatypes.ResourceNotFoundException](err) {
			continue
		}
		if err != nil {
			return err
		}
		f.hooked[name] = out
	}
	return nil
}

func (c *Clients) scales(ctx context.Context, f *facts) error {
	out, err := c.Scaling.DescribeScalableTargets(ctx, &aas.DescribeScalableTargetsInput{
		ServiceNamespace: aastypes.ServiceNamespaceEcs, ResourceIds: []string{"service/" + f.names.Cluster + "/" + f.names.Service},
		ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount,
	})
	if err == nil && len(out.ScalableTargets) > 0 {
		f.scaling = &out.ScalableTargets[0]
	}
	return err
}

func (c *Clients) schedules(ctx context.Context, f *facts) error {
	out, err := c.Schedules.GetSchedule(ctx, &scheduler.GetScheduleInput{Name: &f.names.Schedule})
	if missing[*schedulertypes.ResourceNotFoundException](err) {
		return nil
	}
	if err == nil {
		f.schedule = out
	}
	return err
}

// eventRules are those that wake the release function.
func (c *Clients) eventRules(ctx context.Context, f *facts) error {
	function, err := c.Functions.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &f.names.ReleaseFunction})
	if missing[*lambdatypes.ResourceNotFoundException](err) {
		return nil
	}
	if err != nil {
		return err
	}
	names, err := c.Rules.ListRuleNamesByTarget(ctx, &eventbridge.ListRuleNamesByTargetInput{TargetArn: function.FunctionArn})
	if err != nil {
		return err
	}
	for _, name := range names.RuleNames {
		rule, err := c.Rules.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &name})
		if err != nil {
			return err
		}
		f.events = append(f.events, rule)
	}
	return nil
}

// startsRule is the one that wakes the watch function.
func (c *Clients) startsRule(ctx context.Context, f *facts) error {
	rule, err := c.Rules.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &f.names.WatchRule})
	if missing[*ebtypes.ResourceNotFoundException](err) {
		return nil
	}
	f.starts = rule
	return err
}

func (c *Clients) revision(ctx context.Context, f *facts) error {
	primary, _ := live.Primary(f.service)
	var err error
	f.primary, err = live.ReadRevision(ctx, c.Services, aws.ToString(primary.TaskDefinition))
	return err
}

func (c *Clients) alarms(ctx context.Context, f *facts) error {
	configured := f.group.AlarmConfiguration
	if configured == nil || len(configured.Alarms) == 0 {
		return nil
	}
	in := &cloudwatch.DescribeAlarmsInput{AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm, cwtypes.AlarmTypeCompositeAlarm}}
	for _, a := range configured.Alarms {
		in.AlarmNames = append(in.AlarmNames, aws.ToString(a.Name))
	}
	out, err := c.Alarms.DescribeAlarms(ctx, in)
	if err == nil {
		f.alarms, f.composites = out.MetricAlarms, out.CompositeAlarms
	}
	return err
}
