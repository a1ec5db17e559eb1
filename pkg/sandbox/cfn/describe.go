package cfn

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Register offers the operations on stacks. Change sets, stack sets and nested stacks are not among them.
func (s *Service) Register(srv *wire.Server) {
	const name = "cloudformation"
	wire.On(srv, name, s.CreateStack)
	wire.On(srv, name, s.UpdateStack)
	wire.On(srv, name, s.DeleteStack)
	wire.On(srv, name, s.ContinueUpdateRollback)
	wire.On(srv, name, s.DescribeStacks)
	wire.On(srv, name, s.DescribeStackEvents)
	wire.On(srv, name, s.DescribeStackResources)
	wire.On(srv, name, s.ListStacks)
	wire.On(srv, name, s.ListStackResources)
	wire.On(srv, name, s.ListExports)
	wire.On(srv, name, s.ListImports)
	wire.On(srv, name, s.GetTemplate)
}

// DescribeStacks tells one stack by name or ARN, or all that stand. One that was deleted is known by its ARN only.
func (s *Service) DescribeStacks(_ context.Context, in *cloudformation.DescribeStacksInput) (*cloudformation.DescribeStacksOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &cloudformation.DescribeStacksOutput{Stacks: []types.Stack{}}
	if in.StackName != nil {
		st := s.find(*in.StackName)
		if st == nil {
			return nil, noStack(*in.StackName)
		}
		out.Stacks = append(out.Stacks, st.describe())
		return out, nil
	}
	for _, st := range s.stacks {
		if st.Status != types.StackStatusDeleteComplete {
			out.Stacks = append(out.Stacks, st.describe())
		}
	}
	return out, nil
}

func (st *record) describe() types.Stack {
	out := types.Stack{
		StackName: aws.String(st.Name), StackId: aws.String(st.ID), CreationTime: aws.Time(st.At), StackStatus: st.Status,
		StackStatusReason: optional(st.Reason), Description: optional(st.Description), Outputs: []types.Output{}, Tags: []types.Tag{},
		DisableRollback: aws.Bool(false),
	}
	switch {
	case st.Updated.IsZero():
	case st.Status == types.StackStatusDeleteComplete:
		out.DeletionTime = aws.Time(st.Updated)
	default:
		out.LastUpdatedTime = aws.Time(st.Updated)
	}
	for _, o := range st.Outputs {
		out.Outputs = append(out.Outputs, types.Output{
			OutputKey: aws.String(o.Key), OutputValue: aws.String(o.Value), Description: optional(o.Description), ExportName: optional(o.Export),
		})
	}
	for _, name := range slices.Sorted(maps.Keys(st.Parameters)) {
		out.Parameters = append(out.Parameters, types.Parameter{ParameterKey: aws.String(name), ParameterValue: aws.String(st.Parameters[name])})
	}
	return out
}

// DescribeStackEvents tells a stack's events, newest first.
func (s *Service) DescribeStackEvents(_ context.Context, in *cloudformation.DescribeStackEventsInput) (*cloudformation.DescribeStackEventsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.find(aws.ToString(in.StackName))
	if st == nil {
		return nil, invalid("Stack [%s] does not exist", aws.ToString(in.StackName))
	}
	events := slices.Clone(st.events)
	slices.Reverse(events)
	return &cloudformation.DescribeStackEventsOutput{StackEvents: events}, nil
}

// DescribeStackResources tells a stack's resources, or one of them.
func (s *Service) DescribeStackResources(_ context.Context, in *cloudformation.DescribeStackResourcesInput) (*cloudformation.DescribeStackResourcesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.StackName == nil {
		return nil, invalid("the sandbox finds resources by their stack's name only")
	}
	st := s.find(*in.StackName)
	if st == nil {
		return nil, noStack(*in.StackName)
	}
	out := &cloudformation.DescribeStackResourcesOutput{StackResources: []types.StackResource{}}
	for _, r := range st.Resources {
		if in.LogicalResourceId == nil || *in.LogicalResourceId == r.Logical {
			out.StackResources = append(out.StackResources, types.StackResource{
				StackName: aws.String(st.Name), StackId: aws.String(st.ID), LogicalResourceId: aws.String(r.Logical),
				PhysicalResourceId: aws.String(r.Physical), ResourceType: aws.String(r.Type), ResourceStatus: r.Status,
				ResourceStatusReason: optional(r.Reason), Timestamp: aws.Time(r.At),
			})
		}
	}
	return out, nil
}

