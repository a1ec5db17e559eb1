// Package ssm keeps parameters of the Parameter Store: enough of Systems Manager for a function that reads a token. A
// parameter has its newest version alone, and no key encrypts it.
package ssm

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Options of a Service.
type Options struct {
	// Account and Region of the parameters' ARNs.
	Account, Region string
	// Given are secure strings that are there from the beginning, by ARN.
	Given map[string]string
}

// Service holds parameters. Use New; a Service is safe for concurrent use.
type Service struct {
	opts Options

	mu         sync.Mutex
	parameters map[string]types.Parameter // by name, decrypted
}

// New returns a service with the parameters that were given.
func New(opts Options) *Service {
	s := &Service{opts: opts, parameters: map[string]types.Parameter{}}
	for arn, value := range opts.Given {
		if _, name, ok := strings.Cut(arn, ":parameter/"); ok && strings.Contains(arn, ":ssm:") {
			if strings.Contains(name, "/") {
				name = "/" + name
			}
			s.put(name, value, types.ParameterTypeSecureString, 1)
		}
	}
	return s
}

// Keep puts a string that was there before anybody called. One that has the name already stays as it is.
func (s *Service) Keep(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.parameters[name]; !there {
		s.put(name, value, types.ParameterTypeString, 1)
	}
}

// Register puts the operations on srv.
func (s *Service) Register(srv *wire.Server) {
	wire.On(srv, "ssm", s.deleteParameter)
	wire.On(srv, "ssm", s.getParameter)
	wire.On(srv, "ssm", s.putParameter)
}

func (s *Service) put(name, value string, kind types.ParameterType, version int64) {
	s.parameters[name] = types.Parameter{
		Name: &name, Value: &value, Type: kind, Version: version, DataType: aws.String("text"), LastModifiedDate: aws.Time(time.Now()),
		ARN: aws.String(fmt.Sprintf("arn:aws:ssm:%s:%s:parameter/%s", s.opts.Region, s.opts.Account, strings.TrimPrefix(name, "/"))),
	}
}

func (s *Service) putParameter(_ context.Context, in *sdk.PutParameterInput) (*sdk.PutParameterOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := aws.ToString(in.Name)
	before, there := s.parameters[name]
	if there && !aws.ToBool(in.Overwrite) {
		return nil, &types.ParameterAlreadyExists{Message: aws.String("The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")}
	}
	kind := in.Type
	switch {
	case kind == "" && there:
		kind = before.Type
	case kind == "":
		kind = types.ParameterTypeString
	}
	s.put(name, aws.ToString(in.Value), kind, before.Version+1)
	return &sdk.PutParameterOutput{Version: before.Version + 1, Tier: types.ParameterTierStandard}, nil
}

// getParameter takes a name or an ARN. What a secure string holds without decryption is nobody's business.
func (s *Service) getParameter(_ context.Context, in *sdk.GetParameterInput) (*sdk.GetParameterOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, there := s.find(aws.ToString(in.Name))
	if !there {
		return nil, none(in.Name)
	}
	if p.Type == types.ParameterTypeSecureString && !aws.ToBool(in.WithDecryption) {
		p.Value = aws.String("AQICAHencrypted")
	}
	return &sdk.GetParameterOutput{Parameter: &p}, nil
}

func (s *Service) deleteParameter(_ context.Context, in *sdk.DeleteParameterInput) (*sdk.DeleteParameterOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, there := s.find(aws.ToString(in.Name))
	if !there {
		return nil, none(in.Name)
	}
	delete(s.parameters, *p.Name)
	return &sdk.DeleteParameterOutput{}, nil
}

// find is a parameter by its name or its ARN. The caller holds mu.
func (s *Service) find(id string) (types.Parameter, bool) {
	if p, there := s.parameters[id]; there {
		return p, true
	}
	for _, p := range s.parameters {
		if *p.ARN == id {
			return p, true
		}
	}
	return types.Parameter{}, false
}

func none(name *string) error {
	return &types.ParameterNotFound{Message: aws.String("Parameter " + aws.ToString(name) + " not found.")}
}
