package secretsmanager_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/secretsmanager"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

func TestASecretIsReadByItsARNInFullOrInPartAndByItsName(t *testing.T) {
	const given = "arn:aws:secretsmanager:us-east-1:111122223333:secret:chat-AbCdEf"
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	secretsmanager.New(secretsmanager.Options{Account: "111122223333", Region: "us-east-1", Given: map[string]string{given: "xoxb"}}).Register(srv)
	for _, id := range []string{given, given[:len(given)-7], "chat"} {
		out, err := wire.Call[sdk.GetSecretValueOutput](t.Context(), srv, &sdk.GetSecretValueInput{SecretId: &id})
		if err != nil || *out.SecretString != "xoxb" || *out.ARN != given {
			t.Errorf("%s: %+v, %v", id, out, err)
		}
	}
	made, err := wire.Call[sdk.CreateSecretOutput](t.Context(), srv, &sdk.CreateSecretInput{Name: aws.String("git"), SecretString: aws.String("a")})
	if err != nil {
		t.Fatal(err)
	}
	var exists *types.ResourceExistsException
	if _, err := wire.Call[sdk.CreateSecretOutput](t.Context(), srv, &sdk.CreateSecretInput{Name: aws.String("git"), SecretString: aws.String("b")}); !errors.As(err, &exists) {
		t.Error(err)
	}
	if _, err := wire.Call[sdk.DeleteSecretOutput](t.Context(), srv, &sdk.DeleteSecretInput{SecretId: made.ARN}); err != nil {
		t.Error(err)
	}
	var gone *types.ResourceNotFoundException
	if _, err := wire.Call[sdk.GetSecretValueOutput](t.Context(), srv, &sdk.GetSecretValueInput{SecretId: made.ARN}); !errors.As(err, &gone) {
		t.Error(err)
	}
}
