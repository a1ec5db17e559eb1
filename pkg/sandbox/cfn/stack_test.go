package cfn

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// stage is a service whose only callable resource is an ECS cluster.
func stage() (*Service, *[]string) {
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	var made []string
	wire.On(srv, "ecs", func(_ context.Context, in *ecs.CreateClusterInput) (*ecs.CreateClusterOutput, error) {
		name := aws.ToString(in.ClusterName)
		made = append(made, name)
		return &ecs.CreateClusterOutput{Cluster: &ecstypes.Cluster{ClusterName: &name, ClusterArn: aws.String("arn:cluster/" + name)}}, nil
	})
	return New(Options{Server: srv}), &made
}

func value(t *testing.T, template, expression string) (string, error) {
	t.Helper()
	s, _ := stage()
	s.exports["shared"] = export{value: "from another stack", stack: "other"}
	text := `{` + template + `"Resources": {"Net": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}, "Hub": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "hub"}}},
		"Outputs": {"X": {"Value": ` + expression + `}}}`
	c, err := s.Create(t.Context(), Stack{Name: "demo", Template: []byte(text)})
	if err != nil {
		return "", err
	}
	return c.Outputs[0].Value, nil
}

func TestEveryFunctionGivesWhatCloudFormationGives(t *testing.T) {
	const conditions = `"Conditions": {"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}, "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]}, "Any": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]}},
		"Mappings": {"Sizes": {"small": {"cpu": "256"}}}, "Parameters": {"Version": {"Type": "String", "Default": "7"}}, `
	for name, c := range map[string]struct{ expression, want string }{
		"Ref of a resource":    {`{"Ref": "Hub"}`, "hub"},
		"Ref of a parameter":   {`{"Ref": "Version"}`, "7"},
		"pseudo parameter":     {`{"Ref": "AWS::Region"}`, "us-east-1"},
		"GetAtt":               {`{"Fn::GetAtt": ["Hub", "Arn"]}`, "arn:cluster/hub"},
		"GetAtt as text":       {`{"Fn::GetAtt": "Hub.Arn"}`, "arn:cluster/hub"},
		"property as GetAtt":   {`{"Fn::GetAtt": ["Net", "CidrBlock"]}`, "10.0.0.0/16"},
		"Join":                 {`{"Fn::Join": ["-", ["a", {"Ref": "Hub"}, 3]]}`, "a-hub-3"},
		"Select of Split":      {`{"Fn::Select": [1, {"Fn::Split": ["/", {"Fn::GetAtt": ["Hub", "Arn"]}]}]}`, "hub"},
		"Select as text":       {`{"Fn::Select": ["0", ["x", "y"]]}`, "x"},
		"GetAZs":               {`{"Fn::Select": [1, {"Fn::GetAZs": ""}]}`, "us-east-1b"},
		"Sub":                  {`{"Fn::Sub": "arn:${AWS::Partition}:x:${Hub}:${Hub.Arn}:${!Literal}"}`, "arn:aws:x:hub:arn:cluster/hub:${Literal}"},
		"Sub with variables":   {`{"Fn::Sub": ["${A}/${Hub}", {"A": {"Ref": "Version"}}]}`, "7/hub"},
		"If":                   {`{"Fn::If": ["Yes", "a", {"Ref": "Nowhere"}]}`, "a"},
		"If not":               {`{"Fn::If": ["No", {"Ref": "Nowhere"}, "b"]}`, "b"},
		"And":                  {`{"Fn::If": ["Both", "a", "b"]}`, "b"},
		"Or":                   {`{"Fn::If": ["Any", "a", "b"]}`, "a"},
		"NoValue in a list":    {`{"Fn::Join": ["", ["a", {"Fn::If": ["No", "x", {"Ref": "AWS::NoValue"}]}]]}`, "a"},
		"FindInMap":            {`{"Fn::FindInMap": ["Sizes", "small", "cpu"]}`, "256"},
		"ImportValue":          {`{"Fn::ImportValue": "shared"}`, "from another stack"},
		"Base64":               {`{"Fn::Base64": "hi"}`, "aGk="},
		"text without meaning": {`"${Hub}"`, "${Hub}"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := value(t, conditions, c.expression)
			if err != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestWhatCannotBeResolvedIsNamed(t *testing.T) {
	for expression, want := range map[string]string{
		`{"Ref": "Nowhere"}`:                 "there is no Nowhere",
		`{"Ref": 1}`:                         "takes a name",
		`{"Fn::GetAtt": ["Hub", "Colour"]}`:  "does not know the attribute Colour of AWS::ECS::Cluster",
		`{"Fn::GetAtt": ["Nowhere", "Arn"]}`: "no resource Nowhere",
		`{"Fn::GetAtt": []}`:                 "takes a resource and an attribute",
		`{"Fn::Transform": {"Name": "x"}}`:   "does not know the function Fn::Transform",
		`{"Fn::ImportValue": "nothing"}`:     `no stack exports "nothing"`,
		`{"Fn::Select": [3, ["a"]]}`:         "no such element",
		`{"Fn::Join": ["", "a"]}`:            "takes a delimiter and a list",
		`{"Fn::Split": ["a"]}`:               "takes a delimiter and a text",
		`{"Fn::FindInMap": ["a", "b", "c"]}`: "finds nothing",
		`{"Fn::If": ["Maybe", 1, 2]}`:        "no condition Maybe",
		`{"Fn::If": ["Maybe"]}`:              "a condition and two values",
		`{"Fn::Sub": "${Nowhere}"}`:          "there is no Nowhere",
		`{"Fn::Sub": 1}`:                     "takes a text",
		`{"Fn::And": ["yes"]}`:               "takes conditions",
	} {
		if _, err := value(t, "", expression); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", expression, err, want)
		}
	}
}

func TestResourcesAreCreatedAfterThoseTheyNeed(t *testing.T) {
	s, made := stage()
	c, err := s.Create(t.Context(), Stack{Name: "demo", Template: []byte(`{"Resources": {
		"A": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": {"Fn::Sub": "a-of-${B}"}}},
		"B": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "b"}, "DependsOn": "C"},
		"C": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "c"}},
		"D": {"Type": "AWS::ECS::Cluster", "Condition": "Never"}},
		"Conditions": {"Never": {"Fn::Equals": [1, 2]}}}`)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"c", "b", "a-of-b"}, *made); diff != "" {
		t.Error(diff)
	}
	if len(c.Resources) != 3 {
		t.Errorf("resources are %v", c.Resources)
	}
}

func TestABadTemplateIsRefusedWithItsResource(t *testing.T) {
	for name, c := range map[string]struct{ template, want string }{
		"not JSON":              {`{`, "cannot be read"},
		"unknown section":       {`{"Transforms": []}`, `unknown field "Transforms"`},
		"empty":                 {`{}`, "no resources"},
		"unknown type":          {`{"Resources": {"Db": {"Type": "AWS::RDS::DBInstance"}}}`, "resource Db (AWS::RDS::DBInstance): the sandbox has no resources of this type"},
		"unknown property":      {`{"Resources": {"Hub": {"Type": "AWS::ECS::Cluster", "Properties": {"Colour": "red"}}}}`, "does not know the properties Colour of AWS::ECS::Cluster"},
		"wrong type":            {`{"Resources": {"Hub": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": ["a"]}}}}`, "ClusterName"},
		"a circle":              {`{"Resources": {"A": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": {"Ref": "B"}}}, "B": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": {"Ref": "A"}}}}}`, "in a circle: A -> B -> A"},
		"a condition of itself": {`{"Conditions": {"A": {"Fn::Not": [{"Condition": "A"}]}}, "Resources": {"A": {"Type": "AWS::ECS::Cluster", "Condition": "A"}}}`, "condition A refers to itself"},
		"missing need":          {`{"Resources": {"A": {"Type": "AWS::ECS::Cluster", "DependsOn": ["Z"]}}}`, "depends on Z, which is not in the template"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := stage()
			if _, err := s.Create(t.Context(), Stack{Name: "demo", Template: []byte(c.template)}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestStacksAreReadInTheOrderOfTheirNeeds(t *testing.T) {
	files := fstest.MapFS{
		"manifest.json": {Data: []byte(`{"artifacts": {"a": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "a.json"}, "dependencies": ["z", "a.assets"]}, "z": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "z.json", "stackName": "zed", "bootstrapStackVersionSsmParameter": "/cdk-bootstrap/mine/version"}}, "a.assets": {"type": "cdk:asset-manifest", "properties": {"file": "a.assets.json"}}}}`)},
		"a.json":        {Data: []byte(`{}`)},
		"z.json":        {Data: []byte(`{}`)},
		"a.assets.json": {Data: []byte(`{"files": {"x": {"source": {"path": "functions/release", "packaging": "zip"}, "destinations": {"here": {"objectKey": "release.zip"}}}}}`)},
	}
	stacks, err := Read(files)
	if err != nil {
		t.Fatal(err)
	}
	if len(stacks) != 2 || stacks[0].Name != "zed" || stacks[1].Name != "a" || stacks[1].Assets["release.zip"].Path != "functions/release" ||
		stacks[0].Bootstrap != "/cdk-bootstrap/mine/version" || stacks[1].Bootstrap != "" {
		t.Errorf("got %+v", stacks)
	}
	for _, missing := range []string{"manifest.json", "a.json", "a.assets.json"} {
		less := fstest.MapFS{}
		for name, f := range files {
			if name != missing {
				less[name] = f
			}
		}
		if _, err := Read(less); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}

func TestAStackIsDescribedAsAWSDoes(t *testing.T) {
	s, _ := stage()
	var announced []string
	s.opts.Emit = func(_, detailType string, _ []string, detail any) {
		if detailType == "CloudFormation Stack Status Change" {
			announced = append(announced, fmt.Sprint(detail.(map[string]any)["status-details"].(map[string]any)["status"]))
		}
	}
	if _, err := s.Create(t.Context(), Stack{Name: "demo", Template: []byte(`{"Description": "d", "Resources": {"Hub": {"Type": "AWS::ECS::Cluster"}}, "Outputs": {"Hub": {"Value": {"Ref": "Hub"}, "Export": {"Name": "hub"}}}}`)}); err != nil {
		t.Fatal(err)
	}
	out, err := s.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("demo")})
	if err != nil || len(out.Stacks) != 1 || !strings.HasPrefix(aws.ToString(out.Stacks[0].Outputs[0].OutputValue), "demo-Hub-") {
		t.Errorf("got %+v, %v", out, err)
	}
	resources, err := s.ListStackResources(t.Context(), &cloudformation.ListStackResourcesInput{StackName: out.Stacks[0].StackId})
	if err != nil || len(resources.StackResourceSummaries) != 1 {
		t.Errorf("got %+v, %v", resources, err)
	}
	if _, err := s.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("other")}); err == nil || !strings.Contains(err.Error(), "Stack with id other does not exist") {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]string{"CREATE_IN_PROGRESS", "CREATE_COMPLETE"}, announced); diff != "" {
		t.Error(diff)
	}
	second := Stack{Name: "again", Template: []byte(`{"Resources": {"Hub": {"Type": "AWS::ECS::Cluster"}}, "Outputs": {"Hub": {"Value": "x", "Export": {"Name": "hub"}}}}`)}
	if _, err := s.Create(t.Context(), second); err == nil || !strings.Contains(err.Error(), `"hub" is exported already`) {
		t.Errorf("got %v", err)
	}
}

func TestAFailedResourceNeedNotBeRestored(t *testing.T) {
	for restored, want := range map[bool]string{true: "UPDATE_ROLLBACK_FAILED", false: "UPDATE_ROLLBACK_COMPLETE"} {
		s, _ := stage()
		s.assume.FailedIsRestored = restored
		const before = `{"Resources": {"Hub": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "hub"}}}}`
		if _, err := s.Create(t.Context(), Stack{Name: "demo", Template: []byte(before)}); err != nil {
			t.Fatal(err)
		}
		// The stage has no UpdateCluster.
		after := strings.Replace(before, `"hub"`, `"hub", "CapacityProviders": ["FARGATE"]`, 1)
		if _, err := s.Update(t.Context(), Stack{Name: "demo", Template: []byte(after)}); err == nil || !strings.Contains(err.Error(), "resource Hub (AWS::ECS::Cluster)") {
			t.Errorf("got %v", err)
		}
		if got := s.Stacks()[0].Status; string(got) != want {
			t.Errorf("restored %v: %s", restored, got)
		}
		if _, err := s.Update(t.Context(), Stack{Name: "other", Template: []byte(before)}); err == nil || !strings.Contains(err.Error(), "Stack with id other does not exist") {
			t.Errorf("got %v", err)
		}
	}
}

func TestOnlyAnUpdateThatChangesNothingIsRefused(t *testing.T) {
	s, made := stage()
	update := func(template string) error {
		_, err := s.Update(t.Context(), Stack{Name: "demo", Template: []byte(template)})
		return err
	}
	const hub = `{"Resources": {"Hub": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "hub"}}}`
	if _, err := s.Create(t.Context(), Stack{Name: "demo", Template: []byte(hub + "}")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), Stack{Name: "demo", Template: []byte(hub + "}")}); err == nil || !strings.Contains(err.Error(), "Stack [demo] already exists") {
		t.Errorf("twice: %v", err)
	}
	for _, same := range []string{hub + `, "Description": "told otherwise"}`, strings.Replace(hub, `"hub"`, `{"Fn::Join": ["", ["h", "ub"]]}`, 1) + "}"} {
		if err := update(same); !errors.Is(err, ErrUnchanged) {
			t.Errorf("%s: %v", same, err)
		}
	}
	if err := update(hub + `, "Outputs": {"X": {"Value": "x"}}}`); err != nil {
		t.Errorf("an output: %v", err)
	}
	if err := update(`{`); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]string{"hub"}, *made); diff != "" {
		t.Error(diff)
	}
}

func FuzzNoTemplatePanics(f *testing.F) {
	f.Add([]byte(`{"Resources": {"A": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": {"Fn::Sub": ["${A}", {"A": 1}]}}}}}`))
	f.Add([]byte(`{"Resources": {"A": {"Type": "AWS::EC2::EIP", "Properties": {"X": {"Fn::Select": [0, {"Fn::Split": [",", "a,b"]}]}}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, _ := stage()
		const first = `{"Resources": {"A": {"Type": "AWS::ECS::Cluster"}, "B": {"Type": "AWS::EC2::EIP"}}}`
		if _, err := s.Create(t.Context(), Stack{Name: "fuzz", Template: text}); err != nil {
			s.Create(t.Context(), Stack{Name: "fuzzed", Template: []byte(first)})
			s.Update(t.Context(), Stack{Name: "fuzzed", Template: text})
		}
		s.Delete(t.Context(), "fuzz")
		s.Delete(t.Context(), "fuzzed")
	})
}
