package kms

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// mostPlaintext is what Encrypt takes with a symmetric key, in bytes
// (https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html).
const mostPlaintext = 4096

func (s *Service) encrypt(_ context.Context, in *sdk.EncryptInput) (*sdk.EncryptOutput, error) {
	if n := len(in.Plaintext); n == 0 || n > mostPlaintext {
		return nil, invalid("Plaintext must have 1 to 4096 bytes")
	}
	k, err := s.forUse(in.KeyId)
	if err != nil {
		return nil, err
	}
	return &sdk.EncryptOutput{
		CiphertextBlob: k.seal(in.Plaintext, in.EncryptionContext), KeyId: &k.arn, EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault,
	}, nil
}

func (s *Service) decrypt(_ context.Context, in *sdk.DecryptInput) (*sdk.DecryptOutput, error) {
	arn, nonce, box := open(in.CiphertextBlob)
	if arn == "" {
		return nil, unreadable()
	}
	if in.KeyId != nil && s.whole(*in.KeyId) != arn {
		return nil, &types.IncorrectKeyException{Message: aws.String("The key ID in the request does not identify a CMK that can perform this operation.")}
	}
	k, err := s.forUse(&arn)
	if err != nil {
		return nil, err
	}
	plain, err := k.cipher().Open(nil, nonce, box, associated(in.EncryptionContext))
	if err != nil {
		return nil, unreadable()
	}
	return &sdk.DecryptOutput{Plaintext: plain, KeyId: &k.arn, EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault}, nil
}

func (s *Service) generateDataKey(_ context.Context, in *sdk.GenerateDataKeyInput) (*sdk.GenerateDataKeyOutput, error) {
	size, err := sizeOf(in)
	if err != nil {
		return nil, err
	}
	k, err := s.forUse(in.KeyId)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, size)
	_, _ = rand.Read(plain) // never fails
	return &sdk.GenerateDataKeyOutput{Plaintext: plain, CiphertextBlob: k.seal(plain, in.EncryptionContext), KeyId: &k.arn}, nil
}

func sizeOf(in *sdk.GenerateDataKeyInput) (int, error) {
	n := int(aws.ToInt32(in.NumberOfBytes))
	switch {
	case (in.KeySpec == "") == (in.NumberOfBytes == nil):
		return 0, invalid("Please specify either number of bytes or key spec.")
	case in.KeySpec == types.DataKeySpecAes128:
		return 16, nil
	case in.KeySpec == types.DataKeySpecAes256:
		return 32, nil
	case n < 1 || n > 1024:
		return 0, invalid("NumberOfBytes must be between 1 and 1024")
	}
	return n, nil
}

// forUse is a key that can encrypt now.
func (s *Service) forUse(id *string) (*key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(id)
	if err != nil {
		return nil, err
	}
	return k, k.usable()
}

func (k *key) cipher() cipher.AEAD {
	block, err := aes.NewCipher(k.material[:])
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has blocks of 16 bytes
	}
	return gcm
}

// seal is a ciphertext that names its key: its ARN's length, the ARN, a nonce, and what GCM makes.
func (k *key) seal(plain []byte, context map[string]string) []byte {
	out := append([]byte{byte(len(k.arn))}, k.arn...)
	nonce := make([]byte, nonceSize)
	_, _ = rand.Read(nonce) // never fails
	return k.cipher().Seal(append(out, nonce...), nonce, plain, associated(context))
}

const nonceSize = 12

// open takes a ciphertext apart; an empty ARN is none.
func open(sealed []byte) (arn string, nonce, box []byte) {
	if len(sealed) == 0 {
		return "", nil, nil
	}
	n := 1 + int(sealed[0])
	if len(sealed) < n+nonceSize {
		return "", nil, nil
	}
	return string(sealed[1:n]), sealed[n : n+nonceSize], sealed[n+nonceSize:]
}

// associated is an encryption context as bytes, its names in order.
func associated(context map[string]string) []byte {
	if len(context) == 0 {
		return nil
	}
	text, err := json.Marshal(context)
	if err != nil {
		panic(errors.Join(errors.New("a map of strings is JSON"), err))
	}
	return text
}

// unreadable is a ciphertext that is none, was changed, or is for another encryption context. AWS says no more than the code.
func unreadable() error {
	return &types.InvalidCiphertextException{Message: aws.String("The ciphertext, or the encryption context that goes with it, is not what was encrypted.")}
}
