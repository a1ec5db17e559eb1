package logs

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// mayUse asks the key under which a group is to be, as CloudWatch Logs itself: the key's policy must let the service of
// this region in, for the group's ARN
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html). The words are those that reports
// of refused keys quote (https://github.com/hashicorp/terraform-provider-aws/issues/29282).
func (s *Service) mayUse(ctx context.Context, key *string, group string) error {
	if aws.ToString(key) == "" {
		return nil
	}
	arn := fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s", s.opts.Region, s.opts.Account, group)
	principal := "logs." + s.opts.Region + ".amazonaws.com"
	_, err := s.keys.DataKey(wire.WithCaller(ctx, wire.Caller{ARN: principal, Source: arn}), *key, map[string]string{"aws:logs:arn": arn})
	var api smithy.APIError
	if err == nil || !errors.As(err, &api) {
		return err
	}
	switch api.ErrorCode() {
	case "AccessDeniedException":
		return &types.AccessDeniedException{Message: aws.String("The specified KMS key does not exist or is not allowed to be used with Arn '" + arn + "'")}
	case "NotFoundException", "DisabledException", "KMSInvalidStateException", "InvalidKeyUsageException":
		return invalid("The specified KMS Key Id could not be found. '%s': %s", group, api.ErrorMessage())
	}
	return err
}

func (s *Service) there(group string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.groups[group] != nil
}
