package kms

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/google/uuid"
)

func (s *Service) createGrant(_ context.Context, in *sdk.CreateGrantInput) (*sdk.CreateGrantOutput, error) {
	switch {
	case in.Constraints != nil && in.Constraints.SourceArn != nil:
		return nil, unsupported("grants for a source")
	case aws.ToString(in.GranteePrincipal) == "" || len(in.Operations) == 0:
		return nil, invalid("GranteePrincipal and Operations are required")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := k.usable(); err != nil {
		return nil, err
	}
	g := types.GrantListEntry{
		GrantId: aws.String(uuid.NewString()), KeyId: &k.arn, Name: in.Name, CreationDate: aws.Time(time.Now()), GranteePrincipal: in.GranteePrincipal,
		Operations: slices.Clone(in.Operations), Constraints: in.Constraints, RetiringPrincipal: in.RetiringPrincipal, IssuingAccount: aws.String("arn:aws:iam::" + s.opts.Account + ":root"),
	}
	k.grants = append(k.grants, g)
	return &sdk.CreateGrantOutput{GrantId: g.GrantId, GrantToken: aws.String(uuid.NewString())}, nil
}

func (s *Service) listGrants(_ context.Context, in *sdk.ListGrantsInput) (*sdk.ListGrantsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(in.KeyId)
	if err != nil {
		return nil, err
	}
	out := &sdk.ListGrantsOutput{Grants: []types.GrantListEntry{}}
	for _, g := range k.grants {
		if (in.GranteePrincipal == nil || *in.GranteePrincipal == *g.GranteePrincipal) && (in.GrantId == nil || *in.GrantId == *g.GrantId) {
			out.Grants = append(out.Grants, g)
		}
	}
	return out, nil
}

func (s *Service) revokeGrant(_ context.Context, in *sdk.RevokeGrantInput) (*sdk.RevokeGrantOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(in.KeyId)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(k.grants, func(g types.GrantListEntry) bool { return *g.GrantId == aws.ToString(in.GrantId) })
	if i < 0 {
		return nil, &types.NotFoundException{Message: aws.String("Grant ID " + aws.ToString(in.GrantId) + " not found")}
	}
	k.grants = slices.Delete(k.grants, i, i+1)
	return &sdk.RevokeGrantOutput{}, nil
}

// Granted is the id of a grant by which a principal may make an operation ("Decrypt") with a key, for an encryption context
// whose names are in lower case; empty for none.
func (s *Service) Granted(arn, principal, operation string, about map[string]string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(&arn)
	if err != nil || principal == "" {
		return ""
	}
	for _, g := range k.grants {
		if *g.GranteePrincipal == principal && slices.Contains(g.Operations, types.GrantOperation(operation)) && within(g.Constraints, about) {
			return *g.GrantId
		}
	}
	return ""
}

// within tells whether an encryption context is one that a grant is for
// (https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html).
func within(c *types.GrantConstraints, about map[string]string) bool {
	if c == nil {
		return true
	}
	for name, value := range c.EncryptionContextEquals {
		if about[strings.ToLower(name)] != value {
			return false
		}
	}
	for name, value := range c.EncryptionContextSubset {
		if about[strings.ToLower(name)] != value {
			return false
		}
	}
	return len(c.EncryptionContextEquals) == 0 || len(c.EncryptionContextEquals) == len(about)
}
