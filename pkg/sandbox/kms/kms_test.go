package kms_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/kms"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const given = "arn:aws:kms:eu-central-2:111122223333:key/0a1b2c3d-0000-11ee-8c99-0242ac120002"

// client is the SDK's own, of a service with one key.
func client(t *testing.T) *sdk.Client {
	t.Helper()
	srv := wire.New(wire.Options{Account: "111122223333", Region: "eu-central-2"})
	kms.New(kms.Options{Account: "111122223333", Region: "eu-central-2", Given: map[string]string{given: ""}}).Register(srv)
	server := httptest.NewServer(srv)
	t.Cleanup(server.Close)
	return sdk.New(sdk.Options{Region: "eu-central-2", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		})})
}

// code of an error; "" for none.
func code(err error) string {
	var api smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &api):
		return api.ErrorCode()
	}
	return err.Error()
}

func TestWhatWasEncryptedComesBackForTheSameContextAlone(t *testing.T) {
	ctx, c := t.Context(), client(t)
	about := map[string]string{"aws:sqs:arn": "q", "a": "b"}
	out, err := c.Encrypt(ctx, &sdk.EncryptInput{KeyId: aws.String(given), Plaintext: []byte("secret"), EncryptionContext: about})
	if err != nil || strings.Contains(string(out.CiphertextBlob), "secret") {
		t.Fatal(err, out)
	}
	back, err := c.Decrypt(ctx, &sdk.DecryptInput{CiphertextBlob: out.CiphertextBlob, EncryptionContext: about})
	if err != nil || string(back.Plaintext) != "secret" || *back.KeyId != given {
		t.Errorf("%v %+v", err, back)
	}
	other, err := c.CreateKey(ctx, &sdk.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	torn := append([]byte{}, out.CiphertextBlob...)
	torn[len(torn)-1] ^= 1
	for name, one := range map[string]struct {
		in   sdk.DecryptInput
		want string
	}{
		"another context": {sdk.DecryptInput{CiphertextBlob: out.CiphertextBlob}, "InvalidCiphertextException"},
		"a changed text":  {sdk.DecryptInput{CiphertextBlob: torn, EncryptionContext: about}, "InvalidCiphertextException"},
		"no ciphertext":   {sdk.DecryptInput{CiphertextBlob: []byte("x")}, "InvalidCiphertextException"},
		"another key":     {sdk.DecryptInput{CiphertextBlob: out.CiphertextBlob, KeyId: other.KeyMetadata.KeyId}, "IncorrectKeyException"},
	} {
		if _, err := c.Decrypt(ctx, &one.in); code(err) != one.want {
			t.Errorf("%s: %v, want %s", name, err, one.want)
		}
	}
	data, err := c.GenerateDataKey(ctx, &sdk.GenerateDataKeyInput{KeyId: aws.String(given), KeySpec: types.DataKeySpecAes256})
	if err != nil || len(data.Plaintext) != 32 {
		t.Fatal(err, data)
	}
	if opened, err := c.Decrypt(ctx, &sdk.DecryptInput{CiphertextBlob: data.CiphertextBlob}); err != nil || string(opened.Plaintext) != string(data.Plaintext) {
		t.Errorf("%v", err)
	}
}

func TestAKeyEncryptsOnlyAsItsStateSpecAndUsageAllow(t *testing.T) {
	ctx, c := t.Context(), client(t)
	id := aws.String(strings.TrimPrefix(given, "arn:aws:kms:eu-central-2:111122223333:key/"))
	use := func(id *string) string {
		_, err := c.GenerateDataKey(ctx, &sdk.GenerateDataKeyInput{KeyId: id, KeySpec: types.DataKeySpecAes256})
		return code(err)
	}
	state := func() types.KeyState {
		out, err := c.DescribeKey(ctx, &sdk.DescribeKeyInput{KeyId: id})
		if err != nil {
			t.Fatal(err)
		}
		return out.KeyMetadata.KeyState
	}
	steps := []struct {
		do       func() error
		use, now string
	}{
		{func() error { return nil }, "", "Enabled"},
		{func() error { _, err := c.DisableKey(ctx, &sdk.DisableKeyInput{KeyId: id}); return err }, "DisabledException", "Disabled"},
		{func() error { _, err := c.EnableKey(ctx, &sdk.EnableKeyInput{KeyId: id}); return err }, "", "Enabled"},
		{func() error {
			_, err := c.ScheduleKeyDeletion(ctx, &sdk.ScheduleKeyDeletionInput{KeyId: id, PendingWindowInDays: aws.Int32(7)})
			return err
		}, "KMSInvalidStateException", "PendingDeletion"},
		{func() error { _, err := c.CancelKeyDeletion(ctx, &sdk.CancelKeyDeletionInput{KeyId: id}); return err }, "DisabledException", "Disabled"},
	}
	for i, step := range steps {
		if err := step.do(); err != nil {
			t.Fatal(i, err)
		}
		if got, now := use(id), state(); got != step.use || string(now) != step.now {
			t.Errorf("step %d: %q %s, want %q %s", i, got, now, step.use, step.now)
		}
	}
	if _, err := c.EnableKey(ctx, &sdk.EnableKeyInput{KeyId: aws.String("none")}); code(err) != "NotFoundException" {
		t.Error(err)
	}
	signing, err := c.CreateKey(ctx, &sdk.CreateKeyInput{KeySpec: types.KeySpecRsa2048, KeyUsage: types.KeyUsageTypeSignVerify})
	if err != nil {
		t.Fatal(err)
	}
	if got := use(signing.KeyMetadata.Arn); got != "InvalidKeyUsageException" {
		t.Error(got)
	}
	if got := use(aws.String("alias/mine")); got != "NotFoundException" {
		t.Error(got)
	}
}

func TestAKeyHasOnePolicyThatIsKeptAsItWasPut(t *testing.T) {
	ctx, c := t.Context(), client(t)
	out, err := c.GetKeyPolicy(ctx, &sdk.GetKeyPolicyInput{KeyId: aws.String(given)})
	if err != nil || !strings.Contains(*out.Policy, `"AWS":"arn:aws:iam::111122223333:root"`) {
		t.Errorf("%v %+v", err, out)
	}
	const policy = `{"Statement": []}`
	if _, err := c.PutKeyPolicy(ctx, &sdk.PutKeyPolicyInput{KeyId: aws.String(given), Policy: aws.String(policy)}); err != nil {
		t.Fatal(err)
	}
	if out, err := c.GetKeyPolicy(ctx, &sdk.GetKeyPolicyInput{KeyId: aws.String(given), PolicyName: aws.String("default")}); err != nil || *out.Policy != policy {
		t.Errorf("%v %+v", err, out)
	}
	for _, bad := range []string{"{}", "policy", `{"Statement": ` + strings.Repeat(" ", 32<<10) + `[]}`} {
		if _, err := c.PutKeyPolicy(ctx, &sdk.PutKeyPolicyInput{KeyId: aws.String(given), Policy: aws.String(bad)}); err == nil {
			t.Errorf("%.20s was taken", bad)
		}
	}
	if _, err := c.GetKeyPolicy(ctx, &sdk.GetKeyPolicyInput{KeyId: aws.String(given), PolicyName: aws.String("mine")}); code(err) != "NotFoundException" {
		t.Error(err)
	}
}
