package cfn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// CreateStack begins to create a stack as its caller, from TemplateBody in JSON, and answers at once.
func (s *Service) CreateStack(ctx context.Context, in *cloudformation.CreateStackInput) (*cloudformation.CreateStackOutput, error) {
	stack, err := asked(in.StackName, in.TemplateBody, in.Parameters, nil)
	if err == nil {
		err = errors.Join(unknown("TemplateURL", in.TemplateURL != nil), unknown("RoleARN", in.RoleARN != nil), unknown("Tags", in.Tags != nil),
			unknown("StackPolicyBody", in.StackPolicyBody != nil), unknown("OnFailure", in.OnFailure != "" && in.OnFailure != types.OnFailureRollback),
			unknown("DisableRollback", aws.ToBool(in.DisableRollback)), capable(stack.Template, in.Capabilities))
	}
	if err != nil {
		return nil, answered(err)
	}
	u, err := s.beginCreate(stack)
	if err != nil {
		return nil, answered(err)
	}
	s.later(ctx, func(ctx context.Context) error { return u.run(ctx) })
	return &cloudformation.CreateStackOutput{StackId: aws.String(u.stack.ID)}, nil
}

// UpdateStack begins to update a stack as its caller, to TemplateBody in JSON or to the template that it has with other
// parameters, and answers at once.
func (s *Service) UpdateStack(ctx context.Context, in *cloudformation.UpdateStackInput) (*cloudformation.UpdateStackOutput, error) {
	s.mu.Lock()
	st := s.find(aws.ToString(in.StackName))
	if st == nil {
		s.mu.Unlock()
		return nil, invalid("Stack [%s] does not exist", aws.ToString(in.StackName))
	}
	name, before, body := st.Name, st.Parameters, in.TemplateBody
	if aws.ToBool(in.UsePreviousTemplate) && body == nil {
		body = aws.String(st.version.body)
	}
	s.mu.Unlock()
	stack, err := asked(&name, body, in.Parameters, before)
	if err == nil {
		err = errors.Join(unknown("TemplateURL", in.TemplateURL != nil), unknown("RoleARN", in.RoleARN != nil), unknown("Tags", in.Tags != nil),
			unknown("StackPolicyBody", in.StackPolicyBody != nil), unknown("DisableRollback", aws.ToBool(in.DisableRollback)),
			capable(stack.Template, in.Capabilities))
	}
	if err != nil {
		return nil, answered(err)
	}
	u, err := s.beginUpdate(stack)
	if err != nil {
		return nil, answered(err)
	}
	s.later(ctx, func(ctx context.Context) error { return u.run(ctx) })
	return &cloudformation.UpdateStackOutput{StackId: aws.String(u.stack.ID)}, nil
}

// DeleteStack begins to delete a stack as its caller and answers at once. Of one that is not there nothing is left to do.
func (s *Service) DeleteStack(ctx context.Context, in *cloudformation.DeleteStackInput) (*cloudformation.DeleteStackOutput, error) {
	s.mu.Lock()
	st := s.find(aws.ToString(in.StackName))
	done := st == nil || st.Status == types.StackStatusDeleteComplete || st.Status == types.StackStatusDeleteInProgress
	s.mu.Unlock()
	if done {
		return &cloudformation.DeleteStackOutput{}, nil
	}
	if err := unknown("RoleARN", in.RoleARN != nil); err != nil {
		return nil, err
	}
	d, err := s.beginDelete(*in.StackName, in.RetainResources)
	var api smithy.APIError
	if errors.As(err, &api) {
		return nil, err
	}
	if err == nil { // else the stack's events tell why it was not deleted
		s.later(ctx, d.run)
	}
	return &cloudformation.DeleteStackOutput{}, nil
}

// ContinueUpdateRollback begins to try a rollback again that failed, and answers at once.
func (s *Service) ContinueUpdateRollback(ctx context.Context, in *cloudformation.ContinueUpdateRollbackInput) (*cloudformation.ContinueUpdateRollbackOutput, error) {
	u, err := s.beginContinue(aws.ToString(in.StackName), in.ResourcesToSkip)
	if err != nil {
		return nil, answered(err)
	}
	s.later(ctx, func(ctx context.Context) error { return u.resume(ctx, in.ResourcesToSkip) })
	return &cloudformation.ContinueUpdateRollbackOutput{}, nil
}

// later does work that its caller does not wait for, on its behalf. What becomes of it is in the stack's events.
func (s *Service) later(ctx context.Context, work func(context.Context) error) {
	ctx = wire.WithCaller(s.work.Context(), wire.CallerOf(ctx))
	s.work.Go(func() {
		if err := work(ctx); err != nil && s.opts.Log != nil {
			s.opts.Log.Warn("stack", "error", err)
		}
	})
}

// asked is the stack that a request describes; before are the parameters' values that it may keep.
func asked(name, body *string, parameters []types.Parameter, before map[string]string) (Stack, error) {
	if aws.ToString(name) == "" || aws.ToString(body) == "" {
		return Stack{}, invalid("Either Template URL or Template Body must be specified.")
	}
	if len(*body) > mostBody {
		return Stack{}, invalid("1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to %d", mostBody)
	}
	stack := Stack{Name: *name, Template: []byte(*body)}
	for _, p := range parameters {
		if stack.Parameters == nil {
			stack.Parameters = map[string]string{}
		}
		value := aws.ToString(p.ParameterValue)
		if aws.ToBool(p.UsePreviousValue) {
			kept, ok := before[aws.ToString(p.ParameterKey)]
			if !ok {
				continue // the template's default
			}
			value = kept
		}
		stack.Parameters[aws.ToString(p.ParameterKey)] = value
	}
	return stack, nil
}

// mostBody is the longest TemplateBody
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
const mostBody = 51_200

// unknown refuses a member that would be ignored.
func unknown(member string, given bool) error {
	if given {
		return invalid("the sandbox does not know %s of this operation", member)
	}
	return nil
}

// capable refuses roles and policies that the caller has not acknowledged
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html).
func capable(template []byte, given []types.Capability) error {
	t, err := parse(template)
	if err != nil {
		return err
	}
	need := types.Capability("")
	for _, d := range t.Resources {
		switch {
		case !strings.HasPrefix(d.Type, "AWS::IAM::"):
		case d.Properties["RoleName"] != nil:
			need = types.CapabilityCapabilityNamedIam
		case need == "":
			need = types.CapabilityCapabilityIam
		}
	}
	if need == "" || slices.Contains(given, types.CapabilityCapabilityNamedIam) || slices.Contains(given, need) {
		return nil
	}
	return &types.InsufficientCapabilitiesException{Message: aws.String(fmt.Sprintf("Requires capabilities : [%s]", need))}
}

// answered is an error as the API answers it: what is wrong with a template or a request is a ValidationError.
func answered(err error) error {
	var api smithy.APIError
	if err == nil || errors.As(err, &api) {
		return err
	}
	return invalid("%s", err)
}
