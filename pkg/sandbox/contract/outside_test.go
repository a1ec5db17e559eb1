package contract_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/sandbox/contract"
)

func TestWhatIsNotPartOfTheSandboxIsRefusedByName(t *testing.T) {
	r := newRun(t)
	for _, s := range rehearsal { // up to the group that the deployments need
		if s.call == "codedeploy:UpdateDeploymentGroup" {
			break
		}
		r.do(s, false)
	}
	for name, c := range map[string]struct{ call, in, code, says string }{
		"network load balancer": {"elasticloadbalancing:CreateLoadBalancer", `{"Name":"nlb","Type":"network","Subnets":["subnet-1"]}`, "ValidationError", "'network'"},
		"NLB listener":          {"elasticloadbalancing:CreateListener", `{"LoadBalancerArn":"$balancer","Protocol":"TCP","Port":19000,"DefaultActions":[{"Type":"forward","TargetGroupArn":"$spare"}]}`, "UnsupportedProtocol", "'TCP'"},
		"NLB target group":      {"elasticloadbalancing:CreateTargetGroup", `{"Name":"nlb","Protocol":"TCP","Port":80,"VpcId":"vpc-1","TargetType":"ip"}`, "ValidationError", "'TCP'"},
		"EC2 platform":          {"codedeploy:CreateApplication", `{"applicationName":"ec2","computePlatform":"Server"}`, "InvalidComputePlatformException", "Server"},
		"Lambda platform":       {"codedeploy:CreateApplication", `{"applicationName":"lambda","computePlatform":"Lambda"}`, "InvalidComputePlatformException", "Lambda"},
		"no platform is EC2":    {"codedeploy:CreateApplication", `{"applicationName":"ec2"}`, "InvalidComputePlatformException", "ECS"},
		"EC2 instances":         {"ecs:CreateService", `{"cluster":"rehearsal","serviceName":"ec2","taskDefinition":"rehearsal","launchType":"EC2","desiredCount":1,"deploymentController":{"type":"CODE_DEPLOY"}}`, "UnsupportedFeatureException", "container instances"},
		"ECS-native blue/green": {"ecs:CreateService", `{"cluster":"rehearsal","serviceName":"native","taskDefinition":"rehearsal","desiredCount":1,"deploymentConfiguration":{"strategy":"BLUE_GREEN"}}`, "UnsupportedFeatureException", "ECS-native blue/green"},
		"native after the fact": {"ecs:UpdateService", `{"cluster":"rehearsal","service":"web","deploymentConfiguration":{"strategy":"CANARY"}}`, "UnsupportedFeatureException", "ECS-native blue/green"},
	} {
		t.Run(name, func(t *testing.T) {
			service, action, _ := strings.Cut(c.call, ":")
			a := r.call(service, action, r.input(step{call: c.call, in: c.in}))
			if a.code != c.code || !strings.Contains(a.message, c.says) {
				t.Errorf("%s; want %s that says %q", a, c.code, c.says)
			}
		})
	}
}

func TestAnotherRegionIsRefusedByName(t *testing.T) {
	c := &client{t: t, box: start(t, nil), all: contract.New()}
	for service, sp := range speeches {
		header := http.Header{
			"Authorization": {"AWS4-HMAC-SHA256 Credential=SANDBOX/20261123/us-west-2/" + service + "/aws4_request, SignedHeaders=host, Signature=0"},
			"Content-Type":  {sp.content}, "X-Amz-Target": {sp.target + ".Anything"},
		}
		if sp.protocol == "cbor" {
			header.Set("Smithy-Protocol", "rpc-v2-cbor")
		}
		a := c.send(service, "POST", "/", header, nil)
		if global := service == "iam" || service == "sts"; global == strings.Contains(a.message, "us-west-2") {
			t.Errorf("%s: %s", service, a)
		}
	}
}

func TestPersistenceIsRefusedByName(t *testing.T) {
	c := &client{t: t, box: start(t, nil), all: contract.New()}
	a := c.send("", "GET", "/_sandbox/state", http.Header{}, nil)
	if a.status != http.StatusNotImplemented || !strings.Contains(string(a.body), "persistence is not part of the sandbox") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestAnOperationThatIsAbsentIsRefusedByName(t *testing.T) {
	c := &client{t: t, box: start(t, nil), all: contract.New()}
	for service, sp := range speeches {
		if sp.protocol == "rest" {
			continue
		}
		a := c.raw(service, "DescribeNothing", sp.content, []byte(form("DescribeNothing", sp.target, nil).Encode()))
		if sp.protocol != "query" {
			a = c.raw(service, "DescribeNothing", sp.content, nil)
		}
		if !strings.Contains(a.message, "the sandbox has no "+service+":DescribeNothing") {
			t.Errorf("%s: %s", service, a)
		}
	}
}
