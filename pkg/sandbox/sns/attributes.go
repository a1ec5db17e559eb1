package sns

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

// settable are the attributes that are kept; the policy and the key decide, the others are told.
var settable = []string{"DisplayName", "KmsMasterKeyId", "Policy", "SignatureVersion", "TracingConfig"}

func check(attributes map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if name != "FifoTopic" && !slices.Contains(settable, name) {
			return unsupported("the attribute " + name + " of topics")
		}
	}
	return nil
}

func (s *Service) setTopicAttributes(_ context.Context, in *sdk.SetTopicAttributesInput) (*sdk.SetTopicAttributesOutput, error) {
	name, value := aws.ToString(in.AttributeName), aws.ToString(in.AttributeValue)
	if err := check(map[string]string{name: value}); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.find(in.TopicArn)
	if err != nil {
		return nil, err
	}
	if t.attributes[name] = value; value == "" {
		delete(t.attributes, name)
	}
	return &sdk.SetTopicAttributesOutput{}, nil
}

func (s *Service) getTopicAttributes(_ context.Context, in *sdk.GetTopicAttributesInput) (*sdk.GetTopicAttributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.find(in.TopicArn)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(t.attributes)
	all["TopicArn"], all["Owner"] = t.arn, s.opts.Account
	if all["Policy"] == "" {
		all["Policy"] = s.defaultPolicy(t.arn)
	}
	return &sdk.GetTopicAttributesOutput{Attributes: all}, nil
}

// Policy is the resource policy of the topic with an ARN; empty for one that is not there.
func (s *Service) Policy(arn string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.find(&arn)
	switch {
	case err != nil:
		return ""
	case t.attributes["Policy"] != "":
		return t.attributes["Policy"]
	}
	return s.defaultPolicy(arn)
}

// defaultPolicy lets the account's own principals in, and alarms of the account. AWS writes it with the key
// AWS:SourceOwner, which CloudWatch's alarms bring and EventBridge does not
// (https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html); here it names the one service.
func (s *Service) defaultPolicy(topic string) string {
	return `{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",` +
		`"Principal":{"AWS":"arn:aws:iam::` + s.opts.Account + `:root","Service":"cloudwatch.amazonaws.com"},"Action":["sns:Publish","sns:Subscribe",` +
		`"sns:GetTopicAttributes","sns:SetTopicAttributes","sns:DeleteTopic","sns:ListSubscriptionsByTopic"],"Resource":"` + topic + `"}]}`
}

// unlock asks the key of a topic as its publisher, who needs kms:GenerateDataKey* and kms:Decrypt
// (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html). Nothing is encrypted.
func (s *Service) unlock(ctx context.Context, topic, key string) error {
	if key == "" || key == "alias/aws/sns" && !outsiders(ctx) {
		return nil
	}
	about := map[string]string{"aws:sns:topicArn": topic}
	sealed, err := s.keys.DataKey(ctx, key, about)
	if err == nil {
		err = s.keys.Open(ctx, key, sealed, about)
	}
	return refusedByKey(err)
}

// refusedByKey is what KMS refused, in SNS's words.
func refusedByKey(err error) error {
	code, message := codeOf(err)
	switch code {
	case "AccessDeniedException":
		return &types.KMSAccessDeniedException{Message: &message}
	case "DisabledException":
		return &types.KMSDisabledException{Message: &message}
	case "KMSInvalidStateException", "InvalidKeyUsageException":
		return &types.KMSInvalidStateException{Message: &message}
	case "NotFoundException":
		return &types.KMSNotFoundException{Message: &message}
	case "ThrottlingException":
		return &types.KMSThrottlingException{Message: &message}
	}
	return err
}
