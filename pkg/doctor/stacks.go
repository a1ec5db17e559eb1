package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/stackupdate"
)

// Stacks reads stacks and their templates.
type Stacks interface {
	DescribeStacks(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error)
	GetTemplate(context.Context, *cloudformation.GetTemplateInput, ...func(*cloudformation.Options)) (*cloudformation.GetTemplateOutput, error)
}

// Synthesized is a stack as the CDK app made it.
type Synthesized struct {
	Name     string
	Template []byte
}

// StackReport is what deploying one stack would do and should not. Its JSON form is a promise of
// `cutover doctor --stack --json`.
type StackReport struct {
	Stack string `json:"stack"`
	// Deployed is false for a stack that is not there yet, which nothing can hurt.
	Deployed bool `json:"deployed"`
	// State is why the stack cannot be updated now, with what to do; empty when it can.
	State    string               `json:"state,omitempty"`
	Findings []stackupdate.Change `json:"findings"`
}

// CompareStack finds what an update of the stack would do and should not. It changes nothing.
func CompareStack(ctx context.Context, api Stacks, s Synthesized) (StackReport, error) {
	r := StackReport{Stack: s.Name, Findings: []stackupdate.Change{}}
	out, err := api.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &s.Name})
	if absent(err) || err == nil && len(out.Stacks) == 0 {
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("describe stack %s: %w", s.Name, err)
	}
	if out.Stacks[0].StackStatus == types.StackStatusReviewInProgress {
		return r, nil // a change set was made and never executed
	}
	r.Deployed, r.State = true, stuck(out.Stacks[0].StackStatus)
	deployed, err := api.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &s.Name, TemplateStage: types.TemplateStageOriginal})
	if err != nil {
		return r, fmt.Errorf("get the template of stack %s: %w", s.Name, err)
	}
	r.Findings, err = stackupdate.Compare([]byte(aws.ToString(deployed.TemplateBody)), s.Template)
	if err != nil {
		return r, fmt.Errorf("stack %s: %w", s.Name, err)
	}
	return r, nil
}

// absent tells CloudFormation's way of saying that there is no such stack: it has no error code of its own
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html).
func absent(err error) bool {
	var refused smithy.APIError
	return errors.As(err, &refused) && refused.ErrorCode() == "ValidationError" && strings.Contains(refused.ErrorMessage(), "does not exist")
}

// stuck says why a stack in that status takes no update, and what to do
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html).
func stuck(status types.StackStatus) string {
	switch {
	case strings.HasSuffix(string(status), "_IN_PROGRESS"):
		return fmt.Sprintf("it is %s: wait until that has ended", status)
	case status == types.StackStatusUpdateRollbackFailed:
		return fmt.Sprintf("it is %s: mend what its events name, then run aws cloudformation continue-update-rollback", status)
	case status == types.StackStatusRollbackComplete, status == types.StackStatusRollbackFailed, status == types.StackStatusCreateFailed, status == types.StackStatusDeleteFailed:
		return fmt.Sprintf("it is %s and takes no update: delete it and deploy it again", status)
	}
	return ""
}
