package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func (s *Service) updateFunctionCode(_ context.Context, in *sdk.UpdateFunctionCodeInput) (*sdk.UpdateFunctionCodeOutput, error) {
	if in.S3Bucket == nil || in.S3Key == nil {
		return nil, invalid("Please provide a source for function code: the sandbox takes a zip package as S3Bucket and S3Key.")
	}
	name, _ := split(aws.ToString(in.FunctionName))
	code, err := s.load(name, *in.S3Bucket, *in.S3Key)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(in.FunctionName)
	if err != nil {
		return nil, err
	}
	if !in.DryRun {
		f.bootstrap, f.location = code.path, code.location
		f.config.CodeSha256, f.config.CodeSize = aws.String(code.sum), code.size
		if len(in.Architectures) > 0 {
			f.config.Architectures = in.Architectures
		}
		f.touch(s.opts.Clock.Now())
		f.renew()
	}
	out := &sdk.UpdateFunctionCodeOutput{}
	convert(out, f.config)
	return out, nil
}

func (s *Service) updateFunctionConfiguration(ctx context.Context, in *sdk.UpdateFunctionConfigurationInput) (*sdk.UpdateFunctionConfigurationOutput, error) {
	under, err := s.reseal(ctx, in)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(in.FunctionName)
	if err != nil {
		return nil, err
	}
	role := in.Role
	if role == nil {
		role = f.config.Role
	}
	if err := checkSettings(aws.ToString(role), in.Timeout, in.MemorySize, in.Environment); err != nil {
		return nil, err
	}
	if in.Role != nil || in.VpcConfig != nil {
		if err := s.mayEnter(ctx, f.name(), *role, f.vpcOf(in.VpcConfig)); err != nil {
			return nil, err
		}
	}
	c := &f.config
	c.Role = role
	keep(&c.Timeout, in.Timeout)
	keep(&c.MemorySize, in.MemorySize)
	keep(&c.Description, in.Description)
	keep(&c.Handler, in.Handler)
	keep(&c.DeadLetterConfig, in.DeadLetterConfig)
	keep(&c.EphemeralStorage, in.EphemeralStorage)
	f.setVPC(in.VpcConfig)
	f.setTracing(in.TracingConfig)
	if in.LoggingConfig != nil {
		f.setLogging(in.LoggingConfig)
	}
	f.setEnvironment(in.Environment)
	f.setKey(under)
	f.touch(s.opts.Clock.Now())
	f.renew()
	out := &sdk.UpdateFunctionConfigurationOutput{}
	convert(out, f.config)
	return out, nil
}

// keep sets *dst unless the request left the member out.
func keep[T any](dst **T, v *T) {
	if v != nil {
		*dst = v
	}
}

func (s *Service) deleteFunction(_ context.Context, in *sdk.DeleteFunctionInput) (*sdk.DeleteFunctionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	delete(s.functions, f.name())
	f.renew()
	s.freed.Raise()
	return &sdk.DeleteFunctionOutput{StatusCode: 204}, nil
}

func (s *Service) putFunctionConcurrency(_ context.Context, in *sdk.PutFunctionConcurrencyInput) (*sdk.PutFunctionConcurrencyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(in.FunctionName)
	if err != nil {
		return nil, err
	}
	n := aws.ToInt32(in.ReservedConcurrentExecutions)
	if in.ReservedConcurrentExecutions == nil || n < 0 {
		return nil, invalidConstraint("reservedConcurrentExecutions", "", "Member must have value greater than or equal to 0")
	}
	// AWS keeps 100 executions unreserved:
	// https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
	if left := s.unreserved() + aws.ToInt32(f.reserved) - n; left < 100 {
		return nil, invalid("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].")
	}
	f.reserved = aws.Int32(n)
	s.freed.Raise()
	return &sdk.PutFunctionConcurrencyOutput{ReservedConcurrentExecutions: f.reserved}, nil
}

func (s *Service) getFunctionConcurrency(_ context.Context, in *sdk.GetFunctionConcurrencyInput) (*sdk.GetFunctionConcurrencyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(in.FunctionName)
	if err != nil {
		return nil, err
	}
	return &sdk.GetFunctionConcurrencyOutput{ReservedConcurrentExecutions: f.reserved}, nil
}

func (s *Service) deleteFunctionConcurrency(_ context.Context, in *sdk.DeleteFunctionConcurrencyInput) (*sdk.DeleteFunctionConcurrencyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(in.FunctionName)
	if err != nil {
		return nil, err
	}
	f.reserved = nil
	s.freed.Raise()
	return &sdk.DeleteFunctionConcurrencyOutput{}, nil
}

// unreserved is what the functions with reserved concurrency leave to the others; the caller holds mu.
func (s *Service) unreserved() int32 {
	n := int32(AccountConcurrency)
	for _, f := range s.functions {
		n -= aws.ToInt32(f.reserved)
	}
	return n
}

// acquire takes a place for one execution, or says why there is none; the caller holds mu.
func (s *Service) acquire(f *function) (release func(), err error) {
	reason := types.ThrottleReason("")
	reserved := f.reserved != nil
	switch {
	case reserved && f.running >= int(*f.reserved):
		reason = types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded
	case !reserved && s.running >= int(s.unreserved()):
		reason = types.ThrottleReasonConcurrentInvocationLimitExceeded
	case s.throttled(f):
		reason = types.ThrottleReasonConcurrentInvocationLimitExceeded
	}
	if reason != "" {
		s.opts.Count(f.name(), "Throttles", 1)
		return nil, &types.TooManyRequestsException{Message: aws.String("Rate Exceeded."), Reason: reason, Type: aws.String("User")}
	}
	f.running++
	if !reserved {
		s.running++
	}
	return func() {
		s.mu.Lock()
		f.running--
		if !reserved {
			s.running--
		}
		s.mu.Unlock()
		s.freed.Raise()
	}, nil
}
