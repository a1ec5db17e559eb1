package iam

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// keys adds those of KMS, with the condition keys of
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html that package kms's calls have.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
func (t table) keys() {
	onAny[kms.CreateKeyInput](t, "kms")
	onAny[kms.ListKeysInput](t, "kms")
	onKey(t, func(in *kms.DescribeKeyInput) *string { return in.KeyId })
	onKey(t, func(in *kms.GetKeyPolicyInput) *string { return in.KeyId })
	onKey(t, func(in *kms.PutKeyPolicyInput) *string { return in.KeyId })
	onKey(t, func(in *kms.EnableKeyInput) *string { return in.KeyId })
	onKey(t, func(in *kms.DisableKeyInput) *string { return in.KeyId })
	onKey(t, func(in *kms.ScheduleKeyDeletionInput) *string { return in.KeyId })
	onKey(t, func(in *kms.CancelKeyDeletionInput) *string { return in.KeyId })
	onKey(t, func(in *kms.ListGrantsInput) *string { return in.KeyId })
	onKey(t, func(in *kms.RevokeGrantInput) *string { return in.KeyId })
	on(t, "kms", func(a asking, in *kms.CreateGrantInput) []need {
		n := a.key(in.KeyId, nil)
		for _, operation := range in.Operations {
			n = n.with("kms:GrantOperations", append(n.keys["kms:grantoperations"], string(operation))...)
		}
		return []need{n.with("kms:GranteePrincipal", aws.ToString(in.GranteePrincipal))}
	})
	on(t, "kms", func(a asking, in *kms.EncryptInput) []need {
		return []need{a.key(in.KeyId, nil).about(in.EncryptionContext)}
	})
	on(t, "kms", func(a asking, in *kms.GenerateDataKeyInput) []need {
		return []need{a.key(in.KeyId, nil).about(in.EncryptionContext)}
	})
	on(t, "kms", func(a asking, in *kms.DecryptInput) []need {
		return []need{a.key(in.KeyId, in.CiphertextBlob).about(in.EncryptionContext)}
	})
}

// onKey adds an operation on a key by its id or ARN.
func onKey[In any](t table, id func(in *In) *string) {
	on(t, "kms", func(a asking, in *In) []need { return []need{a.key(id(in), nil)} })
}

// key is the need of the operation's action on a key, by its id or ARN or by what was encrypted under it.
func (a asking) key(id *string, sealed []byte) need {
	name := aws.ToString(id)
	if a.opts.Key != nil {
		if arn, _ := a.opts.Key(name, sealed); arn != "" {
			name = arn
		}
	}
	if name != "" && !strings.HasPrefix(name, "arn:") {
		name = a.arn("kms", "key/"+name)
	}
	n := a.need(name)
	n.keyed = true
	return n
}

// about adds the keys that tell an encryption context.
func (n need) about(context map[string]string) need {
	for name, value := range context {
		n = n.with("kms:EncryptionContext:"+name, value)
	}
	return n.with("kms:EncryptionContextKeys", slices.Sorted(maps.Keys(context))...)
}
