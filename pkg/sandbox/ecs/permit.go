package ecs

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// execution is what Fargate does with the execution role of a task before its containers start. Every step is
// decided by the role's policies, and a step that is denied is the task's stoppedReason, in AWS's words:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
type execution struct {
	*Service
	ctx  context.Context
	role string
	task string // id: the session's name
}

func (s *Service) execution(ctx context.Context, m *member) execution {
	return execution{Service: s, ctx: ctx, role: aws.ToString(m.set.layout.def.ExecutionRoleArn), task: m.id}
}

// may asks about one action. Without a role there is nothing to ask: registration demands one wherever it is needed.
func (e execution) may(action, resource string) error {
	if e.opts.Allow == nil || e.role == "" {
		return nil
	}
	return e.opts.Allow(e.ctx, e.role, e.task, action, resource)
}

// privateImage is an image in a private registry, by account, region and repository.
var privateImage = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)`)
})

// login gets the registry's token, which one step does for all containers.
func (e execution) login(containers []types.ContainerDefinition) error {
	for _, c := range containers {
		if !privateImage().MatchString(*c.Image) {
			continue
		}
		if err := e.may("ecr:GetAuthorizationToken", "*"); err != nil {
			return initialization("execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s)", err)
		}
		return nil
	}
	return nil
}

// pull asks what pulling an image of ECR asks.
func (e execution) pull(image string) error {
	parts := privateImage().FindStringSubmatch(image)
	if parts == nil {
		return nil
	}
	repository := fmt.Sprintf("arn:aws:ecr:%s:%s:repository/%s", parts[2], parts[1], parts[3])
	for _, action := range []string{"ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer"} {
		if err := e.may(action, repository); err != nil {
			return fmt.Errorf("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref %s: "+
				"pulling from host %s.dkr.ecr.%s.amazonaws.com failed with status code [manifests]: 403 Forbidden: %w", image, parts[1], parts[2], err)
		}
	}
	return nil
}

// secret reads one value of Secrets Manager or of the Parameter Store.
func (e execution) secret(from string) (string, error) {
	action, resource, store := "ssm:GetParameters", from, "ssm"
	switch {
	case strings.Contains(from, ":secretsmanager:"):
		// The ARN may go on with a JSON key, a version stage and a version.
		parts := strings.Split(from, ":")
		action, resource, store = "secretsmanager:GetSecretValue", strings.Join(parts[:min(7, len(parts))], ":"), "asm"
	case !strings.HasPrefix(from, "arn:"):
		resource = fmt.Sprintf("arn:aws:ssm:%s:%s:parameter/%s", e.opts.Region, e.opts.Account, strings.TrimPrefix(from, "/"))
	}
	failed := "execution resource retrieval failed: unable to retrieve secret from " + store + ": service call has been retried 1 time(s)"
	if err := e.may(action, resource); err != nil {
		return "", initialization(failed, err)
	}
	if e.opts.Secrets == nil {
		return "", initialization(failed, fmt.Errorf("no secrets here: %s", from))
	}
	value, err := e.opts.Secrets(e.ctx, from)
	if err != nil {
		return "", initialization(failed, fmt.Errorf("%s: %w", from, err))
	}
	return value, nil
}

func initialization(failed string, err error) error {
	return fmt.Errorf("ResourceInitializationError: unable to pull secrets or registry auth: %s: %w", failed, err)
}

// stream makes the log stream of a container with the awslogs driver, and says whether lines may be put into it.
func (e execution) stream(group, stream string) (open bool, err error) {
	arn := fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s:log-stream:%s", e.opts.Region, e.opts.Account, group, stream)
	if err := e.may("logs:CreateLogStream", arn); err != nil {
		return false, fmt.Errorf("ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "+
			"failed to create Cloudwatch log stream: %w : exit status 1", err)
	}
	return e.may("logs:PutLogEvents", arn) == nil, nil
}
