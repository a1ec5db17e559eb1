package appspec

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const revision = "arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website:7"

func whole() Document {
	return Document{
		TaskDefinition: revision, ContainerName: "app", ContainerPort: 8080, PlatformVersion: "1.4.0",
		Network:           &Network{Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-1"}, AssignPublicIP: "DISABLED"},
		CapacityProviders: []CapacityProvider{{Base: 1, CapacityProvider: "FARGATE_SPOT", Weight: 2}, {CapacityProvider: "FARGATE", Weight: 1}},
		Hooks: map[Event]string{
			BeforeInstall: "a", AfterInstall: "b", AfterAllowTestTraffic: "CodeDeployHook_c", BeforeAllowTraffic: "d", AfterAllowTraffic: "e",
		},
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	for name, d := range map[string]Document{
		"whole":   whole(),
		"minimal": {TaskDefinition: revision, ContainerName: "app", ContainerPort: 80},
	} {
		t.Run(name, func(t *testing.T) {
			content, err := d.JSON()
			if err != nil {
				t.Fatal(err)
			}
			got, err := Parse(content)
			if err != nil {
				t.Fatalf("%v in %s", err, content)
			}
			if diff := cmp.Diff(d, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheJSONIsWhatAWSDocuments(t *testing.T) {
	d := Document{TaskDefinition: revision, ContainerName: "app", ContainerPort: 80, Hooks: map[Event]string{AfterAllowTestTraffic: "CodeDeployHook_v"}}
	content, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"version":0.0,"Resources":[{"TargetService":{"Type":"AWS::ECS::Service","Properties":{"TaskDefinition":"` + revision +
		`","LoadBalancerInfo":{"ContainerName":"app","ContainerPort":80}}}}],"Hooks":[{"AfterAllowTestTraffic":"CodeDeployHook_v"}]}`
	if string(content) != want {
		t.Errorf("got  %s\nwant %s", content, want)
	}
	if got := SHA256([]byte("abc")); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("SHA256 is %s", got)
	}
}

func TestYAMLAndKeysInAnyCaseAreRead(t *testing.T) {
	want := Document{
		TaskDefinition: revision, ContainerName: "app", ContainerPort: 8080,
		Network: &Network{Subnets: []string{"subnet-a"}, SecurityGroups: []string{"sg-1"}, AssignPublicIP: "ENABLED"},
		Hooks:   map[Event]string{AfterInstall: "f"},
	}
	for name, content := range map[string]string{
		"as the user guide writes it": `
version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: "` + revision + `"
        LoadBalancerInfo: {ContainerName: "app", ContainerPort: 8080}
        NetworkConfiguration:
          AwsvpcConfiguration: {Subnets: ["subnet-a"], SecurityGroups: ["sg-1"], AssignPublicIp: "ENABLED"}
Hooks:
  - AfterInstall: f`,
		"lower camel case, version as text, another name": `{"version":"0.0","resources":[{"web":{"type":"AWS::ECS::Service","properties":{"taskDefinition":"` + revision +
			`","loadBalancerInfo":{"containerName":"app","containerPort":8080},"networkConfiguration":{"awsvpcConfiguration":{"assignPublicIp":"ENABLED","subnets":["subnet-a"],"securityGroups":["sg-1"]}}}}}],"hooks":[{"afterinstall":"f"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]byte(content))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDocumentsThatCodeDeployRefusesAreRefused(t *testing.T) {
	good := `{"version":0.0,"Resources":[{"T":{"Type":"AWS::ECS::Service","Properties":{"TaskDefinition":"` + revision + `","LoadBalancerInfo":{"ContainerName":"app","ContainerPort":80}}}}]}`
	if _, err := Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"not a document":       {good, "\t", "neither JSON nor YAML"},
		"empty":                {good, "", "version"},
		"a list":               {good, "[]", "must not be a list"},
		"another version":      {"0.0", "1.0", "must be 0.0"},
		"version of words":     {"0.0", `"one"`, "must be 0.0"},
		"family only":          {revision, "sample-website", "full ARN"},
		"latest":               {revision, strings.Replace(revision, ":7", ":latest", 1), "full ARN"},
		"another type":         {"AWS::ECS::Service", "AWS::Lambda::Function", "must be AWS::ECS::Service"},
		"port as text":         {`"ContainerPort":80`, `"ContainerPort":"80"`, "wrong type"},
		"port zero":            {`"ContainerPort":80`, `"ContainerPort":0`, "must be 1 to 65535"},
		"no container":         {`"app"`, `""`, "ContainerName is missing"},
		"a list for an object": {`{"ContainerName":"app","ContainerPort":80}`, `[{"ContainerName":"app"}]`, "must not be a list"},
		"unknown key":          {`"Type"`, `"Typ":1,"Type"`, "Resources[0].T.Typ is not a key"},
		"key twice":            {`"Type"`, `"type":"x","Type"`, "stands there twice"},
		"two resources":        {`[{"T"`, `[{"S":{}},{"T"`, "exactly one"},
		"half a network":       {`"LoadBalancerInfo"`, `"NetworkConfiguration":{"AwsvpcConfiguration":{"Subnets":["a"]}},"LoadBalancerInfo"`, "or be left out"},
		"unknown hook":         {`}]}`, `}],"Hooks":[{"AllowTraffic":"f"}]}`, "not a hookable event"},
		"empty hook":           {`}]}`, `}],"Hooks":[{"AfterInstall":""}]}`, "names no function"},
		"two hooks in one":     {`}]}`, `}],"Hooks":[{"AfterInstall":"a","BeforeInstall":"b"}]}`, "one event each"},
	} {
		t.Run(name, func(t *testing.T) {
			content := strings.Replace(good, c.old, c.new, 1)
			if c.old == `}]}` {
				content = strings.TrimSuffix(good, c.old) + c.new
			}
			if _, err := Parse([]byte(content)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := Parse(make([]byte, MostBytes+1)); err != ErrTooLarge {
		t.Errorf("got %v", err)
	}
	if _, err := (Document{}).JSON(); err == nil {
		t.Error("an empty document is written")
	}
}

func FuzzWhatParsesIsWrittenAndReadAgain(f *testing.F) {
	content, err := whole().JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Add([]byte("version: 0.0\nresources: [{t: {type: AWS::ECS::Service}}]"))
	f.Fuzz(func(t *testing.T, content []byte) {
		d, err := Parse(content)
		if err != nil {
			return
		}
		again, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(again)
		if err != nil {
			t.Fatalf("%v in %s", err, again)
		}
		if diff := cmp.Diff(d, got, cmp.Transformer("", func(c []CapacityProvider) int { return len(c) })); diff != "" {
			t.Error(diff)
		}
	})
}

func TestARevisionIsWhatTheExpressionSays(t *testing.T) {
	expression := regexp.MustCompile(`^arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:task-definition/[A-Za-z0-9_-]{1,255}:[1-9]\d*$`)
	const whole = "arn:aws-us-gov:ecs:us-gov-west-1:111122223333:task-definition/a_Web-7:70"
	texts := []string{"", whole, "arn:aws:ecs:eu-central-2:111122223333:task-definition/" + strings.Repeat("a", 255) + ":1", "arn:aws:ecs:eu-central-2:111122223333:task-definition/" + strings.Repeat("a", 256) + ":1"}
	for i := range whole {
		for _, with := range []string{"", ":", "/", "0", "A", "a", "-", "_", "é", "\n", " ", whole[i:min(i+2, len(whole))]} {
			texts = append(texts, whole[:i]+with+whole[i+1:], whole[:i]+with+whole[i:], whole[:i]+with)
		}
	}
	yes := 0
	for _, text := range texts {
		if got := isRevision(text); got != expression.MatchString(text) {
			t.Errorf("%q: %v", text, got)
		} else if got {
			yes++
		}
	}
	if yes < 50 || yes > len(texts)/2 {
		t.Errorf("%d of %d are revisions", yes, len(texts))
	}
}
