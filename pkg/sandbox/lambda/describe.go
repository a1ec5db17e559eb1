package lambda

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func (s *Service) getFunction(_ context.Context, in *sdk.GetFunctionInput) (*sdk.GetFunctionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	config, location := f.config, f.location
	out := &sdk.GetFunctionOutput{Configuration: &config, Code: &location, Tags: maps.Clone(f.tags)}
	if f.reserved != nil {
		out.Concurrency = &types.Concurrency{ReservedConcurrentExecutions: f.reserved}
	}
	return out, nil
}

func (s *Service) getFunctionConfiguration(_ context.Context, in *sdk.GetFunctionConfigurationInput) (*sdk.GetFunctionConfigurationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	out := &sdk.GetFunctionConfigurationOutput{}
	convert(out, f.config)
	return out, nil
}

func (s *Service) listFunctions(context.Context, *sdk.ListFunctionsInput) (*sdk.ListFunctionsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &sdk.ListFunctionsOutput{Functions: []types.FunctionConfiguration{}}
	for _, name := range slices.Sorted(maps.Keys(s.functions)) {
		out.Functions = append(out.Functions, s.functions[name].config)
	}
	return out, nil
}

func (s *Service) getAccountSettings(context.Context, *sdk.GetAccountSettingsInput) (*sdk.GetAccountSettingsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	usage := &types.AccountUsage{FunctionCount: int64(len(s.functions))}
	for _, f := range s.functions {
		usage.TotalCodeSize += f.config.CodeSize
	}
	return &sdk.GetAccountSettingsOutput{
		AccountUsage: usage,
		AccountLimit: &types.AccountLimit{
			CodeSizeUnzipped: 262144000, CodeSizeZipped: 52428800, TotalCodeSize: 80530636800,
			ConcurrentExecutions: AccountConcurrency, UnreservedConcurrentExecutions: aws.Int32(s.unreserved()),
		},
	}, nil
}
