package ecs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/task"
)

// spec says what the runner is to run, and tells each container's image digest.
func (s *Service) spec(ctx context.Context, m *member) (task.Spec, []string, error) {
	def := m.set.layout.def
	spec := task.Spec{ID: m.id}
	var digests []string
	for _, c := range def.ContainerDefinitions {
		img, err := s.opts.Images.Image(ctx, *c.Image, architecture(def))
		if err != nil {
			return task.Spec{}, nil, fmt.Errorf("CannotPullContainerError: %s: %w", *c.Image, err)
		}
		digest, err := img.Digest()
		if err != nil {
			return task.Spec{}, nil, fmt.Errorf("CannotPullContainerError: %s: %w", *c.Image, err)
		}
		env, err := s.environment(ctx, c)
		if err != nil {
			return task.Spec{}, nil, err
		}
		timeout := 30 * time.Second
		if c.StopTimeout != nil {
			timeout = time.Duration(*c.StopTimeout) * time.Second
		}
		var ports []int
		for _, p := range c.PortMappings {
			if p.ContainerPort != nil {
				ports = append(ports, int(*p.ContainerPort))
			}
		}
		digests = append(digests, digest.String())
		spec.StopTimeout = max(spec.StopTimeout, timeout)
		spec.Containers = append(spec.Containers, task.Container{
			Name: *c.Name, Image: img, Entrypoint: c.EntryPoint, Command: c.Command, Env: env,
			User: aws.ToString(c.User), WorkingDir: aws.ToString(c.WorkingDirectory),
			Essential: aws.ToBool(c.Essential), StopTimeout: timeout, Log: s.logOf(m, c), Ports: ports,
		})
	}
	return spec, digests, nil
}

// architecture in Go's words; Fargate's default is X86_64.
func architecture(def *types.TaskDefinition) string {
	if p := def.RuntimePlatform; p != nil && p.CpuArchitecture == types.CPUArchitectureArm64 {
		return "arm64"
	}
	return "amd64"
}

// environment is what Fargate sets, what the definition says, and the secrets' values.
func (s *Service) environment(ctx context.Context, c types.ContainerDefinition) ([]string, error) {
	env := []string{
		"AWS_EXECUTION_ENV=AWS_ECS_FARGATE",
		"AWS_REGION=" + s.opts.Region,
		"AWS_DEFAULT_REGION=" + s.opts.Region,
	}
	for _, e := range c.Environment {
		env = append(env, *e.Name+"="+aws.ToString(e.Value))
	}
	for _, secret := range c.Secrets {
		err := errors.New("no secrets here")
		value := ""
		if s.opts.Secrets != nil {
			value, err = s.opts.Secrets(ctx, *secret.ValueFrom)
		}
		if err != nil {
			return nil, fmt.Errorf("ResourceInitializationError: unable to pull secrets or registry auth: "+
				"unable to retrieve secret %s: %w", *secret.ValueFrom, err)
		}
		env = append(env, *secret.Name+"="+value)
	}
	return env, nil
}

// logOf is where the container's output goes: the stream <prefix>/<container>/<task id> of its group.
func (s *Service) logOf(m *member, c types.ContainerDefinition) io.Writer {
	l := c.LogConfiguration
	if s.opts.Logs == nil || l == nil || l.LogDriver != types.LogDriverAwslogs {
		return io.Discard
	}
	stream := fmt.Sprintf("%s/%s/%s", l.Options["awslogs-stream-prefix"], *c.Name, m.id)
	return lines(func(text string) { s.opts.Logs(l.Options["awslogs-group"], stream, text) })
}

// lines receives one whole line a Write.
type lines func(text string)

func (l lines) Write(p []byte) (int, error) {
	l(string(bytes.TrimRight(p, "\r\n")))
	return len(p), nil
}
