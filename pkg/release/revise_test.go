package release

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
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

// arbitrary sets v to anything of its type: what may be missing is missing at times, in every depth.
func arbitrary(t *rapid.T, v reflect.Value) {
	some := func() bool { return rapid.IntRange(0, 3).Draw(t, "there") > 0 }
	switch v.Kind() {
	case reflect.Pointer:
		if some() {
			v.Set(reflect.New(v.Type().Elem()))
			arbitrary(t, v.Elem())
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "time"), 0)))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				arbitrary(t, v.Field(i))
			}
		}
	case reflect.Slice:
		if some() {
			v.Set(reflect.MakeSlice(v.Type(), rapid.IntRange(0, 2).Draw(t, "length"), 2))
			for i := range v.Len() {
				arbitrary(t, v.Index(i))
			}
		}
	case reflect.Map:
		if some() {
			v.Set(reflect.MakeMap(v.Type()))
			value := reflect.New(v.Type().Elem()).Elem()
			arbitrary(t, value)
			v.SetMapIndex(reflect.ValueOf(rapid.String().Draw(t, "key")).Convert(v.Type().Key()), value)
		}
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int32, reflect.Int64:
		v.SetInt(rapid.Int64Range(-1<<31, 1<<31-1).Draw(t, "number"))
	case reflect.Float64:
		v.SetFloat(rapid.Float64().Draw(t, "number"))
	case reflect.Interface:
		full(v, "union")
	default:
		t.Fatalf("a %s, which the SDK did not use before", v.Kind())
	}
}

func TestARevisionOfAnythingKeepsEverythingAndLeavesTheBaseAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := &live.Revision{Definition: &ecstypes.TaskDefinition{}}
		arbitrary(t, reflect.ValueOf(base.Definition).Elem())
		arbitrary(t, reflect.ValueOf(&base.Tags).Elem())
		mapped := ecstypes.ContainerDefinition{}
		arbitrary(t, reflect.ValueOf(&mapped).Elem())
		mapped.Name = aws.String("sample-website")
		at := rapid.IntRange(0, len(base.Definition.ContainerDefinitions)).Draw(t, "place")
		base.Definition.ContainerDefinitions = slices.Insert(base.Definition.ContainerDefinitions, at, mapped)
		before := deepCopy(reflect.ValueOf(base)).Interface().(*live.Revision)

		in, err := Revise(base, "sample-website", wished(v2))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, base, exported); diff != "" {
			t.Fatalf("the base was changed: %s", diff)
		}
		want := *before.Definition
		first := slices.IndexFunc(want.ContainerDefinitions, func(c ecstypes.ContainerDefinition) bool { return aws.ToString(c.Name) == "sample-website" })
		want.ContainerDefinitions[first].Image = aws.String(wished(v2).Images[0].Reference())
		want.Family = aws.String("sample-website")
		if diff := differences(want, *in); diff != "" {
			t.Fatal(diff)
		}
	})
}

func deepCopy(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(deepCopy(v.Elem()))
	case v.Kind() == reflect.Slice && !v.IsNil():
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(deepCopy(v.Index(i)))
		}
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]():
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(deepCopy(v.Field(i)))
			}
		}
	default:
		out.Set(v)
	}
	return out
}

// TestARevisionKeepsEveryFieldOfItsBase goes over the SDK's own types, so that it fails when they grow a field.
func TestARevisionKeepsEveryFieldOfItsBase(t *testing.T) {
	base := fullBase()
	in, err := Revise(base, "sample-website", wished(v2))
	if err != nil {
		t.Fatal(err)
	}
	want := *fullBase().Definition
	want.Family, want.ContainerDefinitions[1].Image = aws.String("sample-website"), aws.String(wished(v2).Images[0].Reference())
	if diff := differences(want, *in); diff != "" {
		t.Error(diff)
	}
	from, to := reflect.ValueOf(want), reflect.ValueOf(*in)
	for i := range to.NumField() {
		if f := to.Type().Field(i); f.Name != "Tags" && f.Name != "Unknown" && !from.FieldByName(f.Name).IsValid() {
			t.Errorf("RegisterTaskDefinition has a field %s that DescribeTaskDefinition does not tell", f.Name)
		}
	}
}

// differences are those between a task definition and what is registered, in every field that can be.
func differences(want ecstypes.TaskDefinition, in ecs.RegisterTaskDefinitionInput) string {
	var all []string
	from, to := reflect.ValueOf(want), reflect.ValueOf(in)
	for i := range from.NumField() {
		name := from.Type().Field(i).Name
		if !from.Type().Field(i).IsExported() || slices.Contains(notAccepted, name) {
			continue
		}
		got := to.FieldByName(name)
		if !got.IsValid() {
			all = append(all, "RegisterTaskDefinition has no "+name+": is it one that ECS fills?")
		} else if diff := cmp.Diff(from.Field(i).Interface(), got.Interface(), exported); diff != "" {
			all = append(all, name+": "+diff)
		}
	}
	return strings.Join(all, "\n")
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
