package ecs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/pkg/sandbox/task"
)

// spec says what the runner is to run, and tells each container's image digest. Everything is fetched as the task's
// execution role: the registry's token, secrets, images, log streams, in this order.
func (s *Service) spec(ctx context.Context, m *member) (task.Spec, []string, error) {
	def, e := m.set.layout.def, s.execution(ctx, m)
	spec := task.Spec{ID: m.id, Memory: memoryOf(def)}
	if err := e.login(def.ContainerDefinitions); err != nil {
		return task.Spec{}, nil, err
	}
	if err := e.mounts(def); err != nil {
		return task.Spec{}, nil, err
	}
	var digests []string
	for _, c := range def.ContainerDefinitions {
		one, digest, err := e.container(def, c)
		if err != nil {
			return task.Spec{}, nil, err
		}
		digests = append(digests, digest)
		spec.StopTimeout = max(spec.StopTimeout, one.StopTimeout)
		spec.Containers = append(spec.Containers, one)
	}
	return spec, digests, nil
}

// container is one of a task's containers, and its image's digest.
func (e execution) container(def *types.TaskDefinition, c types.ContainerDefinition) (one task.Container, digest string, err error) {
	one = task.Container{
		Name: *c.Name, Entrypoint: c.EntryPoint, Command: c.Command, User: aws.ToString(c.User),
		WorkingDir: aws.ToString(c.WorkingDirectory), Essential: aws.ToBool(c.Essential), StopTimeout: 30 * time.Second,
		Memory: int64(aws.ToInt32(c.Memory)) << 20,
	}
	if c.StopTimeout != nil {
		one.StopTimeout = time.Duration(*c.StopTimeout) * time.Second
	}
	for _, p := range c.PortMappings {
		if p.ContainerPort != nil {
			one.Ports = append(one.Ports, int(*p.ContainerPort))
		}
	}
	if one.Env, err = e.environment(c); err != nil {
		return one, "", err
	}
	if one.Image, digest, err = e.image(*c.Image, architecture(def)); err != nil {
		return one, "", err
	}
	one.Log, err = e.log(c)
	return one, digest, err
}

// image pulls an image.
func (e execution) image(reference, arch string) (img v1.Image, digest string, err error) {
	if err := e.pull(reference); err != nil {
		return nil, "", err
	}
	if img, err = e.opts.Images.Image(e.ctx, reference, arch); err != nil {
		return nil, "", err
	}
	hash, err := img.Digest()
	if err != nil {
		return nil, "", fmt.Errorf("CannotPullContainerError: %s: %w", reference, err)
	}
	return img, hash.String(), nil
}

// memoryOf a task in bytes, which its containers share.
func memoryOf(def *types.TaskDefinition) int64 {
	mib, _ := quantity(aws.ToString(def.Memory), "gb")
	return int64(mib) << 20
}

// architecture in Go's words; Fargate's default is X86_64.
func architecture(def *types.TaskDefinition) string {
	if p := def.RuntimePlatform; p != nil && p.CpuArchitecture == types.CPUArchitectureArm64 {
		return "arm64"
	}
	return "amd64"
}

// environment is what Fargate sets, what environment files and the definition say, and the secrets' values.
func (e execution) environment(c types.ContainerDefinition) ([]string, error) {
	env := []string{
		"AWS_EXECUTION_ENV=AWS_ECS_FARGATE",
		"AWS_REGION=" + e.opts.Region,
		"AWS_DEFAULT_REGION=" + e.opts.Region,
	}
	files, err := e.files(c)
	if err != nil {
		return nil, err
	}
	env = append(env, files...)
	for _, v := range c.Environment {
		env = append(env, *v.Name+"="+aws.ToString(v.Value))
	}
	for _, secret := range c.Secrets {
		value, err := e.secret(*secret.ValueFrom)
		if err != nil {
			return nil, err
		}
		env = append(env, *secret.Name+"="+value)
	}
	return env, nil
}

// log is where the container's output goes: the stream <prefix>/<container>/<task id> of its group.
func (e execution) log(c types.ContainerDefinition) (io.Writer, error) {
	l := c.LogConfiguration
	if e.opts.Logs == nil || l == nil || l.LogDriver != types.LogDriverAwslogs {
		return io.Discard, nil
	}
	group, stream := l.Options["awslogs-group"], fmt.Sprintf("%s/%s/%s", l.Options["awslogs-stream-prefix"], *c.Name, e.task)
	open, err := e.stream(group, stream)
	if err != nil || !open {
		return io.Discard, err
	}
	return lines(func(text string) { e.opts.Logs(group, stream, text) }), nil
}

// lines receives one whole line a Write.
type lines func(text string)

func (l lines) Write(p []byte) (int, error) {
	l(string(bytes.TrimRight(p, "\r\n")))
	return len(p), nil
}