// ListStackResources tells a stack's resources in the order in which they were created.
func (s *Service) ListStackResources(_ context.Context, in *cloudformation.ListStackResourcesInput) (*cloudformation.ListStackResourcesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.find(aws.ToString(in.StackName))
	if st == nil {
		return nil, noStack(aws.ToString(in.StackName))
	}
	out := &cloudformation.ListStackResourcesOutput{StackResourceSummaries: []types.StackResourceSummary{}}
	for _, r := range st.Resources {
		out.StackResourceSummaries = append(out.StackResourceSummaries, types.StackResourceSummary{
			LogicalResourceId: aws.String(r.Logical), PhysicalResourceId: aws.String(r.Physical), ResourceType: aws.String(r.Type),
			ResourceStatus: r.Status, ResourceStatusReason: optional(r.Reason), LastUpdatedTimestamp: aws.Time(r.At),
		})
	}
	return out, nil
}

// ListStacks tells all stacks in the given statuses, newest first, with those that were deleted.
func (s *Service) ListStacks(_ context.Context, in *cloudformation.ListStacksInput) (*cloudformation.ListStacksOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &cloudformation.ListStacksOutput{StackSummaries: []types.StackSummary{}}
	for _, st := range slices.Backward(s.stacks) {
		if len(in.StackStatusFilter) > 0 && !slices.Contains(in.StackStatusFilter, st.Status) {
			continue
		}
		d := st.describe()
		out.StackSummaries = append(out.StackSummaries, types.StackSummary{
			StackName: d.StackName, StackId: d.StackId, StackStatus: d.StackStatus, StackStatusReason: d.StackStatusReason,
			CreationTime: d.CreationTime, LastUpdatedTime: d.LastUpdatedTime, DeletionTime: d.DeletionTime, TemplateDescription: d.Description,
		})
	}
	return out, nil
}

// ListExports tells what stacks export, by name.
func (s *Service) ListExports(context.Context, *cloudformation.ListExportsInput) (*cloudformation.ListExportsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &cloudformation.ListExportsOutput{Exports: []types.Export{}}
	for _, name := range slices.Sorted(maps.Keys(s.exports)) {
		e := s.exports[name]
		told := types.Export{Name: aws.String(name), Value: aws.String(e.value)}
		if st := s.find(e.stack); st != nil {
			told.ExportingStackId = aws.String(st.ID)
		}
		out.Exports = append(out.Exports, told)
	}
	return out, nil
}

// ListImports tells the stacks that import a value.
func (s *Service) ListImports(_ context.Context, in *cloudformation.ListImportsInput) (*cloudformation.ListImportsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	users := s.importers(aws.ToString(in.ExportName))
	if len(users) == 0 {
		return nil, invalid("Export '%s' is not imported by any stack.", aws.ToString(in.ExportName))
	}
	return &cloudformation.ListImportsOutput{Imports: users}, nil
}

// GetTemplate tells the template that a stack was created from or last updated to, as it was given.
func (s *Service) GetTemplate(_ context.Context, in *cloudformation.GetTemplateInput) (*cloudformation.GetTemplateOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.find(aws.ToString(in.StackName))
	if st == nil {
		return nil, noStack(aws.ToString(in.StackName))
	}
	return &cloudformation.GetTemplateOutput{
		TemplateBody: aws.String(st.version.body), StagesAvailable: []types.TemplateStage{types.TemplateStageOriginal, types.TemplateStageProcessed},
	}, nil
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func noStack(name string) error { return invalid("Stack with id %s does not exist", name) }
