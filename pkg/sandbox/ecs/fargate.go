package ecs

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// fargateSizes are the memory sizes in MiB for each number of CPU units: from, to, in steps of
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html).
var fargateSizes = map[int][3]int{
	512:   {1024, 4096, 1024},
	1024:  {2048, 8192, 1024},
	2048:  {4096, 16384, 1024},
	4096:  {8192, 30720, 1024},
	8192:  {16384, 61440, 4096},
	16384: {32768, 122880, 8192},
}

// fargateSize refuses a pair that Fargate does not offer.
func fargateSize(cpu, memory string) error {
	units, okCPU := quantity(cpu, "vcpu")
	mib, okMemory := quantity(memory, "gb")
	fits := false
	if size, ok := fargateSizes[units]; ok {
		fits = mib >= size[0] && mib <= size[1] && (mib-size[0])%size[2] == 0
	} else if units == 256 {
		fits = slices.Contains([]int{512, 1024, 2048}, mib)
	}
	if !okCPU || !okMemory || !fits {
		return client("No Fargate configuration exists for given values: %s CPU, %s memory. "+
			"See the Amazon ECS documentation for the valid values.", cpu, memory)
	}
	return nil
}

// quantity reads "1024" and, in the larger unit, "1 vCPU", ".5 vCPU" or "2GB", all times 1024.
func quantity(text, unit string) (int, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if large, ok := strings.CutSuffix(text, unit); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(large), 64)
		return int(f * 1024), err == nil
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// attributes are what a container instance would need to run the task.
func attributes(def *types.TaskDefinition) []types.Attribute {
	need := map[string]bool{}
	role := aws.ToString(def.ExecutionRoleArn) != ""
	if def.NetworkMode == types.NetworkModeAwsvpc {
		need["ecs.capability.task-eni"] = true
		need["com.amazonaws.ecs.capability.docker-remote-api.1.18"] = true
	}
	if aws.ToString(def.TaskRoleArn) != "" {
		need["com.amazonaws.ecs.capability.task-iam-role"] = true
	}
	for _, c := range def.ContainerDefinitions {
		if l := c.LogConfiguration; l != nil {
			need["com.amazonaws.ecs.capability.logging-driver."+string(l.LogDriver)] = true
			need["com.amazonaws.ecs.capability.docker-remote-api.1.19"] = true
			if role && l.LogDriver == types.LogDriverAwslogs {
				need["ecs.capability.execution-role-awslogs"] = true
			}
		}
		if isECR(*c.Image) {
			need["com.amazonaws.ecs.capability.ecr-auth"] = true
			if role {
				need["ecs.capability.execution-role-ecr-pull"] = true
			}
		}
		for _, secret := range c.Secrets {
			if strings.Contains(*secret.ValueFrom, ":secretsmanager:") {
				need["ecs.capability.secrets.asm.environment-variables"] = true
			} else {
				need["ecs.capability.secrets.ssm.environment-variables"] = true
			}
		}
		if len(c.EnvironmentFiles) > 0 {
			need["ecs.capability.env-files.s3"] = true
		}
		if c.HealthCheck != nil {
			need["ecs.capability.container-health-check"] = true
		}
	}
	out := []types.Attribute{}
	for name := range need {
		out = append(out, types.Attribute{Name: aws.String(name)})
	}
	slices.SortFunc(out, func(a, b types.Attribute) int { return strings.Compare(*a.Name, *b.Name) })
	return out
}
