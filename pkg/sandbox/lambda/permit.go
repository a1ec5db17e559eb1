package lambda

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// mayEnter refuses a VPC whose network interfaces the function's role may not manage, in AWS's words.
func (s *Service) mayEnter(ctx context.Context, name, role string, vpc *types.VpcConfig) error {
	if vpc == nil || len(vpc.SubnetIds) == 0 {
		return nil
	}
	for _, action := range askedInVPC {
		resource := fmt.Sprintf("arn:aws:ec2:%s:%s:network-interface/*", s.opts.Region, s.opts.Account)
		if strings.HasPrefix(action, "Describe") {
			resource = "*"
		}
		if s.opts.Allow(ctx, role, name, "ec2:"+action, resource) != nil {
			return invalid("The provided execution role does not have permissions to call %s on EC2", action)
		}
	}
	return nil
}

// writer puts an environment's lines into its log stream, as the function's role. Whether it may is asked with the
// first line, when Lambda makes the stream; a function whose role may not runs all the same and leaves no log.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
func (s *Service) writer(name, role, group, stream string) func(line string) {
	may := sync.OnceValue(func() bool {
		arn := fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s:log-stream:%s", s.opts.Region, s.opts.Account, group, stream)
		return s.opts.Allow(s.work.Context(), role, name, "logs:CreateLogStream", arn) == nil &&
			s.opts.Allow(s.work.Context(), role, name, "logs:PutLogEvents", arn) == nil
	})
	return func(line string) {
		if may() {
			s.opts.Write(group, stream, line)
		}
	}
}

// vpcOf is the VPC that a change leaves a function in.
func (f *function) vpcOf(asked *types.VpcConfig) *types.VpcConfig {
	if now := f.config.VpcConfig; asked == nil && now != nil {
		return &types.VpcConfig{SubnetIds: now.SubnetIds, SecurityGroupIds: now.SecurityGroupIds}
	}
	return asked
}

func (f *function) role() string { return aws.ToString(f.config.Role) }
