package sqs

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// sealed is a data key under which a message is, and the KMS key that opens it; zero under SQS's own.
type sealed struct {
	key  string
	data []byte
}

// about is the encryption context of a queue's data keys
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html).
func about(queue string) map[string]string { return map[string]string{"aws:sqs:arn": queue} }

// seal makes a data key for a message as its sender, who needs kms:GenerateDataKey for it, and kms:Decrypt because SQS
// proves the key
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#send-to-encrypted-queue).
func (s *Service) seal(ctx context.Context, url *string) (sealed, error) {
	s.mu.Lock()
	q, err := s.find(url)
	if err != nil {
		s.mu.Unlock()
		return sealed{}, err
	}
	one, arn := sealed{key: q.attributes["KmsMasterKeyId"]}, q.arn
	s.mu.Unlock()
	if own(one.key) {
		return sealed{}, nil
	}
	if one.data, err = s.keys.DataKey(ctx, one.key, about(arn)); err == nil {
		err = s.keys.Open(ctx, one.key, one.data, about(arn))
	}
	return one, refusedByKey(err)
}

// open opens messages as their receiver, who needs kms:Decrypt.
func (s *Service) open(ctx context.Context, queue string, all []*message) error {
	for _, m := range all {
		if m.under.key == "" {
			continue
		}
		if err := s.keys.Open(ctx, m.under.key, m.under.data, about(queue)); err != nil {
			return refusedByKey(err)
		}
	}
	return nil
}

// own tells whether a queue is under SQS's own keys, or AWS's managed key for it, which lets in all who may use SQS.
func own(key string) bool { return key == "" || strings.HasSuffix(key, "alias/aws/sqs") }

// refusedByKey is what KMS refused, in SQS's words.
func refusedByKey(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	message := api.ErrorMessage()
	switch api.ErrorCode() {
	case "AccessDeniedException":
		return &types.KmsAccessDenied{Message: &message}
	case "DisabledException":
		return &types.KmsDisabled{Message: &message}
	case "KMSInvalidStateException":
		return &types.KmsInvalidState{Message: &message}
	case "InvalidKeyUsageException":
		return &types.KmsInvalidKeyUsage{Message: &message}
	case "NotFoundException":
		return &types.KmsNotFound{Message: &message}
	case "ThrottlingException":
		return &types.KmsThrottled{Message: &message}
	}
	return err
}
