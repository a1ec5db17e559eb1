package lambda

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// variables of the process, as AWS sets them.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
func (s *Service) variables(f *function, stream, api string) []string {
	set := map[string]string{
		"AWS_ENDPOINT_URL": s.opts.Endpoint(),
		"HTTP_PROXY":       s.opts.Proxy(),
		"HTTPS_PROXY":      s.opts.Proxy(),
		"SSL_CERT_FILE":    s.opts.Authority,
		"LANG":             "en_US.UTF-8",
		"TZ":               ":UTC",
		"PATH":             "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
	}
	for k, v := range f.environment {
		set[k] = v
	}
	key, secret, token := s.opts.Credentials(aws.ToString(f.config.Role), f.name())
	dir := filepath.Dir(f.bootstrap)
	for k, v := range map[string]string{
		"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token,
		"AWS_REGION": s.opts.Region, "AWS_DEFAULT_REGION": s.opts.Region,
		"AWS_LAMBDA_FUNCTION_NAME":        f.name(),
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": fmt.Sprint(*f.config.MemorySize),
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       f.logGroup(),
		"AWS_LAMBDA_LOG_STREAM_NAME":      stream,
		"AWS_LAMBDA_LOG_FORMAT":           string(f.config.LoggingConfig.LogFormat),
		"AWS_LAMBDA_LOG_LEVEL":            string(f.config.LoggingConfig.ApplicationLogLevel),
		"AWS_LAMBDA_RUNTIME_API":          api,
		"LAMBDA_TASK_ROOT":                dir, "LAMBDA_RUNTIME_DIR": dir,
		"_HANDLER": aws.ToString(f.config.Handler),
	} {
		set[k] = v
	}
	env := make([]string, 0, len(set))
	for k, v := range set {
		if v != "" {
			env = append(env, k+"="+v)
		}
	}
	slices.Sort(env)
	return env
}
