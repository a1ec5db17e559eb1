package lambda

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func (s *Service) putFunctionEventInvokeConfig(_ context.Context, in *sdk.PutFunctionEventInvokeConfigInput) (*sdk.PutFunctionEventInvokeConfigOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if v := in.MaximumEventAgeInSeconds; v != nil && (*v < 60 || *v > 21600) {
		return nil, invalidConstraint("maximumEventAgeInSeconds", fmt.Sprint(*v), "Member must have value between 60 and 21600")
	}
	if v := in.MaximumRetryAttempts; v != nil && (*v < 0 || *v > 2) {
		return nil, invalidConstraint("maximumRetryAttempts", fmt.Sprint(*v), "Member must have value between 0 and 2")
	}
	destinations := in.DestinationConfig
	if destinations == nil {
		destinations = &types.DestinationConfig{}
	}
	if destinations.OnFailure == nil {
		destinations.OnFailure = &types.OnFailure{}
	}
	if destinations.OnSuccess == nil {
		destinations.OnSuccess = &types.OnSuccess{}
	}
	f.async = &types.FunctionEventInvokeConfig{
		DestinationConfig: destinations, FunctionArn: aws.String(*f.config.FunctionArn + ":$LATEST"),
		LastModified: aws.Time(s.opts.Clock.Now()), MaximumEventAgeInSeconds: in.MaximumEventAgeInSeconds,
		MaximumRetryAttempts: in.MaximumRetryAttempts,
	}
	out := &sdk.PutFunctionEventInvokeConfigOutput{}
	convert(out, *f.async)
	return out, nil
}

func (s *Service) getFunctionEventInvokeConfig(_ context.Context, in *sdk.GetFunctionEventInvokeConfigInput) (*sdk.GetFunctionEventInvokeConfigOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.findAsync(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	out := &sdk.GetFunctionEventInvokeConfigOutput{}
	convert(out, *f.async)
	return out, nil
}

func (s *Service) deleteFunctionEventInvokeConfig(_ context.Context, in *sdk.DeleteFunctionEventInvokeConfigInput) (*sdk.DeleteFunctionEventInvokeConfigOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.findAsync(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	f.async = nil
	return &sdk.DeleteFunctionEventInvokeConfigOutput{}, nil
}

// findAsync is the function with its asynchronous configuration; the caller holds mu.
func (s *Service) findAsync(name, qualifier *string) (*function, error) {
	f, err := s.find(name, qualifier)
	if err != nil {
		return nil, err
	}
	if f.async == nil {
		return nil, &types.ResourceNotFoundException{
			Message: aws.String(fmt.Sprintf("The function %s:$LATEST doesn't have an EventInvokeConfig", *f.config.FunctionArn)),
			Type:    aws.String("User"),
		}
	}
	return f, nil
}
