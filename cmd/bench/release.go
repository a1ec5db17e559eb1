package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// oneCall is how long a call to AWS takes from within its region.
const oneCall = 30 * time.Millisecond

// releases races, from an event to the accepted deployment with 30 ms a call, the release function against a program
// that makes the same calls one after another.
func releases(ctx context.Context, y *yard) (race, error) {
	s, err := y.turns(ctx)
	if err != nil {
		return race{}, err
	}
	naive, err := y.build(ctx, "./cmd/bench/rivals/naive")
	if err != nil {
		return race{}, err
	}
	const one = "naive Go program"
	return race{rounds: 41, lanes: []lane{
		{ours, s.turn(s.function)},
		{one, s.turn(func(ctx context.Context, image string) (reading, error) {
			n := s.names
			return s.program(ctx, exec.Command(naive, n.Cluster, n.Service, n.Application, n.DeploymentGroup, s.base, image))
		})},
	}, figures: []figure{
		{name: toDeployment, of: ours, over: one, quantity: wall, goal: 0.50, stretch: 0.40},
		{name: "processor time of that", of: ours, over: one, quantity: cpu, goal: 0.60, stretch: 0.45},
	}}, nil
}

// cliReleases races it against `aws ecs deploy`, which checks far less.
func cliReleases(ctx context.Context, y *yard) (race, error) {
	path, err := exec.LookPath("aws")
	if err != nil {
		return race{missing: []string{"aws (the AWS CLI) is not installed"}}, nil
	}
	s, err := y.turns(ctx)
	if err != nil {
		return race{}, err
	}
	const cli = "aws ecs deploy"
	return race{rounds: 11, lanes: []lane{
		{ours, s.turn(s.function)},
		{cli, s.turn(func(ctx context.Context, image string) (reading, error) {
			c, err := s.awsDeploy(ctx, y.dir, path, image)
			if err != nil {
				return nil, err
			}
			return s.program(ctx, c)
		})},
	}, figures: []figure{
		{name: toDeployment, of: ours, over: cli, quantity: wall, goal: 0.33, stretch: 0.25},
		{name: "processor time of that", of: ours, over: cli, quantity: cpu, goal: 0.05, stretch: 0.033},
	}}, nil
}

const toDeployment = "event to accepted deployment, 30 ms a call"

// turns are the rounds of both races of releases. Every turn has an image of its own, and is over when its deployment
// has ended.
type turns struct {
	*waking
	base string
	n    int
}

func (y *yard) turns(ctx context.Context) (*turns, error) {
	w, err := y.waking(ctx, oneCall, func(f *front) error { f.Start(); return nil })
	if err != nil {
		return nil, err
	}
	return &turns{waking: w, base: lookup(w.env)("CUTOVER_BASE")}, nil
}

// turn pushes an image, lets a way release it, and waits until its deployment has ended.
func (s *turns) turn(way func(context.Context, string) (reading, error)) func(context.Context) (reading, error) {
	return func(ctx context.Context) (reading, error) {
		s.n++
		image, err := s.push(ctx, fmt.Sprintf("v%d", s.n))
		if err != nil {
			return nil, err
		}
		read, err := way(ctx, image)
		if err != nil {
			return nil, err
		}
		return read, s.until(ctx, settled)
	}
}

// function starts the release function cold. Its processor time is that of the whole event.
func (s *turns) function(ctx context.Context, _ string) (reading, error) {
	begun := time.Now()
	read, err := s.cold(ctx, "answer", s.env, s.release)
	if err != nil {
		return nil, err
	}
	select {
	case at := <-s.front.accepted:
		read[wall] = at.Sub(begun).Seconds()
		return read, nil
	default:
		return nil, errors.New("the release function answered without a deployment")
	}
}

// program runs a rival until its deployment is accepted; what it does then is not counted.
func (s *turns) program(ctx context.Context, c *exec.Cmd) (reading, error) {
	var said strings.Builder
	c.Env = append(append(os.Environ(), sandbox.Environment(s.host)...), "AWS_ENDPOINT_URL="+s.front.URL)
	c.Stdout, c.Stderr = &said, &said
	begun := time.Now()
	if err := c.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = c.Wait() }()
	defer func() { _ = c.Process.Kill(); <-ended }()
	select {
	case at := <-s.front.accepted:
		_ = c.Process.Kill()
		<-ended
		return reading{wall: at.Sub(begun).Seconds(), cpu: processor(c)}, nil
	case <-ended:
		return nil, fmt.Errorf("%s ended without a deployment: %s", c.Path, said.String())
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// awsDeploy is the AWS CLI's own command for a CodeDeploy deployment, with the files it reads.
func (s *turns) awsDeploy(ctx context.Context, dir, path, image string) (*exec.Cmd, error) {
	out, err := ecs.NewFromConfig(s.sdk).DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &s.base})
	if err != nil {
		return nil, err
	}
	b := out.TaskDefinition
	port := b.ContainerDefinitions[0].PortMappings[0].ContainerPort
	revision, err := json.Marshal(map[string]any{
		"family": s.names.Family, "networkMode": types.NetworkModeAwsvpc, "requiresCompatibilities": []string{"FARGATE"}, "cpu": b.Cpu, "memory": b.Memory,
		"executionRoleArn": b.ExecutionRoleArn, "taskRoleArn": b.TaskRoleArn,
		"containerDefinitions": []any{map[string]any{"name": s.names.Container, "image": image, "essential": true,
			"portMappings": []any{map[string]any{"containerPort": port}}}},
	})
	if err != nil {
		return nil, err
	}
	spec := fmt.Sprintf(`{"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": "x",
		"LoadBalancerInfo": {"ContainerName": %q, "ContainerPort": %d}}}}]}`, s.names.Container, *port)
	files := [2]string{filepath.Join(dir, "revision.json"), filepath.Join(dir, "appspec.json")}
	for i, content := range [][]byte{revision, []byte(spec)} {
		if err := os.WriteFile(files[i], content, 0o600); err != nil {
			return nil, err
		}
	}
	return exec.Command(path, "ecs", "deploy", "--cluster", s.names.Cluster, "--service", s.names.Service, "--task-definition", files[0],
		"--codedeploy-appspec", files[1], "--codedeploy-application", s.names.Application, "--codedeploy-deployment-group", s.names.DeploymentGroup), nil
}
