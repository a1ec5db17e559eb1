package kms

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// The one policy that a key has, and how long it may be
// (https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html).
const (
	policyName = "default"
	mostPolicy = 32 << 10
)

// defaultPolicy leaves a key to the account's IAM policies, as that of a key made by the API without a policy
// (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
func (s *Service) defaultPolicy() string {
	return `{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow",` +
		`"Principal":{"AWS":"arn:aws:iam::` + s.opts.Account + `:root"},"Action":"kms:*","Resource":"*"}]}`
}

// check refuses what cannot be a key's policy.
func (s *Service) check(policy string) error {
	if len(policy) > mostPolicy {
		return &types.LimitExceededException{Message: aws.String("The policy is longer than 32768 bytes.")}
	}
	var document struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(policy), &document); err != nil || document.Statement == nil {
		return &types.MalformedPolicyDocumentException{Message: aws.String("The policy is no JSON object with a Statement.")}
	}
	if s.opts.Check == nil {
		return nil
	}
	if err := s.opts.Check(policy); err != nil {
		return &types.MalformedPolicyDocumentException{Message: aws.String(err.Error())}
	}
	return nil
}

func checkName(name *string) error {
	if name != nil && *name != policyName {
		return &types.NotFoundException{Message: aws.String("No such policy exists: the only valid name is default.")}
	}
	return nil
}

func (s *Service) getKeyPolicy(_ context.Context, in *sdk.GetKeyPolicyInput) (*sdk.GetKeyPolicyOutput, error) {
	if err := checkName(in.PolicyName); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(in.KeyId)
	if err != nil {
		return nil, err
	}
	return &sdk.GetKeyPolicyOutput{Policy: aws.String(k.policy), PolicyName: aws.String(policyName)}, nil
}

func (s *Service) putKeyPolicy(_ context.Context, in *sdk.PutKeyPolicyInput) (*sdk.PutKeyPolicyOutput, error) {
	if err := checkName(in.PolicyName); err != nil {
		return nil, err
	}
	if err := s.check(aws.ToString(in.Policy)); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(in.KeyId)
	if err != nil {
		return nil, err
	}
	k.policy = *in.Policy
	return &sdk.PutKeyPolicyOutput{}, nil
}

// Policy is a key's ARN and its policy, by its id or ARN or by what was encrypted under it; empty for a key that is not
// there.
func (s *Service) Policy(id string, sealed []byte) (arn, policy string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id == "" {
		id, _, _ = open(sealed)
	}
	k, err := s.find(&id)
	if err != nil {
		return "", ""
	}
	return k.arn, k.policy
}
