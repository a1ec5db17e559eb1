package live

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

func TestTaskSetsAreToldByTheirStatus(t *testing.T) {
	set := func(id, status string) types.TaskSet {
		return types.TaskSet{Id: &id, Status: &status, LoadBalancers: []types.LoadBalancer{{TargetGroupArn: aws.String("tg-" + id)}}}
	}
	s := &types.Service{TaskSets: []types.TaskSet{set("a", StatusDraining), set("b", StatusActive), set("c", StatusPrimary)}}
	primary, ok := Primary(s)
	if !ok || *primary.Id != "c" || TargetGroup(primary) != "tg-c" {
		t.Errorf("PRIMARY is %+v", primary)
	}
	if others := Others(s); len(others) != 1 || *others[0].Id != "b" {
		t.Errorf("beside it: %+v", others)
	}
	if _, ok := Primary(nil); ok {
		t.Error("no service has no PRIMARY")
	}
}

// registered is w's revision as ECS describes it.
func registered(w Wish) *Revision {
	r := &Revision{Definition: &types.TaskDefinition{Status: types.TaskDefinitionStatusActive}}
	for _, i := range w.Images {
		r.Definition.ContainerDefinitions = append(r.Definition.ContainerDefinitions,
			types.ContainerDefinition{Name: aws.String(i.Container), Image: aws.String(i.Reference())})
	}
	for k, v := range w.Tags() {
		r.Tags = append(r.Tags, types.Tag{Key: aws.String(k), Value: aws.String(v)})
	}
	return r
}

func TestARevisionTellsWhatItRuns(t *testing.T) {
	r := registered(wish())
	got, ok := r.Image("sample-website")
	if diff := cmp.Diff(wish().Images[0], got); diff != "" || !ok {
		t.Errorf("%t %s", ok, diff)
	}
	if !r.Fulfils(wish()) || !r.Active() {
		t.Error("it fulfils its wish and is active")
	}
}

func TestARevisionThatWasChangedByHandDoesNotFulfilTheWish(t *testing.T) {
	other := wish()
	other.Images[0].Digest = "sha256:ff"
	for name, change := range map[string]func(*Revision){
		"another image": func(r *Revision) {
			r.Definition.ContainerDefinitions[0].Image = aws.String(other.Images[0].Reference())
		},
		"another wish":    func(r *Revision) { r.Tags = registered(other).Tags },
		"no tags":         func(r *Revision) { r.Tags = nil },
		"other container": func(r *Revision) { r.Definition.ContainerDefinitions[0].Name = aws.String("app") },
	} {
		t.Run(name, func(t *testing.T) {
			r := registered(wish())
			change(r)
			if r.Fulfils(wish()) {
				t.Error("it does")
			}
		})
	}
}

func TestAnImageByTagOrFromNowhereIsNotTold(t *testing.T) {
	for _, image := range []string{"", "caddy", "public.ecr.aws/docker/library/caddy:2-alpine", "host/name@md5:00", "name@" + digest} {
		r := &Revision{Definition: &types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{
			{Name: aws.String("app"), Image: aws.String(image)}}}}
		if i, ok := r.Image("app"); ok {
			t.Errorf("%q was read as %+v", image, i)
		}
	}
	if _, ok := (*Revision)(nil).Image("app"); ok {
		t.Error("no revision runs nothing")
	}
}

func TestATagThatSpeaksOfAnotherDigestIsNotBelieved(t *testing.T) {
	r := registered(wish())
	changed := wish().Images[0]
	changed.Digest = "sha256:ff"
	r.Definition.ContainerDefinitions[0].Image = aws.String(changed.Reference())
	if got, _ := r.Image("sample-website"); got.Tag != "" || !got.Pushed.Equal(time.Time{}) {
		t.Errorf("got %+v", got)
	}
}

func TestARevisionTellsTheCommitOfItsOwnImageAlone(t *testing.T) {
	w := wish()
	w.Images[0].Source = "3f2c"
	r := registered(w)
	if i, ok := r.Image(w.Images[0].Container); !ok || i.Source != "3f2c" {
		t.Errorf("%+v", i)
	}
	c := r.Container(w.Images[0].Container)
	c.Image = aws.String(strings.Replace(aws.ToString(c.Image), digest, "sha256:"+strings.Repeat("0", 64), 1))
	if i, ok := r.Image(w.Images[0].Container); !ok || i.Source != "" {
		t.Errorf("another image in its place: %+v", i)
	}
}
