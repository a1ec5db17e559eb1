package ecs_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

func TestRevisionsAreNumberedAndFoundByFamilyNumberAndARN(t *testing.T) {
	inWorld(t, func(w *world) {
		const arn = "arn:aws:ecs:us-east-1:111122223333:task-definition/web:"
		for n := range 3 {
			in := webDefinition()
			in.Tags = []types.Tag{{Key: aws.String("n"), Value: aws.String(string(rune('1' + n)))}}
			out := call[sdk.RegisterTaskDefinitionOutput](w, in)
			if int(out.TaskDefinition.Revision) != n+1 || len(out.Tags) != 1 {
				t.Errorf("revision %d, tags %v", out.TaskDefinition.Revision, out.Tags)
			}
		}
		call[sdk.DeregisterTaskDefinitionOutput](w, &sdk.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("web:3")})
		for id, want := range map[string]string{"web": arn + "2", "web:1": arn + "1", arn + "3": arn + "3"} {
			out := call[sdk.DescribeTaskDefinitionOutput](w, &sdk.DescribeTaskDefinitionInput{
				TaskDefinition: &id, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
			})
			if got := *out.TaskDefinition.TaskDefinitionArn; got != want || *out.Tags[0].Value != want[len(arn):] {
				t.Errorf("%s is %s with tags %v", id, got, out.Tags)
			}
			if inactive := out.TaskDefinition.Status == types.TaskDefinitionStatusInactive; inactive != (id == arn+"3") {
				t.Errorf("%s is %s", id, out.TaskDefinition.Status)
			}
		}
		if err := refused[sdk.DescribeTaskDefinitionOutput](w, &sdk.DescribeTaskDefinitionInput{TaskDefinition: aws.String("web:4")}); err.Error() !=
			"ClientException: Unable to describe task definition." {
			t.Error(err)
		}
		if err := refused[sdk.DeregisterTaskDefinitionOutput](w, &sdk.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("web")}); err.Error() !=
			"ClientException: Revision is missing." {
			t.Error(err)
		}
		down := call[sdk.ListTaskDefinitionsOutput](w, &sdk.ListTaskDefinitionsInput{Sort: types.SortOrderDesc, FamilyPrefix: aws.String("web")})
		if diff := cmp.Diff([]string{arn + "2", arn + "1"}, down.TaskDefinitionArns); diff != "" {
			t.Error(diff)
		}
		gone := call[sdk.ListTaskDefinitionsOutput](w, &sdk.ListTaskDefinitionsInput{Status: types.TaskDefinitionStatusInactive})
		if diff := cmp.Diff([]string{arn + "3"}, gone.TaskDefinitionArns); diff != "" {
			t.Error(diff)
		}
	})
}

func TestARegisteredDefinitionComesBackWholeAndFilledIn(t *testing.T) {
	inWorld(t, func(w *world) {
		in := webDefinition()
		in.TaskRoleArn, in.Cpu, in.Memory = aws.String("arn:aws:iam::111122223333:role/task"), aws.String(".25 vCPU"), aws.String("0.5GB")
		in.RuntimePlatform = &types.RuntimePlatform{CpuArchitecture: types.CPUArchitectureArm64}
		in.ContainerDefinitions[0].DockerLabels = map[string]string{"a": "b"}
		def := call[sdk.RegisterTaskDefinitionOutput](w, in).TaskDefinition
		c := def.ContainerDefinitions[0]
		if !*c.Essential || *c.PortMappings[0].HostPort != 80 || c.PortMappings[0].Protocol != types.TransportProtocolTcp ||
			c.Environment == nil || c.MountPoints == nil || c.VolumesFrom == nil || c.SystemControls == nil || def.Volumes == nil {
			t.Errorf("not filled in: %+v", c)
		}
		if *def.Cpu != "256" || *def.Memory != "512" || c.DockerLabels["a"] != "b" || def.RuntimePlatform.CpuArchitecture != types.CPUArchitectureArm64 {
			t.Errorf("%+v", def)
		}
		if want := []types.Compatibility{types.CompatibilityEc2, types.CompatibilityFargate}; !slices.Equal(def.Compatibilities, want) {
			t.Errorf("compatible with %v", def.Compatibilities)
		}
		var needs []string
		for _, a := range def.RequiresAttributes {
			needs = append(needs, *a.Name)
		}
		for _, want := range []string{"ecs.capability.task-eni", "com.amazonaws.ecs.capability.ecr-auth", "com.amazonaws.ecs.capability.task-iam-role"} {
			if !slices.Contains(needs, want) {
				t.Errorf("requires %v, without %s", needs, want)
			}
		}
		*in.ContainerDefinitions[0].Image = "changed afterwards"
		c.DockerLabels["a"] = "changed too"
		again := call[sdk.DescribeTaskDefinitionOutput](w, &sdk.DescribeTaskDefinitionInput{TaskDefinition: aws.String("web")}).TaskDefinition
		if *again.ContainerDefinitions[0].Image == "changed afterwards" || again.ContainerDefinitions[0].DockerLabels["a"] != "b" {
			t.Error("the stored revision is shared with its callers")
		}
	})
}

