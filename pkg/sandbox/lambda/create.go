package lambda

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// reservedVariables may not be set by a function's configuration.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
var reservedVariables = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
	"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
	"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API",
	"LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}

const maxEnvironment = 4096 // bytes of all names and values

func (s *Service) createFunction(ctx context.Context, in *sdk.CreateFunctionInput) (*sdk.CreateFunctionOutput, error) {
	name, _ := split(aws.ToString(in.FunctionName))
	if err := s.checkCreate(name, in); err != nil {
		return nil, err
	}
	if err := s.mayEnter(ctx, name, aws.ToString(in.Role), in.VpcConfig); err != nil {
		return nil, err
	}
	var env map[string]string
	if in.Environment != nil {
		env = in.Environment.Variables
	}
	under, err := s.seal(ctx, name, aws.ToString(in.Role), aws.ToString(in.KMSKeyArn), env)
	if err != nil {
		return nil, err
	}
	code, err := s.load(name, aws.ToString(in.Code.S3Bucket), aws.ToString(in.Code.S3Key))
	if err != nil {
		return nil, err
	}
	f := &function{
		bootstrap: code.path, location: code.location, tags: maps.Clone(in.Tags),
		all: map[*environment]struct{}{},
	}
	f.config = types.FunctionConfiguration{
		Architectures: in.Architectures, Description: aws.String(aws.ToString(in.Description)),
		DeadLetterConfig: in.DeadLetterConfig, EphemeralStorage: in.EphemeralStorage,
		FunctionArn: aws.String(s.arn(name)), FunctionName: aws.String(name), Handler: in.Handler,
		MemorySize: in.MemorySize, PackageType: types.PackageTypeZip, Role: in.Role, Runtime: in.Runtime,
		State: types.StateActive, LastUpdateStatus: types.LastUpdateStatusSuccessful,
		Timeout: in.Timeout, TracingConfig: &types.TracingConfigResponse{Mode: types.TracingModePassThrough},
		Version: aws.String("$LATEST"), CodeSha256: aws.String(code.sum), CodeSize: code.size,
		SnapStart: &types.SnapStartResponse{ApplyOn: types.SnapStartApplyOnNone, OptimizationStatus: types.SnapStartOptimizationStatusOff},
	}
	f.defaults()
	f.setVPC(in.VpcConfig)
	f.setTracing(in.TracingConfig)
	f.setLogging(in.LoggingConfig)
	f.setEnvironment(in.Environment)
	f.setKey(under)
	f.touch(s.opts.Clock.Now())

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.functions[name] != nil {
		return nil, &types.ResourceConflictException{Message: aws.String("Function already exist: " + name), Type: aws.String("User")}
	}
	s.functions[name] = f
	out := &sdk.CreateFunctionOutput{}
	convert(out, f.config)
	return out, nil
}

func (s *Service) checkCreate(name string, in *sdk.CreateFunctionInput) error {
	if !functionName().MatchString(name) {
		return invalidConstraint("functionName", name, `Member must satisfy regular expression pattern: [a-zA-Z0-9-_]+, with at most 64 characters`)
	}
	if in.Code == nil || in.Code.S3Bucket == nil || in.Code.S3Key == nil {
		return invalid("Please provide a source for function code: the sandbox takes a zip package as S3Bucket and S3Key.")
	}
	if in.PackageType == types.PackageTypeImage {
		return invalid("The sandbox does not run functions packaged as images.")
	}
	if in.Runtime == "" || in.Handler == nil {
		return invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
	}
	if !strings.HasPrefix(string(in.Runtime), "provided") {
		return invalid("The sandbox runs the OS-only runtimes (provided.al2023, provided.al2), not %s.", in.Runtime)
	}
	return checkSettings(aws.ToString(in.Role), in.Timeout, in.MemorySize, in.Environment)
}

// checkSettings is what creation and a change of the configuration have in common.
func checkSettings(role string, timeout, memory *int32, env *types.Environment) error {
	if !roleARN().MatchString(role) {
		return invalidConstraint("role", role, "Member must satisfy regular expression pattern: "+roleARN().String())
	}
	if t := aws.ToInt32(timeout); timeout != nil && (t < 1 || t > 900) {
		return invalidConstraint("timeout", fmt.Sprint(t), "Member must have value between 1 and 900")
	}
	if m := aws.ToInt32(memory); memory != nil && (m < 128 || m > 10240) {
		return invalidConstraint("memorySize", fmt.Sprint(m), "Member must have value between 128 and 10240")
	}
	if env == nil {
		return nil
	}
	size := 0
	for k, v := range env.Variables {
		size += len(k) + len(v)
		if slices.Contains(reservedVariables, k) {
			return invalid("Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: %s", k)
		}
	}
	if size > maxEnvironment {
		return invalid("Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: %d bytes", size)
	}
	return nil
}

type code struct {
	path     string
	sum      string
	size     int64
	location types.FunctionCodeLocation
}

// load finds the bootstrap behind a location and refuses one that cannot run on this machine.
func (s *Service) load(name, bucket, key string) (code, error) {
	path, err := s.opts.Code(bucket, key)
	if err != nil {
		return code{}, invalid("Error occurred while GetObject. The code of function %s: %v", name, err)
	}
	if err := checkExecutable(path); err != nil {
		return code{}, invalid("The code of function %s: %v.", name, err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return code{}, invalid("The code of function %s: %v", name, err)
	}
	sum := sha256.Sum256(content)
	return code{
		path: path, sum: base64.StdEncoding.EncodeToString(sum[:]), size: int64(len(content)),
		location: types.FunctionCodeLocation{RepositoryType: aws.String("S3"), Location: aws.String("s3://" + bucket + "/" + key)},
	}, nil
}
