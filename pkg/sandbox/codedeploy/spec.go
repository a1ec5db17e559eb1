package codedeploy

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"go.yaml.in/yaml/v3"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

const badSpec = "The deployment failed because the AppSpec file that specifies the deployment configuration is missing or has an invalid configuration. "

// revisionWord is a task definition's ARN whose revision is a word: well-formed to CodeDeploy, refused by ECS.
var revisionWord = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:task-definition/[A-Za-z0-9_-]+:)([A-Za-z]\w*)`)
})

// readSpec reads an AppSpec as CodeDeploy does, whose refusals are the deployment's failure.
func readSpec(content string) (appspec.Document, *failure) {
	arn := revisionWord().FindString(content)
	doc, err := appspec.Parse([]byte(revisionWord().ReplaceAllString(content, "${1}1")))
	if err == nil {
		if arn != "" {
			doc.TaskDefinition = arn
		}
		return doc, nil
	}
	detail := fmt.Sprint(err)
	var tree map[string]any
	if yaml.Unmarshal([]byte(content), &tree) != nil || tree == nil ||
		strings.Contains(detail, "must not be a") || strings.Contains(detail, "wrong type") {
		detail = "The input AppSpec file is a not well-formed yaml. The template cannot be parsed."
	}
	return doc, failed(types.ErrorCodeInvalidRevision, "%s%s", badSpec, detail)
}
