package ecr

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
)

// mayUse asks the KMS key of a new repository as who makes it, who needs kms:DescribeKey and kms:CreateGrant: from then on
// ECR uses the key by its grants, and who pushes and who pulls is not asked
// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html).
func (s *Service) mayUse(ctx context.Context, e *types.EncryptionConfiguration) error {
	if e == nil || deref(e.KmsKey) == "" || s.keys.Server == nil {
		return nil
	}
	err := s.keys.Describe(ctx, *e.KmsKey)
	if err == nil {
		err = s.keys.Grant(ctx, *e.KmsKey, "ecr."+s.opts.Region+".amazonaws.com", nil, kmstypes.GrantOperationGenerateDataKey,
			kmstypes.GrantOperationDecrypt, kmstypes.GrantOperationDescribeKey, kmstypes.GrantOperationRetireGrant)
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	code, message := api.ErrorCode(), api.ErrorMessage()
	return &types.KmsException{KmsError: &code, Message: &message}
}
