package live

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// The statuses of a task set (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskSet.html).
const (
	StatusPrimary  = "PRIMARY"  // serves production
	StatusActive   = "ACTIVE"   // serves no production; green before the switch, blue after it
	StatusDraining = "DRAINING" // is going away
)

// Primary is the task set that serves production.
func Primary(s *types.Service) (types.TaskSet, bool) {
	if s == nil {
		return types.TaskSet{}, false
	}
	for _, ts := range s.TaskSets {
		if aws.ToString(ts.Status) == StatusPrimary {
			return ts, true
		}
	}
	return types.TaskSet{}, false
}

// Others are the task sets beside PRIMARY that are not going away: a deployment's, or left over when none is
// active.
func Others(s *types.Service) []types.TaskSet {
	var others []types.TaskSet
	for _, ts := range s.TaskSets {
		if aws.ToString(ts.Status) == StatusActive {
			others = append(others, ts)
		}
	}
	return others
}

// TargetGroup is the ARN of the target group that a task set's tasks are registered in; empty without one.
func TargetGroup(ts types.TaskSet) string {
	for _, lb := range ts.LoadBalancers {
		if arn := aws.ToString(lb.TargetGroupArn); arn != "" {
			return arn
		}
	}
	return ""
}

// Revision is a task definition revision with its tags, which the SDK answers beside it.
type Revision struct {
	Definition *types.TaskDefinition
	Tags       []types.Tag
	// Unknown are the definition's members that the SDK's type has no field for.
	Unknown []call.Member
}

// ARN of the revision; empty for nil.
func (r *Revision) ARN() string {
	if r == nil || r.Definition == nil {
		return ""
	}
	return aws.ToString(r.Definition.TaskDefinitionArn)
}

// Numbered splits a revision's ARN, or "<family>:<number>", into its family and number; 0 when it has none.
func Numbered(arn string) (family string, number int) {
	name := arn[strings.LastIndex(arn, "/")+1:]
	family, digits, _ := strings.Cut(name, ":")
	number, err := strconv.Atoi(digits)
	if err != nil {
		return family, 0
	}
	return family, number
}

// Active reports whether the revision exists and new tasks may use it.
func (r *Revision) Active() bool {
	return r != nil && r.Definition != nil && r.Definition.Status != types.TaskDefinitionStatusInactive &&
		r.Definition.Status != types.TaskDefinitionStatusDeleteInProgress
}

// Wish is the hash of the wish that the revision was registered for; false when it is not Cutover's.
func (r *Revision) Wish() (Hash, bool) {
	if r == nil {
		return "", false
	}
	return ParseHash(Tags(r.Tags)[TagWish])
}

// Fulfils reports whether the revision was registered for this wish and does hold its images.
func (r *Revision) Fulfils(w Wish) bool {
	hash, ok := r.Wish()
	if !ok || hash != w.Hash() {
		return false
	}
	for _, want := range w.Images {
		if c := r.Container(want.Container); c == nil || aws.ToString(c.Image) != want.Reference() {
			return false
		}
	}
	return true
}

// Container of that name; nil when there is none.
func (r *Revision) Container(name string) *types.ContainerDefinition {
	if r == nil || r.Definition == nil {
		return nil
	}
	for i := range r.Definition.ContainerDefinitions {
		if c := &r.Definition.ContainerDefinitions[i]; aws.ToString(c.Name) == name {
			return c
		}
	}
	return nil
}

// Image is what the named container runs, when it is named by digest. Tag and push time are those of the
// revision's tags, where they speak of the same digest.
func (r *Revision) Image(container string) (Image, bool) {
	c := r.Container(container)
	if c == nil {
		return Image{}, false
	}
	name, digest, ok := strings.Cut(aws.ToString(c.Image), "@")
	registry, repository, host := strings.Cut(name, "/")
	if !ok || !host || !strings.HasPrefix(digest, "sha256:") {
		return Image{}, false
	}
	i := Image{Container: container, Registry: registry, Repository: repository, Digest: digest}
	tags := Tags(r.Tags)
	if source, ok := strings.CutSuffix(tags[TagSource], "@"+digest); ok {
		i.Source = source
	}
	for _, told := range strings.Fields(tags[TagImage]) {
		if t, ok := ParseImage(told); ok && t.Repository == repository && t.Digest == digest {
			i.Tag = t.Tag
			i.Pushed, _ = time.Parse(time.RFC3339, tags[TagPushed])
		}
	}
	for key, value := range tags { // of several images each has its own time
		told, pushed, _ := strings.Cut(value, " ")
		if t, ok := ParseImage(told); ok && strings.HasPrefix(key, TagImageOf) && t.Repository == repository && t.Digest == digest {
			i.Tag = t.Tag
			i.Pushed, _ = time.Parse(time.RFC3339, pushed)
		}
	}
	return i, true
}

// Named is the image that the named container runs as far as its name tells, where that has a tag in place of a digest:
// its digest is not known.
func (r *Revision) Named(container string) (Image, bool) {
	c := r.Container(container)
	if c == nil {
		return Image{}, false
	}
	registry, name, host := strings.Cut(aws.ToString(c.Image), "/")
	repository, tag, tagged := strings.Cut(name, ":")
	return Image{Container: container, Registry: registry, Repository: repository, Tag: tag}, host && tagged && !strings.Contains(name, "@")
}

// Tags as a map.
func Tags(list []types.Tag) map[string]string {
	tags := make(map[string]string, len(list))
	for _, t := range list {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags
}
