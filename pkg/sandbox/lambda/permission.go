package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// statement of a function's resource policy, as AddPermission makes it.
type statement struct {
	Sid       string
	Effect    string
	Principal any
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

func (s *Service) addPermission(_ context.Context, in *sdk.AddPermissionInput) (*sdk.AddPermissionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	for member, v := range map[string]*string{"statementId": in.StatementId, "action": in.Action, "principal": in.Principal} {
		if aws.ToString(v) == "" {
			return nil, invalidConstraint(member, "null", "Member must not be null")
		}
	}
	sid := *in.StatementId
	if slices.ContainsFunc(f.permissions, func(p statement) bool { return p.Sid == sid }) {
		return nil, &types.ResourceConflictException{
			Message: aws.String(fmt.Sprintf("The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", sid)),
			Type:    aws.String("User"),
		}
	}
	p := statement{Sid: sid, Effect: "Allow", Action: *in.Action, Resource: *f.config.FunctionArn, Principal: principal(*in.Principal)}
	conditions := map[string]map[string]string{}
	if in.SourceArn != nil {
		conditions["ArnLike"] = map[string]string{"AWS:SourceArn": *in.SourceArn}
	}
	if in.SourceAccount != nil {
		conditions["StringEquals"] = map[string]string{"AWS:SourceAccount": *in.SourceAccount}
	}
	if len(conditions) > 0 {
		p.Condition = conditions
	}
	f.permissions = append(f.permissions, p)
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return &sdk.AddPermissionOutput{Statement: aws.String(string(text))}, nil
}

// principal has the form in which a policy writes a service, an account or everybody.
func principal(p string) any {
	switch {
	case p == "*":
		return "*"
	case strings.HasSuffix(p, ".amazonaws.com"):
		return map[string]string{"Service": p}
	case len(p) == 12 && strings.Trim(p, "0123456789") == "":
		p = "arn:aws:iam::" + p + ":root"
	}
	return map[string]string{"AWS": p}
}

func (s *Service) removePermission(_ context.Context, in *sdk.RemovePermissionInput) (*sdk.RemovePermissionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(f.permissions, func(p statement) bool { return p.Sid == aws.ToString(in.StatementId) })
	if i < 0 {
		return nil, &types.ResourceNotFoundException{
			Message: aws.String(fmt.Sprintf("Statement %s is not found in resource policy.", aws.ToString(in.StatementId))),
			Type:    aws.String("User"),
		}
	}
	f.permissions = slices.Delete(f.permissions, i, i+1)
	return &sdk.RemovePermissionOutput{}, nil
}

func (s *Service) getPolicy(_ context.Context, in *sdk.GetPolicyInput) (*sdk.GetPolicyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if len(f.permissions) == 0 {
		return nil, &types.ResourceNotFoundException{Message: aws.String("The resource you requested does not exist."), Type: aws.String("User")}
	}
	text, err := json.Marshal(struct {
		Version, Id string
		Statement   []statement
	}{"2012-10-17", "default", f.permissions})
	if err != nil {
		return nil, err
	}
	return &sdk.GetPolicyOutput{Policy: aws.String(string(text)), RevisionId: f.config.RevisionId}, nil
}

// Policy is a function's resource policy; empty when it has none, or is not there.
func (s *Service) Policy(name string) string {
	out, err := s.getPolicy(context.Background(), &sdk.GetPolicyInput{FunctionName: &name})
	if err != nil {
		return ""
	}
	return *out.Policy
}
