package stackupdate

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// deployed is a template with something of everything.
const deployed = `{"Resources": {
	"Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"Name": "web-alb", "Scheme": "internal"}},
	"Listener": {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"LoadBalancerArn": {"Ref": "Balancer"}, "Port": 80, "DefaultActions": [{"Type": "forward"}]}},
	"Redirect": {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"LoadBalancerArn": {"Ref": "Balancer"}, "Port": 81, "DefaultActions": [{"Type": "redirect"}]}},
	"Group": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"Name": "web-tg", "Port": 80, "HealthCheckPath": "/"}},
	"Bootstrap": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Family": "web", "Cpu": "256"}},
	"Base": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Family": "web-base", "Cpu": "256"}},
	"Service": {"Type": "AWS::ECS::Service", "Properties": {"ServiceName": "web", "TaskDefinition": {"Ref": "Bootstrap"}, "DesiredCount": 1, "DeploymentController": {"Type": "CODE_DEPLOY"}, "LoadBalancers": [{"TargetGroupArn": {"Ref": "Group"}}]}},
	"Rolling": {"Type": "AWS::ECS::Service", "Properties": {"ServiceName": "other", "DesiredCount": 1}},
	"Function": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "web-release", "Environment": {"Variables": {"BASE": {"Fn::Sub": "${Base}"}}}}},
	"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "web-dlq"}},
	"Unnamed": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": false}},
	"Repository": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "web"}, "DeletionPolicy": "Retain"},
	"Permission": {"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": {"Fn::GetAtt": ["Function", "Arn"]}, "Principal": "events.amazonaws.com"}},
	"Odd": {"Type": "AWS::Odd::Thing", "Properties": {"A": 1}}
}}`

func TestAnUpdateIsComparedWithWhatStands(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		want     []string // effect and path or resource
	}{
		"nothing":                             {`"x"`, `"x"`, nil},
		"a function's environment":            {`"BASE"`, `"LEVEL": "info", "BASE"`, nil},
		"a health check":                      {`"HealthCheckPath": "/"`, `"HealthCheckPath": "/up"`, nil},
		"the base":                            {`"web-base", "Cpu": "256"`, `"web-base", "Cpu": "512"`, nil},
		"a permission":                        {`events.amazonaws.com`, `scheduler.amazonaws.com`, nil},
		"where HTTP is led":                   {`"Port": 81`, `"Port": 82`, nil},
		"a count that CodeDeploy deploys":     {`"Bootstrap"}, "DesiredCount": 1`, `"Bootstrap"}, "DesiredCount": 2`, []string{"touched Resources.Service.Properties.DesiredCount"}},
		"a count that ECS deploys":            {`"other", "DesiredCount": 1`, `"other", "DesiredCount": 2`, nil},
		"a listener's port":                   {`"Port": 80, "Def`, `"Port": 90, "Def`, []string{"touched Resources.Listener.Properties.Port"}},
		"a name":                              {`"web-dlq"`, `"web-dead"`, []string{"replaced Resources.Queue.Properties.QueueName"}},
		"what is fixed and has no name":       {`"FifoQueue": false`, `"FifoQueue": true`, []string{"replaced Resources.Unnamed.Properties.FifoQueue"}},
		"what is fixed under the same name":   {`"web-tg", "Port": 80`, `"web-tg", "Port": 81`, []string{"refused Resources.Group.Properties.Port", "touched Resources.Service.Properties.LoadBalancers"}},
		"the bootstrap, and so the service":   {`"web", "Cpu": "256"`, `"web", "Cpu": "512"`, []string{"replaced Resources.Bootstrap.Properties.Cpu", "touched Resources.Service.Properties.TaskDefinition"}},
		"a load balancer, and so all on it":   {`"internal"`, `"internet-facing"`, []string{"refused Resources.Balancer.Properties.Scheme", "replaced Resources.Listener.Properties.LoadBalancerArn", "replaced Resources.Redirect.Properties.LoadBalancerArn"}},
		"a service that is gone":              {`"Service": {"Type": "AWS::ECS::Service"`, `"Renamed": {"Type": "AWS::ECS::Service"`, []string{"removed Service"}},
		"a repository that stays in any case": {`"Repository": {`, `"Renamed": {`, nil},
		"what encrypts a repository":          {`"RepositoryName": "web"`, `"RepositoryName": "web", "EncryptionConfiguration": {"EncryptionType": "KMS"}`, []string{"refused Resources.Repository.Properties.EncryptionConfiguration"}},
		"another kind under the name":         {`"Unnamed": {"Type": "AWS::SQS::Queue"`, `"Unnamed": {"Type": "AWS::SNS::Topic"`, []string{"replaced Unnamed"}},
		"a type that nobody knows":            {`"A": 1`, `"A": 2`, []string{"unknown Resources.Odd.Properties.A"}},
		"deep in a property": {`"DeploymentController": {"Type": "CODE_DEPLOY"}`, `"DeploymentController": {"Type": "CODE_DEPLOY", "More": 1}`,
			[]string{"touched Resources.Service.Properties.DeploymentController.More"}},
	} {
		t.Run(name, func(t *testing.T) {
			changes, err := Compare([]byte(deployed), []byte(strings.Replace(deployed, c.from, c.to, 1)))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, one := range changes {
				where := one.Path
				if where == "" {
					where = one.Resource
				}
				got = append(got, string(one.Effect)+" "+where)
				if one.Evidence == "" || one.Fix == "" || one.Type == "" {
					t.Errorf("%+v", one)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsNoTemplateIsAnError(t *testing.T) {
	if _, err := Compare([]byte(`no: json`), []byte(deployed)); err == nil || !strings.Contains(err.Error(), "deployed") {
		t.Error(err)
	}
	if _, err := Compare([]byte(deployed), []byte(`[`)); err == nil || !strings.Contains(err.Error(), "synthesized") {
		t.Error(err)
	}
}

func TestTheTableHasEveryTypeOfTheShippedStacks(t *testing.T) {
	templates, err := filepath.Glob(filepath.Join("..", "..", "infra", "assembly", "*.template.json"))
	if err != nil || len(templates) < 2 {
		t.Fatal(templates, err)
	}
	for _, name := range templates {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var d document
		if err := json.Unmarshal(content, &d); err != nil {
			t.Fatal(err)
		}
		for id, r := range d.Resources {
			if _, known := Of(r.Type); !known {
				t.Errorf("%s: %s has the type %s, which is not in the table", name, id, r.Type)
			}
		}
		if changes, err := Compare(content, content); err != nil || len(changes) > 0 {
			t.Errorf("%s differs from itself: %v, %v", name, changes, err)
		}
	}
}
