package iam

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func (s *Service) putRolePolicy(_ context.Context, in *iam.PutRolePolicyInput) (*iam.PutRolePolicyOutput, error) {
	if err := checkName("policyName", in.PolicyName, 128); err != nil {
		return nil, err
	}
	if err := checkDocument(in.PolicyDocument); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	r.inline[*in.PolicyName] = *in.PolicyDocument
	return &iam.PutRolePolicyOutput{}, nil
}

func (s *Service) getRolePolicy(_ context.Context, in *iam.GetRolePolicyInput) (*iam.GetRolePolicyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	document, ok := r.inline[aws.ToString(in.PolicyName)]
	if !ok {
		return nil, missing("The role policy with name %s cannot be found.", aws.ToString(in.PolicyName))
	}
	return &iam.GetRolePolicyOutput{
		RoleName: in.RoleName, PolicyName: in.PolicyName, PolicyDocument: aws.String(encode(document)),
	}, nil
}

func (s *Service) listRolePolicies(_ context.Context, in *iam.ListRolePoliciesInput) (*iam.ListRolePoliciesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	names := slices.AppendSeq([]string{}, maps.Keys(r.inline))
	slices.Sort(names)
	return &iam.ListRolePoliciesOutput{PolicyNames: names}, nil
}

func (s *Service) deleteRolePolicy(_ context.Context, in *iam.DeleteRolePolicyInput) (*iam.DeleteRolePolicyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.PolicyName)
	if _, ok := r.inline[name]; !ok {
		return nil, missing("The role policy with name %s cannot be found.", name)
	}
	delete(r.inline, name)
	return &iam.DeleteRolePolicyOutput{}, nil
}

func (s *Service) createPolicy(_ context.Context, in *iam.CreatePolicyInput) (*iam.CreatePolicyOutput, error) {
	if err := checkName("policyName", in.PolicyName, 128); err != nil {
		return nil, err
	}
	if err := checkDocument(in.PolicyDocument); err != nil {
		return nil, err
	}
	path, err := checkPath(in.Path)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	arn := "arn:aws:iam::" + s.opts.Account + ":policy" + path + *in.PolicyName
	if s.policies[arn] != nil {
		return nil, &types.EntityAlreadyExistsException{Message: aws.String("A policy called " + *in.PolicyName + " already exists. Duplicate names are not allowed.")}
	}
	p := newManaged(arn, path, *in.PolicyName, *in.PolicyDocument)
	p.Description, p.Tags = in.Description, slices.Clone(in.Tags)
	s.policies[arn] = p
	return &iam.CreatePolicyOutput{Policy: p.told()}, nil
}

func newManaged(arn, path, name, document string) *managed {
	now := aws.Time(time.Now().UTC())
	return &managed{document: document, Policy: types.Policy{
		Arn: aws.String(arn), Path: aws.String(path), PolicyName: aws.String(name),
		PolicyId: aws.String(uniqueID("ANPA", 21)), DefaultVersionId: aws.String("v1"),
		IsAttachable: true, AttachmentCount: aws.Int32(0), PermissionsBoundaryUsageCount: aws.Int32(0),
		CreateDate: now, UpdateDate: now,
	}}
}

// told is a policy as answers show it; the count is the policy's own and goes on changing.
func (p *managed) told() *types.Policy {
	out := p.Policy
	out.AttachmentCount = aws.Int32(*p.AttachmentCount)
	return &out
}

func (s *Service) getPolicy(_ context.Context, in *iam.GetPolicyInput) (*iam.GetPolicyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.policy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return &iam.GetPolicyOutput{Policy: p.told()}, nil
}

func (s *Service) getPolicyVersion(_ context.Context, in *iam.GetPolicyVersionInput) (*iam.GetPolicyVersionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.policy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.VersionId) != *p.DefaultVersionId {
		return nil, missing("Policy %s version %s does not exist or is not attachable.", *p.Arn, aws.ToString(in.VersionId))
	}
	return &iam.GetPolicyVersionOutput{PolicyVersion: &types.PolicyVersion{
		CreateDate: p.CreateDate, Document: aws.String(encode(p.document)),
		IsDefaultVersion: true, VersionId: p.DefaultVersionId,
	}}, nil
}

func (s *Service) deletePolicy(_ context.Context, in *iam.DeletePolicyInput) (*iam.DeletePolicyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.policy(in.PolicyArn)
	switch {
	case err != nil:
		return nil, err
	case strings.HasPrefix(*p.Arn, awsPolicy):
		return nil, clientFault("AccessDenied", "Policy "+*p.Arn+" is AWS's own and cannot be deleted.")
	case *p.AttachmentCount > 0:
		return nil, conflict("Cannot delete a policy attached to entities.")
	}
	delete(s.policies, *p.Arn)
	return &iam.DeletePolicyOutput{}, nil
}

func (s *Service) attachRolePolicy(_ context.Context, in *iam.AttachRolePolicyInput) (*iam.AttachRolePolicyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	p, err := s.policy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(r.attached, *p.Arn) {
		r.attached = append(r.attached, *p.Arn)
		*p.AttachmentCount++
	}
	return &iam.AttachRolePolicyOutput{}, nil
}

func (s *Service) detachRolePolicy(_ context.Context, in *iam.DetachRolePolicyInput) (*iam.DetachRolePolicyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	i := slices.Index(r.attached, aws.ToString(in.PolicyArn))
	if i < 0 {
		return nil, missing("Policy %s was not found.", aws.ToString(in.PolicyArn))
	}
	r.attached = slices.Delete(r.attached, i, i+1)
	*s.policies[*in.PolicyArn].AttachmentCount--
	return &iam.DetachRolePolicyOutput{}, nil
}

func (s *Service) listAttachedRolePolicies(_ context.Context, in *iam.ListAttachedRolePoliciesInput) (*iam.ListAttachedRolePoliciesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	out := &iam.ListAttachedRolePoliciesOutput{AttachedPolicies: []types.AttachedPolicy{}}
	for _, arn := range r.attached {
		out.AttachedPolicies = append(out.AttachedPolicies, types.AttachedPolicy{
			PolicyArn: aws.String(arn), PolicyName: s.policies[arn].PolicyName,
		})
	}
	return out, nil
}

// policy finds a managed policy by ARN; the lock is held.
func (s *Service) policy(arn *string) (*managed, error) {
	p := s.policies[aws.ToString(arn)]
	if p == nil {
		return nil, missing("Policy %s does not exist or is not attachable.", aws.ToString(arn))
	}
	return p, nil
}
