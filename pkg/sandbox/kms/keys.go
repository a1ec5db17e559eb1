package kms

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/google/uuid"
)

// Days between the wish to delete a key and its end
// (https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html).
const (
	fewestDays = 7
	mostDays   = 30
)

func (s *Service) createKey(_ context.Context, in *sdk.CreateKeyInput) (*sdk.CreateKeyOutput, error) {
	switch {
	case in.Origin != "" && in.Origin != types.OriginTypeAwsKms, in.CustomKeyStoreId != nil, in.XksKeyId != nil:
		return nil, unsupported("key material from elsewhere")
	case aws.ToBool(in.MultiRegion):
		return nil, unsupported("multi-Region keys")
	}
	if in.Policy != nil {
		if err := s.check(*in.Policy); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.add(s.arn(uuid.NewString()), aws.ToString(in.Policy))
	k.description = aws.ToString(in.Description)
	if in.KeySpec != "" {
		k.spec = in.KeySpec
	}
	if in.KeyUsage != "" {
		k.usage = in.KeyUsage
	}
	return &sdk.CreateKeyOutput{KeyMetadata: k.told(s.opts.Account)}, nil
}

func (s *Service) describeKey(_ context.Context, in *sdk.DescribeKeyInput) (*sdk.DescribeKeyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(in.KeyId)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeKeyOutput{KeyMetadata: k.told(s.opts.Account)}, nil
}

// told is a key as answers show it.
func (k *key) told(account string) *types.KeyMetadata {
	out := &types.KeyMetadata{
		KeyId: &k.id, Arn: &k.arn, AWSAccountId: &account, CreationDate: aws.Time(k.created), Description: aws.String(k.description),
		Enabled: k.state == types.KeyStateEnabled, KeyManager: types.KeyManagerTypeCustomer, KeyState: k.state, KeySpec: k.spec, KeyUsage: k.usage,
		Origin: types.OriginTypeAwsKms, MultiRegion: aws.Bool(false), DeletionDate: k.deletion,
	}
	if k.spec == types.KeySpecSymmetricDefault {
		out.EncryptionAlgorithms = []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecSymmetricDefault}
	}
	return out
}

func (s *Service) listKeys(context.Context, *sdk.ListKeysInput) (*sdk.ListKeysOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &sdk.ListKeysOutput{Keys: []types.KeyListEntry{}}
	for _, arn := range slices.Sorted(maps.Keys(s.keys)) {
		out.Keys = append(out.Keys, types.KeyListEntry{KeyArn: aws.String(arn), KeyId: aws.String(s.keys[arn].id)})
	}
	return out, nil
}

func (s *Service) enableKey(_ context.Context, in *sdk.EnableKeyInput) (*sdk.EnableKeyOutput, error) {
	return &sdk.EnableKeyOutput{}, s.turn(in.KeyId, types.KeyStateEnabled)
}

func (s *Service) disableKey(_ context.Context, in *sdk.DisableKeyInput) (*sdk.DisableKeyOutput, error) {
	return &sdk.DisableKeyOutput{}, s.turn(in.KeyId, types.KeyStateDisabled)
}

// turn enables or disables a key; one that is to be deleted stays as it is.
func (s *Service) turn(id *string, to types.KeyState) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(id)
	if err != nil {
		return err
	}
	if k.state == types.KeyStatePendingDeletion {
		return &types.KMSInvalidStateException{Message: aws.String(k.arn + " is pending deletion.")}
	}
	k.state = to
	return nil
}

// scheduleKeyDeletion makes a key useless at once; it is never really gone, for no sandbox lives seven days.
func (s *Service) scheduleKeyDeletion(_ context.Context, in *sdk.ScheduleKeyDeletionInput) (*sdk.ScheduleKeyDeletionOutput, error) {
	days := int32(mostDays)
	if in.PendingWindowInDays != nil {
		days = *in.PendingWindowInDays
	}
	if days < fewestDays || days > mostDays {
		return nil, invalid("PendingWindowInDays must be between 7 and 30")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(in.KeyId)
	if err != nil {
		return nil, err
	}
	if k.state == types.KeyStatePendingDeletion {
		return nil, &types.KMSInvalidStateException{Message: aws.String(k.arn + " is pending deletion.")}
	}
	k.state, k.deletion = types.KeyStatePendingDeletion, aws.Time(time.Now().AddDate(0, 0, int(days)))
	return &sdk.ScheduleKeyDeletionOutput{KeyId: &k.arn, KeyState: k.state, DeletionDate: k.deletion, PendingWindowInDays: &days}, nil
}

func (s *Service) cancelKeyDeletion(_ context.Context, in *sdk.CancelKeyDeletionInput) (*sdk.CancelKeyDeletionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(in.KeyId)
	if err != nil {
		return nil, err
	}
	if k.state != types.KeyStatePendingDeletion {
		return nil, &types.KMSInvalidStateException{Message: aws.String(k.arn + " is not pending deletion.")}
	}
	k.state, k.deletion = types.KeyStateDisabled, nil // it must be enabled again
	return &sdk.CancelKeyDeletionOutput{KeyId: &k.arn}, nil
}
