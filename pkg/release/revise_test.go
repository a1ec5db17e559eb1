package release

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// notAccepted are what DescribeTaskDefinition returns and RegisterTaskDefinition does not take: ECS fills them.
var notAccepted = []string{
	"TaskDefinitionArn", "Revision", "Status", "RequiresAttributes", "Compatibilities",
	"RegisteredAt", "RegisteredBy", "DeregisteredAt", "DeleteRequestedAt",
}

// full sets every field of v, in every depth, to something that is not empty.
func full(v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		full(v.Elem(), path)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1, 0)))
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				full(v.Field(i), path+"."+f.Name)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		full(v.Index(0), path+"[0]")
		full(v.Index(1), path+"[1]")
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key"), reflect.ValueOf(path))
	case reflect.String:
		v.SetString(path)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(7)
	default:
		panic(path + " is a " + v.Kind().String() + ", which the SDK did not use before")
	}
}

func fullBase() *live.Revision {
	r := &live.Revision{Definition: &ecstypes.TaskDefinition{}}
	full(reflect.ValueOf(r.Definition).Elem(), "base")
	r.Definition.ContainerDefinitions[1].Name = aws.String("sample-website")
	r.Tags = []ecstypes.Tag{
		{Key: aws.String("Name"), Value: aws.String("Sample Website")},
		{Key: aws.String("aws:cloudformation:stack-name"), Value: aws.String("sample-website")},
		{Key: aws.String(live.TagWish), Value: aws.String("old")},
	}
	return r
}

// TestARevisionKeepsEveryFieldOfItsBase goes over the SDK's own types, so that it fails when they grow a field.
func TestARevisionKeepsEveryFieldOfItsBase(t *testing.T) {
	base := fullBase()
	in, err := Revise(base, "sample-website", wished(v2))
	if err != nil {
		t.Fatal(err)
	}
	from, to := reflect.ValueOf(*base.Definition), reflect.ValueOf(*in)
	for i := range from.NumField() {
		name := from.Type().Field(i).Name
		if !from.Type().Field(i).IsExported() || slices.Contains(notAccepted, name) {
			continue
		}
		got := to.FieldByName(name)
		if !got.IsValid() {
			t.Errorf("RegisterTaskDefinition has no %s: is it one that ECS fills?", name)
			continue
		}
		if name == "Family" || name == "ContainerDefinitions" {
			continue // compared below
		}
		if diff := cmp.Diff(from.Field(i).Interface(), got.Interface(), exported); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for i := range to.NumField() {
		if f := to.Type().Field(i); f.IsExported() && f.Name != "Tags" && !from.FieldByName(f.Name).IsValid() {
			t.Errorf("RegisterTaskDefinition has a field %s that DescribeTaskDefinition does not tell", f.Name)
		}
	}
	if *in.Family != "sample-website" {
		t.Errorf("the family is %s", *in.Family)
	}
}

// exported compares the SDK's types, whose unexported fields only forbid documents.
var exported = cmp.FilterPath(func(p cmp.Path) bool {
	f, ok := p.Last().(cmp.StructField)
	return ok && !isExported(f.Name())
}, cmp.Ignore())

func isExported(name string) bool { return strings.ToUpper(name[:1]) == name[:1] }

func TestOnlyTheMappedContainersImageIsReplaced(t *testing.T) {
	base := fullBase()
	in, err := Revise(base, "sample-website", wished(v2))
	if err != nil {
		t.Fatal(err)
	}
	want := fullBase().Definition.ContainerDefinitions
	want[1].Image = aws.String("111122223333.dkr.ecr.us-east-1.amazonaws.com/sample-website@" + digestOf(v2))
	if diff := cmp.Diff(want, in.ContainerDefinitions, exported); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(fullBase().Definition, base.Definition, exported); diff != "" {
		t.Errorf("the base was changed: %s", diff)
	}
}

func TestTheBasesTagsAreKeptLessAWSsOwn(t *testing.T) {
	in, err := Revise(fullBase(), "sample-website", wished(v2))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Name":         "Sample Website",
		live.TagWish:   string(wished(v2).Hash()),
		live.TagImage:  "sample-website:latest@" + digestOf(v2),
		live.TagPushed: "2026-11-23T04:02:00Z",
	}
	if diff := cmp.Diff(want, live.Tags(in.Tags), cmpopts.EquateEmpty()); diff != "" || len(in.Tags) != len(want) {
		t.Error(diff)
	}
}

func TestABaseWithoutTheContainerIsRefused(t *testing.T) {
	base := fullBase()
	base.Definition.ContainerDefinitions = nil
	if _, err := Revise(base, "sample-website", wished(v2)); err == nil || !strings.Contains(err.Error(), `no container "sample-website"`) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkRevise(b *testing.B) {
	base, wish := fullBase(), wished(v2)
	b.ReportAllocs()
	var in *ecs.RegisterTaskDefinitionInput
	for b.Loop() {
		in, _ = Revise(base, "sample-website", wish)
	}
	if in == nil {
		b.Fatal("not revised")
	}
	ours := b.Elapsed()
	b.StopTimer()
	// The rival: the usual way of copying a task definition, through JSON.
	start := time.Now()
	for range b.N {
		var copied ecs.RegisterTaskDefinitionInput
		text, err := json.Marshal(base.Definition)
		if err != nil {
			b.Fatal(err)
		}
		_ = json.Unmarshal(text, &copied) // times and unions do not survive it, which is why it is not our way
	}
	b.ReportMetric(float64(ours)/float64(time.Since(start)), "x_json_copy")
}
