package ecs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// files are the variables of a container's environment files, which Fargate gets from S3 as the task's execution role.
// The definition's own variables win over a file's, and an earlier file over a later one. Spaces and quotation marks belong
// to a value, and lines that begin with # are comments
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html).
func (e execution) files(c types.ContainerDefinition) (env []string, err error) {
	var taken []string
	for _, v := range c.Environment {
		taken = append(taken, *v.Name)
	}
	for _, v := range c.Secrets {
		taken = append(taken, *v.Name)
	}
	for _, file := range c.EnvironmentFiles {
		text, err := e.download(*file.Value)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimRight(line, "\r\n")
			name, _, set := strings.Cut(line, "=")
			if !set || name == "" || strings.HasPrefix(line, "#") || slices.Contains(taken, name) {
				continue
			}
			env, taken = append(env, line), append(taken, name)
		}
	}
	return env, nil
}

// download gets one file. The words are those in which stopped tasks told it
// (https://github.com/aws/aws-cdk/issues/12720, https://github.com/aws/aws-cli/issues/6470).
func (e execution) download(arn string) ([]byte, error) {
	const failed = "ResourceInitializationError: failed to download env files: file download command: non empty error stream: "
	if e.opts.File == nil {
		return nil, fmt.Errorf(failed+"no files here: %s", arn)
	}
	text, err := e.opts.File(e.ctx, e.role, e.task, arn)
	if err != nil {
		return nil, fmt.Errorf(failed+"%w", err)
	}
	return text, nil
}
