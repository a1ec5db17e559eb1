package live

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// serving is a revision as ECS tells it.
func serving(change func(*Revision)) *Revision {
	r := &Revision{Definition: &types.TaskDefinition{
		TaskDefinitionArn: aws.String("arn:aws:ecs:us-east-1:111122223333:task-definition/shop:7"), Revision: 7, Family: aws.String("shop"),
		Cpu: aws.String("512"), RequiresAttributes: []types.Attribute{{Name: aws.String("a")}},
		ContainerDefinitions: []types.ContainerDefinition{
			{Name: aws.String("web"), Image: aws.String("shop:v1"), Environment: []types.KeyValuePair{{Name: aws.String("LEVEL"), Value: aws.String("info")}}},
			{Name: aws.String("proxy"), Image: aws.String("proxy:1")},
		},
	}}
	if change != nil {
		change(r)
	}
	return r
}

func TestRevisionsOfOneContentDifferInTheirImagesAndInWhatECSFillsAlone(t *testing.T) {
	content := func(r *Revision) string {
		t.Helper()
		c, err := r.Content([]string{"web"})
		if err != nil || len(c) != 12 {
			t.Fatalf("%q: %v", c, err)
		}
		return c
	}
	of := content(serving(nil))
	for name, change := range map[string]func(*Revision){
		"the image":              func(r *Revision) { r.Definition.ContainerDefinitions[0].Image = aws.String("shop@sha256:1") },
		"the number":             func(r *Revision) { r.Definition.Revision = 8; r.Definition.TaskDefinitionArn = aws.String("x:8") },
		"what ECS fills":         func(r *Revision) { r.Definition.RequiresAttributes = nil; r.Definition.RegisteredBy = aws.String("me") },
		"empty lists":            func(r *Revision) { r.Definition.ContainerDefinitions[0].MountPoints = []types.MountPoint{} },
		"what is off either way": func(r *Revision) { r.Definition.ContainerDefinitions[0].Privileged = aws.Bool(false) },
		"the tags":               func(r *Revision) { r.Tags = []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}} },
	} {
		if got := content(serving(change)); got != of {
			t.Errorf("%s makes another content", name)
		}
	}
	for name, change := range map[string]func(*Revision){
		"a variable":        func(r *Revision) { r.Definition.ContainerDefinitions[0].Environment[0].Value = aws.String("debug") },
		"a sidecar's image": func(r *Revision) { r.Definition.ContainerDefinitions[1].Image = aws.String("proxy:2") },
		"the size":          func(r *Revision) { r.Definition.Cpu = aws.String("1024") },
		"a container":       func(r *Revision) { r.Definition.ContainerDefinitions = r.Definition.ContainerDefinitions[:1] },
		"a member that nobody knows": func(r *Revision) {
			r.Unknown = []call.Member{{Path: []call.Step{{Name: "containerDefinitions"}, {Index: 0}, {Name: "novelty"}}, Value: "on"}}
		},
	} {
		if got := content(serving(change)); got == of {
			t.Errorf("%s does not make another content", name)
		}
	}
}

func TestAMemberCountsAsItWillWhenTheSDKKnowsIt(t *testing.T) {
	known := serving(func(r *Revision) { r.Definition.PidMode = types.PidModeTask })
	unknown := serving(func(r *Revision) { r.Unknown = []call.Member{{Path: []call.Step{{Name: "pidMode"}}, Value: "task"}} })
	one, _ := known.Content(nil)
	other, _ := unknown.Content(nil)
	if one != other || one == "" {
		t.Errorf("%s is not %s", one, other)
	}
}
