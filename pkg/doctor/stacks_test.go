package doctor

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
)

// oneStack is an account with a stack of one queue, in a status; or one that answers an error.
type oneStack struct {
	status types.StackStatus
	err    error
}

func (o oneStack) DescribeStacks(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
	return &cloudformation.DescribeStacksOutput{Stacks: []types.Stack{{StackStatus: o.status}}}, o.err
}

func (o oneStack) GetTemplate(context.Context, *cloudformation.GetTemplateInput, ...func(*cloudformation.Options)) (*cloudformation.GetTemplateOutput, error) {
	return &cloudformation.GetTemplateOutput{TemplateBody: aws.String(queue("one"))}, nil
}

func queue(name string) string {
	return `{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "` + name + `"}}}}`
}

func TestAStackIsComparedInEveryStatus(t *testing.T) {
	for _, c := range []struct {
		stands   oneStack
		deployed bool
		state    string
	}{
		{oneStack{status: types.StackStatusUpdateComplete}, true, ""},
		{oneStack{status: types.StackStatusUpdateRollbackComplete}, true, ""},
		{oneStack{status: types.StackStatusReviewInProgress}, false, ""},
		{oneStack{err: &smithy.GenericAPIError{Code: "ValidationError", Message: "Stack with id s does not exist"}}, false, ""},
		{oneStack{status: types.StackStatusUpdateInProgress}, true, "wait until that has ended"},
		{oneStack{status: types.StackStatusUpdateRollbackFailed}, true, "continue-update-rollback"},
		{oneStack{status: types.StackStatusRollbackComplete}, true, "delete it and deploy it again"},
	} {
		r, err := CompareStack(t.Context(), c.stands, Synthesized{Name: "s", Template: []byte(queue("two"))})
		if err != nil || r.Deployed != c.deployed || !strings.Contains(r.State, c.state) || (r.State == "") != (c.state == "") || (len(r.Findings) == 1) != c.deployed {
			t.Errorf("%s: %+v, %v", c.stands.status, r, err)
		}
	}
	for _, err := range []error{errors.New("no route"), &smithy.GenericAPIError{Code: "AccessDenied", Message: "it does not exist for you"}} {
		if _, got := CompareStack(t.Context(), oneStack{err: err}, Synthesized{Name: "s"}); !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
	}
	if _, err := CompareStack(t.Context(), oneStack{status: types.StackStatusCreateComplete}, Synthesized{Name: "s", Template: []byte("?")}); err == nil {
		t.Error("what is no template is compared")
	}
}
