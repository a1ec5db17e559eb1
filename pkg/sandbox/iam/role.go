package iam

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func (s *Service) createRole(_ context.Context, in *iam.CreateRoleInput) (*iam.CreateRoleOutput, error) {
	if err := checkName("roleName", in.RoleName, 64); err != nil {
		return nil, err
	}
	if err := checkDocument(in.AssumeRolePolicyDocument); err != nil {
		return nil, err
	}
	path, err := checkPath(in.Path)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := *in.RoleName
	if s.roles[name] != nil {
		return nil, &types.EntityAlreadyExistsException{Message: aws.String(fmt.Sprintf("Role with name %s already exists.", name))}
	}
	r := &role{inline: map[string]string{}, Role: types.Role{
		Arn:                      aws.String("arn:aws:iam::" + s.opts.Account + ":role" + path + name),
		AssumeRolePolicyDocument: in.AssumeRolePolicyDocument,
		CreateDate:               aws.Time(time.Now().UTC()),
		Description:              in.Description,
		MaxSessionDuration:       aws.Int32(3600),
		Path:                     aws.String(path),
		RoleId:                   aws.String(uniqueID("AROA", 21)),
		RoleName:                 in.RoleName,
		Tags:                     slices.Clone(in.Tags),
	}}
	if in.MaxSessionDuration != nil {
		r.MaxSessionDuration = in.MaxSessionDuration
	}
	s.roles[name] = r
	return &iam.CreateRoleOutput{Role: r.told()}, nil
}

func (s *Service) getRole(_ context.Context, in *iam.GetRoleInput) (*iam.GetRoleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.GetRoleOutput{Role: r.told()}, nil
}

func (s *Service) listRoles(_ context.Context, in *iam.ListRolesInput) (*iam.ListRolesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &iam.ListRolesOutput{Roles: []types.Role{}}
	for _, name := range slices.Sorted(maps.Keys(s.roles)) {
		r := s.roles[name]
		if strings.HasPrefix(*r.Path, aws.ToString(in.PathPrefix)) {
			told := r.told()
			told.Tags = nil // ListRoles leaves them out
			out.Roles = append(out.Roles, *told)
		}
	}
	return out, nil
}

func (s *Service) deleteRole(_ context.Context, in *iam.DeleteRoleInput) (*iam.DeleteRoleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	switch {
	case len(r.attached) > 0:
		return nil, conflict("Cannot delete entity, must detach all policies first.")
	case len(r.inline) > 0:
		return nil, conflict("Cannot delete entity, must delete policies first.")
	}
	delete(s.roles, *in.RoleName)
	return &iam.DeleteRoleOutput{}, nil
}

func (s *Service) updateAssumeRolePolicy(_ context.Context, in *iam.UpdateAssumeRolePolicyInput) (*iam.UpdateAssumeRolePolicyOutput, error) {
	if err := checkDocument(in.PolicyDocument); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	r.AssumeRolePolicyDocument = in.PolicyDocument
	return &iam.UpdateAssumeRolePolicyOutput{}, nil
}

func (s *Service) tagRole(_ context.Context, in *iam.TagRoleInput) (*iam.TagRoleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	for _, tag := range in.Tags {
		r.Tags = append(withoutTag(r.Tags, aws.ToString(tag.Key)), tag)
	}
	return &iam.TagRoleOutput{}, nil
}

func (s *Service) untagRole(_ context.Context, in *iam.UntagRoleInput) (*iam.UntagRoleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		r.Tags = withoutTag(r.Tags, key)
	}
	return &iam.UntagRoleOutput{}, nil
}

func (s *Service) listRoleTags(_ context.Context, in *iam.ListRoleTagsInput) (*iam.ListRoleTagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.ListRoleTagsOutput{Tags: append([]types.Tag{}, r.Tags...)}, nil
}

// withoutTag is a new list, because an answer may still hold the old one.
func withoutTag(tags []types.Tag, key string) []types.Tag {
	kept := make([]types.Tag, 0, len(tags)+1)
	for _, t := range tags {
		if aws.ToString(t.Key) != key {
			kept = append(kept, t)
		}
	}
	return kept
}

// told is a role as answers show it, its document percent-encoded as RFC 3986 says.
func (r *role) told() *types.Role {
	out := r.Role
	out.AssumeRolePolicyDocument = aws.String(encode(aws.ToString(r.AssumeRolePolicyDocument)))
	return &out
}

func encode(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

// role finds a role by name; the lock is held.
func (s *Service) role(name *string) (*role, error) {
	r := s.roles[aws.ToString(name)]
	if r == nil {
		return nil, missing("The role with name %s cannot be found.", aws.ToString(name))
	}
	return r, nil
}

// checkDocument accepts what can be a policy: a JSON object with statements.
func checkDocument(document *string) error {
	var policy struct{ Statement json.RawMessage }
	if json.Unmarshal([]byte(aws.ToString(document)), &policy) != nil || policy.Statement == nil {
		return &types.MalformedPolicyDocumentException{Message: aws.String("This policy contains invalid Json or no Statement")}
	}
	return nil
}

func checkPath(path *string) (string, error) {
	p := aws.ToString(path)
	if p == "" {
		return "/", nil
	}
	if len(p) > 512 || !strings.HasPrefix(p, "/") || !strings.HasSuffix(p, "/") {
		return "", invalid("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return p, nil
}

func missing(format string, args ...any) error {
	return &types.NoSuchEntityException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func conflict(message string) error {
	return &types.DeleteConflictException{Message: aws.String(message)}
}

func invalid(format string, args ...any) error {
	return clientFault("ValidationError", fmt.Sprintf(format, args...))
}
