package main

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// starts races each function's start, from the process to its first request for an event, against an empty handler
// that is built in the same way: the floor of any function on that runtime. A handler in Node.js and one in Python
// with the clients that they would need run beside, as users write them today.
func starts(ctx context.Context, y *yard) (race, error) {
	empty, err := y.build(ctx, "./functions/internal/empty")
	if err != nil {
		return race{}, err
	}
	env, err := surroundings()
	if err != nil {
		return race{}, err
	}
	api := &rapid{}
	contender := func(name string, args ...string) lane {
		return lane{name, func(ctx context.Context) (reading, error) {
			read, err := api.cold(ctx, "next", env, args...)
			if err == nil && len(args) == 1 {
				read[bytes], err = zipped(args[0])
			}
			return read, err
		}}
	}
	r := race{rounds: 41, lanes: []lane{contender("empty handler", empty)}}
	for _, f := range []struct {
		name          string
		goal, stretch float64
	}{{"release", 2.0, 1.5}, {"verify", 1.75, 1.3}} {
		program, err := y.function(f.name)
		if err != nil {
			return race{}, err
		}
		r.lanes = append(r.lanes, contender(f.name, program))
		r.figures = append(r.figures,
			figure{name: f.name + " function: start to first /next", of: f.name, over: "empty handler", quantity: wall, goal: f.goal, stretch: f.stretch},
			figure{name: f.name + " function: processor time until then", of: f.name, over: "empty handler", quantity: cpu},
			figure{name: f.name + " function: package (zip)", of: f.name, over: "empty handler", quantity: bytes, goal: 1.45, stretch: 1.3})
	}
	for _, rival := range managed() {
		if rival.missing != "" {
			r.missing = append(r.missing, rival.missing)
			continue
		}
		r.lanes = append(r.lanes, contender(rival.name, rival.args...))
		r.figures = append(r.figures, figure{name: "release function: start to first /next", of: "release", over: rival.name, quantity: wall})
	}
	return r, nil
}

// rival is a handler that runs on a managed runtime.
type rival struct {
	name    string
	args    []string
	missing string
}

// managed are the handlers in Node.js and Python that can run here.
func managed() []rival {
	all := []rival{
		{name: "Node.js handler", args: []string{"node", "cmd/bench/rivals/handler.mjs"}},
		{name: "Python handler", args: []string{"python3", "cmd/bench/rivals/handler.py"}},
	}
	for i, check := range [][]string{
		{"node", "--input-type=module", "-e", `import "@aws-sdk/client-ecs"; import "@aws-sdk/client-codedeploy"`},
		{"python3", "-c", "import boto3"},
	} {
		if exec.Command(check[0], check[1:]...).Run() != nil {
			all[i].missing = all[i].name + ": " + []string{"node with @aws-sdk/client-ecs and @aws-sdk/client-codedeploy", "python3 with boto3"}[i] + " is not installed"
		}
	}
	return all
}

// surroundings are what Lambda and the stack set on a function of a service with nothing but its name.
func surroundings() ([]string, error) {
	c, err := config.Parse([]byte(`{"services": [{"name": "sample-website"}]}`), policy.Range)
	if err != nil {
		return nil, err
	}
	own, err := config.Deployed{
		Service: c.Services[0], Cluster: "cutover",
		Base:    "arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website-base:1",
		Subnets: []string{"subnet-0123456789abcdef0"}, SecurityGroups: []string{"sg-0123456789abcdef0"},
	}.Environment()
	if err != nil {
		return nil, err
	}
	maps.Copy(own, config.GoRuntime(memory))
	return append(lambdaSets(), pairs(own)...), nil
}

// memory of a function in MiB.
const memory = 256

// lambdaSets are the variables that Lambda itself sets. PATH and HOME are for the managed runtimes.
func lambdaSets() []string {
	return []string{
		"AWS_LAMBDA_FUNCTION_NAME=sample-website", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST", fmt.Sprintf("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=%d", memory),
		"AWS_LAMBDA_LOG_FORMAT=JSON", "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=token",
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"),
	}
}

func pairs(vars map[string]string) []string {
	var all []string
	for name, value := range vars {
		all = append(all, name+"="+value)
	}
	return all
}

// zipped is the size of what is uploaded for a program.
func zipped(program string) (float64, error) {
	content, err := os.Open(program)
	if err != nil {
		return 0, err
	}
	defer content.Close()
	var size counter
	archive := zip.NewWriter(&size)
	entry, err := archive.Create("bootstrap")
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(entry, content); err != nil {
		return 0, err
	}
	err = archive.Close()
	return float64(size), err
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
