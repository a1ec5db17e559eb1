package live

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TagStopped is the tag of a revision that could not start. CodeDeploy keeps no words with a deployment that is
// stopped, so the cause stands where every reader of the deployment comes by: "<deployment> because <cause>". It is
// of that deployment alone; a later one of the same revision is not stopped by it.
const TagStopped = "cutover:stopped"

// Stopped is why a deployment of a revision was stopped.
type Stopped struct {
	Deployment, Because string
}

// Value is it as a tag's value; what a tag cannot hold is a space there, and what is too long is cut.
func (s Stopped) Value() string {
	return cut(strings.Join(strings.Fields(writable(s.Deployment+" because "+s.Because)), " "), mostTag)
}

// ReadStopped reads the tag among a revision's; false where there is none.
func ReadStopped(tags []types.Tag) (Stopped, bool) {
	deployment, because, ok := strings.Cut(Tags(tags)[TagStopped], " because ")
	return Stopped{Deployment: deployment, Because: because}, ok
}

// Belongs reports whether a task is one of a task set's. A task tells its task set in startedBy, which AWS does not
// document for task sets; the revision, which of a deployment's task sets only one runs, tells it where startedBy does
// not, of tasks that are no older than the task set.
func Belongs(task types.Task, set types.TaskSet) bool {
	if aws.ToString(task.StartedBy) == aws.ToString(set.Id) {
		return true
	}
	if aws.ToString(task.TaskDefinitionArn) != aws.ToString(set.TaskDefinition) {
		return false
	}
	return task.CreatedAt == nil || set.CreatedAt == nil || !task.CreatedAt.Before(*set.CreatedAt)
}
