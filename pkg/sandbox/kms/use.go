package kms

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// User is a service of the sandbox that uses keys in the name of its callers: each call of it is a call of KMS, decided
// about, open to faults and in the trail as any other. The context's caller is whom KMS sees.
type User struct {
	// Server is the wire; Service the user's name in kms:ViaService, "sqs".
	Server  *wire.Server
	Service string
}

// DataKey makes a data key under a key, for an encryption context, and returns it sealed.
func (u User) DataKey(ctx context.Context, key string, about map[string]string) (sealed []byte, err error) {
	out, err := wire.Call[sdk.GenerateDataKeyOutput](u.via(ctx), u.Server, &sdk.GenerateDataKeyInput{
		KeyId: &key, KeySpec: types.DataKeySpecAes256, EncryptionContext: about,
	})
	if err != nil {
		return nil, err
	}
	return out.CiphertextBlob, nil
}

// Open opens what was sealed under a key for the same encryption context.
func (u User) Open(ctx context.Context, key string, sealed []byte, about map[string]string) error {
	_, err := wire.Call[sdk.DecryptOutput](u.via(ctx), u.Server, &sdk.DecryptInput{KeyId: &key, CiphertextBlob: sealed, EncryptionContext: about})
	return err
}

// Seal encrypts text under a key.
func (u User) Seal(ctx context.Context, key string, text []byte, about map[string]string) (sealed []byte, err error) {
	out, err := wire.Call[sdk.EncryptOutput](u.via(ctx), u.Server, &sdk.EncryptInput{KeyId: &key, Plaintext: text, EncryptionContext: about})
	if err != nil {
		return nil, err
	}
	return out.CiphertextBlob, nil
}

// Grant lets a principal use a key for operations in an encryption context, nil for any, whatever its own policies say.
func (u User) Grant(ctx context.Context, key, principal string, about map[string]string, operations ...types.GrantOperation) error {
	in := &sdk.CreateGrantInput{KeyId: &key, GranteePrincipal: aws.String(principal), Operations: operations}
	if about != nil {
		in.Constraints = &types.GrantConstraints{EncryptionContextEquals: about}
	}
	_, err := wire.Call[sdk.CreateGrantOutput](u.via(ctx), u.Server, in)
	return err
}

// Describe asks for a key, which must be there and be one that the caller may describe.
func (u User) Describe(ctx context.Context, key string) error {
	_, err := wire.Call[sdk.DescribeKeyOutput](u.via(ctx), u.Server, &sdk.DescribeKeyInput{KeyId: &key})
	return err
}

// via says through which service a caller comes to KMS, for those who are no service themselves.
func (u User) via(ctx context.Context) context.Context {
	c := wire.CallerOf(ctx)
	if viaOfServices || !strings.HasSuffix(c.ARN, ".amazonaws.com") {
		c.Via = u.Service + "." + u.Server.Region() + ".amazonaws.com"
	}
	return wire.WithCaller(ctx, c)
}
