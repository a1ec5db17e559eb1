package lambda

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// sealed is a function's environment under a KMS key; zero under Lambda's own. What runs is given the variables in clear.
type sealed struct {
	key  string
	data []byte
}

// about is the encryption context of a function's environment.
func (s *Service) about(name string) map[string]string {
	return map[string]string{"aws:lambda:FunctionArn": s.arn(name)}
}

// seal puts an environment under a key as who creates or changes the function, and lets the function's role open it by a
// grant: kms:Encrypt and kms:CreateGrant
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html).
func (s *Service) seal(ctx context.Context, name, role, key string, env map[string]string) (sealed, error) {
	if key == "" || s.srv == nil {
		return sealed{key: key}, nil
	}
	text, err := json.Marshal(env)
	if err != nil {
		return sealed{}, err
	}
	if err := s.keys.Grant(ctx, key, role, s.about(name), kmstypes.GrantOperationDecrypt, kmstypes.GrantOperationRetireGrant); err != nil {
		return sealed{}, unusable(err)
	}
	data, err := s.keys.Seal(ctx, key, text, s.about(name))
	return sealed{key, data}, unusable(err)
}

// reseal is the environment as a change leaves it: under the same key or another, by the same role or another. An empty
// key takes Lambda's own again.
func (s *Service) reseal(ctx context.Context, in *sdk.UpdateFunctionConfigurationInput) (sealed, error) {
	s.mu.Lock()
	f, err := s.find(in.FunctionName)
	if err != nil {
		s.mu.Unlock()
		return sealed{}, nil // the change itself tells
	}
	now, name, role, env := f.sealed, f.name(), f.role(), f.environment
	s.mu.Unlock()
	if in.KMSKeyArn == nil && in.Environment == nil && in.Role == nil {
		return now, nil
	}
	if in.KMSKeyArn != nil {
		now.key = *in.KMSKeyArn
	}
	if in.Role != nil {
		role = *in.Role
	}
	if in.Environment != nil {
		env = in.Environment.Variables
	}
	return s.seal(ctx, name, role, now.key, env)
}

// unlock opens a function's environment as its role, which Lambda does whenever it starts a new execution environment.
func (s *Service) unlock(ctx context.Context, f *function) error {
	s.mu.Lock()
	cold, one, name := len(f.idle) == 0, f.sealed, f.name()
	s.mu.Unlock()
	if !cold || one.key == "" || s.srv == nil {
		return nil
	}
	err := s.keys.Open(wire.WithCaller(ctx, s.callerOf(f)), one.key, one.data, s.about(name))
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	told := aws.String("Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the function's KMS key settings. " +
		"KMS Exception: " + api.ErrorCode() + " KMS Message: " + api.ErrorMessage())
	switch api.ErrorCode() {
	case "AccessDeniedException":
		return &types.KMSAccessDeniedException{Message: told, Type: aws.String("User")}
	case "DisabledException":
		return &types.KMSDisabledException{Message: told, Type: aws.String("User")}
	case "NotFoundException":
		return &types.KMSNotFoundException{Message: told, Type: aws.String("User")}
	case "KMSInvalidStateException":
		return &types.KMSInvalidStateException{Message: told, Type: aws.String("User")}
	}
	return err
}

// locked is an execution that found its environment shut.
func locked(err error) answer {
	code := "KMSAccessDeniedException"
	var api smithy.APIError
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	a := failed(code, err.Error())
	a.refused = err
	return a
}

// unusable is a key that who sets up a function may not use, or nobody can.
func unusable(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	if api.ErrorCode() == "AccessDeniedException" {
		return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: api.ErrorMessage(), Fault: smithy.FaultClient}
	}
	return invalid("The KMS key is not usable: %s: %s", api.ErrorCode(), api.ErrorMessage())
}
