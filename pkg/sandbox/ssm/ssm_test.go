package ssm_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/ssm"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

func TestAParameterIsReadByItsNameAndItsARNAndASecureOneOnlyWithDecryption(t *testing.T) {
	const given = "arn:aws:ssm:us-east-1:111122223333:parameter/team/chat"
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	ssm.New(ssm.Options{Account: "111122223333", Region: "us-east-1", Given: map[string]string{given: "xoxb", "arn:aws:secretsmanager:us-east-1:111122223333:secret:x-AbCdEf": "no"}}).Register(srv)
	get := func(id string, decrypted bool) (string, error) {
		out, err := wire.Call[sdk.GetParameterOutput](t.Context(), srv, &sdk.GetParameterInput{Name: &id, WithDecryption: &decrypted})
		if err != nil {
			return "", err
		}
		if *out.Parameter.ARN != given && *out.Parameter.Name != "plain" {
			t.Errorf("%s is %+v", id, out.Parameter)
		}
		return *out.Parameter.Value, nil
	}
	for _, id := range []string{given, "/team/chat"} {
		if value, err := get(id, true); err != nil || value != "xoxb" {
			t.Errorf("%s: %q, %v", id, value, err)
		}
		if value, err := get(id, false); err != nil || value == "xoxb" {
			t.Errorf("%s without decryption: %q, %v", id, value, err)
		}
	}
	put := func(value string, overwrite bool) (int64, error) {
		out, err := wire.Call[sdk.PutParameterOutput](t.Context(), srv, &sdk.PutParameterInput{Name: aws.String("plain"), Value: &value, Overwrite: &overwrite})
		if err != nil {
			return 0, err
		}
		return out.Version, nil
	}
	var exists *types.ParameterAlreadyExists
	if n, err := put("a", false); n != 1 || err != nil {
		t.Error(n, err)
	}
	if _, err := put("b", false); !errors.As(err, &exists) {
		t.Error(err)
	}
	if n, err := put("b", true); n != 2 || err != nil {
		t.Error(n, err)
	}
	if value, err := get("plain", false); value != "b" || err != nil {
		t.Error(value, err)
	}
	if _, err := wire.Call[sdk.DeleteParameterOutput](t.Context(), srv, &sdk.DeleteParameterInput{Name: aws.String("plain")}); err != nil {
		t.Error(err)
	}
	var gone *types.ParameterNotFound
	if _, err := get("plain", false); !errors.As(err, &gone) {
		t.Error(err)
	}
}

func TestAParameterThatIsKeptIsAStringAndReplacesNone(t *testing.T) {
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	s := ssm.New(ssm.Options{Account: "111122223333", Region: "us-east-1"})
	s.Register(srv)
	for _, value := range []string{"1", "2"} {
		s.Keep("/a/version", value)
	}
	out, err := wire.Call[sdk.GetParameterOutput](t.Context(), srv, &sdk.GetParameterInput{Name: aws.String("/a/version")})
	if err != nil {
		t.Fatal(err)
	}
	if p := out.Parameter; *p.Value != "1" || p.Type != types.ParameterTypeString || *p.ARN != "arn:aws:ssm:us-east-1:111122223333:parameter/a/version" {
		t.Errorf("%+v", p)
	}
}
