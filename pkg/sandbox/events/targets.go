package events

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/deliver"
)

const maxTargets = 5 // a rule

func (s *Service) putTargets(_ context.Context, in *eventbridge.PutTargetsInput) (*eventbridge.PutTargetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	targets := slices.Clone(r.targets)
	for _, t := range in.Targets {
		if err := checkTarget(&t); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(targets, func(old types.Target) bool { return *old.Id == *t.Id })
		if i >= 0 {
			targets[i] = t
		} else {
			targets = append(targets, t)
		}
	}
	if len(targets) > maxTargets {
		return nil, &types.LimitExceededException{Message: aws.String("The requested resource exceeds the maximum number allowed.")}
	}
	r.targets = targets
	return &eventbridge.PutTargetsOutput{FailedEntries: []types.PutTargetsResultEntry{}}, nil
}

func checkTarget(t *types.Target) error {
	id, arn := aws.ToString(t.Id), aws.ToString(t.Arn)
	if id == "" {
		return invalid("1 validation error detected: Value null at 'targets.1.member.id' failed to satisfy constraint: Member must not be null")
	}
	switch deliver.Service(arn) {
	case "lambda", "sqs", "sns":
	case "":
		return invalid("Parameter %s is not valid. Reason: Provided Arn is not in correct format.", arn)
	default:
		return invalid("Parameter %s is not valid. Reason: the sandbox delivers to Lambda functions, SQS queues and SNS topics, not to %s.", arn, deliver.Service(arn))
	}
	inputs := 0
	for _, given := range []bool{t.Input != nil, t.InputPath != nil, t.InputTransformer != nil} {
		if given {
			inputs++
		}
	}
	if inputs > 1 {
		return invalid("Only one of Input, InputPath, or InputTransformer must be provided for target %s.", id)
	}
	if t.Input != nil && !json.Valid([]byte(*t.Input)) {
		return invalid("JSON syntax error in input for target %s.", id)
	}
	if t.InputPath != nil {
		if _, err := parsePath(*t.InputPath); err != nil {
			return invalid("Invalid JSONPath for target %s: %v", id, err)
		}
	}
	if t.InputTransformer != nil {
		if _, err := newTransformer(t.InputTransformer); err != nil {
			return invalid("Invalid InputTransformer for target %s: %v.", id, err)
		}
	}
	return checkPolicy(t)
}

func checkPolicy(t *types.Target) error {
	if p := t.RetryPolicy; p != nil {
		if v := p.MaximumEventAgeInSeconds; v != nil && (*v < 60 || *v > 86400) {
			return invalid("1 validation error detected: Value '%d' at 'retryPolicy.maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value between 60 and 86400", *v)
		}
		if v := p.MaximumRetryAttempts; v != nil && (*v < 0 || *v > 185) {
			return invalid("1 validation error detected: Value '%d' at 'retryPolicy.maximumRetryAttempts' failed to satisfy constraint: Member must have value between 0 and 185", *v)
		}
	}
	if d := t.DeadLetterConfig; d != nil && d.Arn != nil && deliver.Service(*d.Arn) != "sqs" {
		return invalid("Parameter %s is not valid. Reason: Dead-letter queue Arn is not an SQS queue.", *d.Arn)
	}
	return nil
}

func (s *Service) removeTargets(_ context.Context, in *eventbridge.RemoveTargetsInput) (*eventbridge.RemoveTargetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	out := &eventbridge.RemoveTargetsOutput{FailedEntries: []types.RemoveTargetsResultEntry{}}
	for _, id := range in.Ids {
		i := slices.IndexFunc(r.targets, func(t types.Target) bool { return *t.Id == id })
		if i < 0 {
			out.FailedEntryCount++
			out.FailedEntries = append(out.FailedEntries, types.RemoveTargetsResultEntry{
				TargetId: aws.String(id), ErrorCode: aws.String("ResourceNotFoundException"),
				ErrorMessage: aws.String(fmt.Sprintf("Rule %s does not have target(s) %s on EventBus default.", *r.Name, id)),
			})
			continue
		}
		r.targets = slices.Delete(slices.Clone(r.targets), i, i+1)
	}
	return out, nil
}

func (s *Service) listTargetsByRule(_ context.Context, in *eventbridge.ListTargetsByRuleInput) (*eventbridge.ListTargetsByRuleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	return &eventbridge.ListTargetsByRuleOutput{Targets: append([]types.Target{}, r.targets...)}, nil
}

func (s *Service) listRuleNamesByTarget(_ context.Context, in *eventbridge.ListRuleNamesByTargetInput) (*eventbridge.ListRuleNamesByTargetOutput, error) {
	if err := s.bus(in.EventBusName); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &eventbridge.ListRuleNamesByTargetOutput{RuleNames: []string{}}
	for name, r := range s.rules {
		if slices.ContainsFunc(r.targets, func(t types.Target) bool { return *t.Arn == aws.ToString(in.TargetArn) }) {
			out.RuleNames = append(out.RuleNames, name)
		}
	}
	slices.Sort(out.RuleNames)
	return out, nil
}