// A field that a newer SDK can register must be stored under the same name.
func TestEveryFieldOfTheInputHasItsPlaceInTheDefinition(t *testing.T) {
	in, def := reflect.TypeFor[sdk.RegisterTaskDefinitionInput](), reflect.TypeFor[types.TaskDefinition]()
	for i := range in.NumField() {
		f := in.Field(i)
		if !f.IsExported() || f.Name == "Tags" {
			continue
		}
		if kept, ok := def.FieldByName(f.Name); !ok || kept.Type != f.Type {
			t.Errorf("%s is lost", f.Name)
		}
	}
}

func TestWhatRegisterTaskDefinitionRefuses(t *testing.T) {
	first := func(change func(*types.ContainerDefinition)) func(*sdk.RegisterTaskDefinitionInput) {
		return func(in *sdk.RegisterTaskDefinitionInput) { change(&in.ContainerDefinitions[0]) }
	}
	cases := map[string]func(*sdk.RegisterTaskDefinitionInput){
		"Family should not be null or empty.":                      func(in *sdk.RegisterTaskDefinitionInput) { in.Family = nil },
		"Family contains invalid characters.":                      func(in *sdk.RegisterTaskDefinitionInput) { in.Family = aws.String("a/b") },
		"Container definitions should not be null or empty.":       func(in *sdk.RegisterTaskDefinitionInput) { in.ContainerDefinitions = nil },
		"Fargate only supports network mode ‘awsvpc’.":             func(in *sdk.RegisterTaskDefinitionInput) { in.NetworkMode = "" },
		"Invalid 'networkMode' setting: vpc":                       func(in *sdk.RegisterTaskDefinitionInput) { in.NetworkMode = "vpc" },
		"Fargate requires that 'cpu' be defined at the task level": func(in *sdk.RegisterTaskDefinitionInput) { in.Cpu = nil },
		"No Fargate configuration exists for given values: 256 CPU, 4096 memory.": func(in *sdk.RegisterTaskDefinitionInput) {
			in.Memory = aws.String("4096")
		},
		"No Fargate configuration exists for given values: 300 CPU, 512 memory.": func(in *sdk.RegisterTaskDefinitionInput) {
			in.Cpu = aws.String("300")
		},
		"Fargate requires task definition to have execution role ARN to support ECR images.": func(in *sdk.RegisterTaskDefinitionInput) {
			in.ExecutionRoleArn = nil
		},
		"Container names must be unique": func(in *sdk.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions = append(in.ContainerDefinitions, in.ContainerDefinitions[0])
		},
		"Container.name contains invalid characters.":  first(func(c *types.ContainerDefinition) { c.Name = aws.String("a.b") }),
		"Container.image should not be null or empty.": first(func(c *types.ContainerDefinition) { c.Image = nil }),
		"Container.image contains invalid characters.": first(func(c *types.ContainerDefinition) { c.Image = aws.String("a b") }),
		"Containers list must have at least one essential container.": first(func(c *types.ContainerDefinition) {
			c.Essential = aws.Bool(false)
		}),
		"Invalid container port specified: 70000": first(func(c *types.ContainerDefinition) {
			c.PortMappings[0].ContainerPort = aws.Int32(70000)
		}),
		"the host ports and container ports in port mappings must match.": first(func(c *types.ContainerDefinition) {
			c.PortMappings[0].HostPort = aws.Int32(8080)
		}),
		"Log driver awslogs requires options": first(func(c *types.ContainerDefinition) {
			c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs}
		}),
	}
	inWorld(t, func(w *world) {
		for want, change := range cases {
			in := webDefinition()
			change(in)
			if err := refused[sdk.RegisterTaskDefinitionOutput](w, in); !strings.Contains(err.Error(), want) ||
				!strings.HasPrefix(err.Error(), "ClientException: ") {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		if n := len(call[sdk.ListTaskDefinitionsOutput](w, &sdk.ListTaskDefinitionsInput{}).TaskDefinitionArns); n != 0 {
			t.Errorf("%d refused revisions were kept", n)
		}
	})
}

func TestFargateSizes(t *testing.T) {
	inWorld(t, func(w *world) {
		for size, fits := range map[[2]string]bool{
			{"256", "512"}: true, {"256", "2048"}: true, {"256", "3072"}: false, {"512", "1024"}: true, {"1 vCPU", "2 GB"}: true,
			{"1024", "2500"}: false, {"2048", "16384"}: true, {"4096", "30720"}: true, {"8192", "17408"}: false,
			{"8192", "20480"}: true, {"16384", "122880"}: true, {"x", "512"}: false,
		} {
			in := webDefinition()
			in.Cpu, in.Memory = aws.String(size[0]), aws.String(size[1])
			_, err := w.RegisterTaskDefinition(t.Context(), in)
			if (err == nil) != fits {
				t.Errorf("%v: %v", size, err)
			}
		}
	})
}

func TestEventsHaveAWSsLetters(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(1)
		b, err := json.Marshal(w.events("ECS Task State Change")[0].detail)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"taskArn":"arn:aws:ecs:`, `"lastStatus":"PROVISIONING"`, `"containers":[{"containerArn"`, `"version":1`} {
			if !strings.Contains(string(b), want) {
				t.Errorf("%s lacks %s", b, want)
			}
		}
		if strings.Contains(string(b), "null") {
			t.Errorf("%s has nulls", b)
		}
	})
}
