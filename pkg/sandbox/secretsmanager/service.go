// Package secretsmanager keeps secrets of text: enough of Secrets Manager for a function that reads a token. A secret has
// one version, and one that is deleted is gone at once.
package secretsmanager

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/google/uuid"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Options of a Service.
type Options struct {
	// Account and Region of the secrets' ARNs.
	Account, Region string
	// Given are secrets that are there from the beginning, by ARN.
	Given map[string]string
}

// Service holds secrets. Use New; a Service is safe for concurrent use.
type Service struct {
	opts Options

	mu      sync.Mutex
	secrets map[string]*secret // by ARN
}

type secret struct {
	arn, name, value, version string
	created                   time.Time
}

// New returns a service with the secrets that were given.
func New(opts Options) *Service {
	s := &Service{opts: opts, secrets: map[string]*secret{}}
	for arn, value := range opts.Given {
		if strings.Contains(arn, ":secret:") {
			s.add(arn, nameOf(arn), value)
		}
	}
	return s
}

// Register puts the operations on srv.
func (s *Service) Register(srv *wire.Server) {
	wire.On(srv, "secretsmanager", s.createSecret)
	wire.On(srv, "secretsmanager", s.deleteSecret)
	wire.On(srv, "secretsmanager", s.getSecretValue)
}

func (s *Service) add(arn, name, value string) *secret {
	one := &secret{arn: arn, name: name, value: value, version: uuid.NewString(), created: time.Now()}
	s.secrets[arn] = one
	return one
}

func (s *Service) createSecret(_ context.Context, in *sdk.CreateSecretInput) (*sdk.CreateSecretOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := aws.ToString(in.Name)
	if s.find(name) != nil {
		return nil, &types.ResourceExistsException{Message: aws.String("The operation failed because the secret " + name + " already exists.")}
	}
	if in.SecretString == nil {
		return nil, &types.InvalidParameterException{Message: aws.String("The sandbox keeps secrets of text: SecretString is missing.")}
	}
	arn := fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s-%s", s.opts.Region, s.opts.Account, name, strings.ReplaceAll(uuid.NewString(), "-", "")[:6])
	one := s.add(arn, name, *in.SecretString)
	return &sdk.CreateSecretOutput{ARN: &one.arn, Name: &one.name, VersionId: &one.version}, nil
}

func (s *Service) deleteSecret(_ context.Context, in *sdk.DeleteSecretInput) (*sdk.DeleteSecretOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.find(aws.ToString(in.SecretId))
	if one == nil {
		return nil, none()
	}
	delete(s.secrets, one.arn)
	return &sdk.DeleteSecretOutput{ARN: &one.arn, Name: &one.name, DeletionDate: aws.Time(time.Now())}, nil
}

func (s *Service) getSecretValue(_ context.Context, in *sdk.GetSecretValueInput) (*sdk.GetSecretValueOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.find(aws.ToString(in.SecretId))
	if one == nil {
		return nil, none()
	}
	return &sdk.GetSecretValueOutput{
		ARN: &one.arn, Name: &one.name, SecretString: &one.value, CreatedDate: &one.created,
		VersionId: &one.version, VersionStages: []string{"AWSCURRENT"},
	}, nil
}

// find is a secret by its ARN, with or without the six characters at its end, or by its name; nil when there is none.
// The caller holds mu.
func (s *Service) find(id string) *secret {
	if one := s.secrets[id]; one != nil {
		return one
	}
	for _, one := range s.secrets {
		if one.name == id || strings.HasPrefix(one.arn, id+"-") {
			return one
		}
	}
	return nil
}

// nameOf is a secret's name in its ARN, whose last six characters are AWS's own.
func nameOf(arn string) string {
	name := arn[strings.LastIndexByte(arn, ':')+1:]
	if len(name) > 7 && name[len(name)-7] == '-' {
		return name[:len(name)-7]
	}
	return name
}

func none() error {
	return &types.ResourceNotFoundException{Message: aws.String("Secrets Manager can't find the specified secret.")}
}
