//go:build !race

package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/infra/bluegreen"
	"github.com/cutover-ecs/cutover/pkg/config"
)

// invoker calls what no grant is for.
type invoker interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

func TestANameAloneGivesTheWalkthrough(t *testing.T) {
	s := synth(t, shipped)["sample-website"]
	lb := s.only(t, "AWS::ElasticLoadBalancingV2::LoadBalancer").Properties
	base, _ := s.with(t, "AWS::ECS::TaskDefinition", "Family", "sample-website-base")
	task := s.Resources[base].Properties
	group := s.only(t, "AWS::CodeDeploy::DeploymentGroup").Properties
	got := map[string]any{
		"load balancer":  lb["Name"],
		"scheme":         lb["Scheme"],
		"service":        s.only(t, "AWS::ECS::Service").Properties["ServiceName"],
		"cpu and memory": task["Cpu"].(string) + " " + task["Memory"].(string),
		"network mode":   task["NetworkMode"],
		"compatible":     text(task["RequiresCompatibilities"]),
		"platform":       text(task["RuntimePlatform"]),
		"tags":           text(task["Tags"]),
		"container":      at(t, task, "ContainerDefinitions", 0, "Name"),
		"image":          account(at(t, task, "ContainerDefinitions", 0, "Image")),
		"ports":          text(at(t, task, "ContainerDefinitions", 0, "PortMappings")),
		"application":    s.only(t, "AWS::CodeDeploy::Application").Properties["ApplicationName"],
		"group":          group["DeploymentGroupName"],
		"configuration":  group["DeploymentConfigName"],
		"rollback":       text(group["AutoRollbackConfiguration"]),
		"termination":    text(at(t, group, "BlueGreenDeploymentConfiguration", "TerminateBlueInstancesOnDeploymentSuccess")),
	}
	want := map[string]any{
		"load balancer":  "sample-website-alb",
		"scheme":         "internet-facing",
		"service":        "Sample-Website",
		"cpu and memory": "256 512",
		"network mode":   "awsvpc",
		"compatible":     `["FARGATE"]`,
		"platform":       `{"CpuArchitecture":"ARM64","OperatingSystemFamily":"LINUX"}`,
		"tags":           `[{"Key":"Name","Value":"Sample Website"}]`,
		"container":      "sample-website",
		"image":          "111122223333.dkr.ecr.us-east-1.amazonaws.com/sample-website",
		"ports":          `[{"ContainerPort":80,"Protocol":"tcp"}]`,
		"application":    "AppECS-cutover-Sample-Website",
		"group":          "DgpECS-cutover-Sample-Website",
		"configuration":  "CodeDeployDefault.ECSAllAtOnce",
		"rollback":       `{"Enabled":true,"Events":["DEPLOYMENT_FAILURE","DEPLOYMENT_STOP_ON_ALARM","DEPLOYMENT_STOP_ON_REQUEST"]}`,
		"termination":    `{"Action":"TERMINATE","TerminationWaitTimeInMinutes":60}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"sample-website-tg-1", "sample-website-tg-2"} {
		if _, r := s.with(t, "AWS::ElasticLoadBalancingV2::TargetGroup", "Name", name); r.Properties["TargetType"] != "ip" {
			t.Errorf("%s is of type %v", name, r.Properties["TargetType"])
		}
	}
	s.with(t, "AWS::EC2::SecurityGroup", "GroupName", "sample-website-sg")
}

func TestBothListenersStartOnTheFirstTargetGroup(t *testing.T) {
	s := synth(t, shipped)["sample-website"]
	first, _ := s.with(t, "AWS::ElasticLoadBalancingV2::TargetGroup", "Name", "sample-website-tg-1")
	group := s.only(t, "AWS::CodeDeploy::DeploymentGroup").Properties
	routes := at(t, group, "LoadBalancerInfo", "TargetGroupPairInfoList", 0)
	for port, route := range map[int]string{80: "ProdTrafficRoute", 8080: "TestTrafficRoute"} {
		id, l := s.with(t, "AWS::ElasticLoadBalancingV2::Listener", "Port", port)
		want := `[{"TargetGroupArn":"<` + first + `.TargetGroupArn>","Type":"forward"}]`
		if got := text(account(l.Properties["DefaultActions"])); unescaped(got) != want || l.Properties["Protocol"] != "HTTP" {
			t.Errorf("listener %d: %v %s", port, l.Properties["Protocol"], got)
		}
		if got := account(at(t, routes, route, "ListenerArns", 0)); got != "<"+id+".ListenerArn>" {
			t.Errorf("%s is %v", route, got)
		}
	}
}

func TestTheServiceIsCodeDeploysAndStartsOnThePlaceholder(t *testing.T) {
	s := synth(t, shipped)["sample-website"]
	service := s.only(t, "AWS::ECS::Service")
	bootstrap, b := s.with(t, "AWS::ECS::TaskDefinition", "Family", "sample-website")
	if got := account(service.Properties["TaskDefinition"]); got != "<"+bootstrap+">" {
		t.Errorf("the service runs %v", got)
	}
	if got := text(service.Properties["DeploymentController"]); got != `{"Type":"CODE_DEPLOY"}` {
		t.Error(got)
	}
	if got := at(t, b.Properties, "ContainerDefinitions", 0, "Image"); got != "public.ecr.aws/docker/library/caddy:2-alpine" {
		t.Error(got)
	}
	if b.Properties["ExecutionRoleArn"] != nil || b.Properties["TaskRoleArn"] != nil {
		t.Error("the placeholder has a role; it needs none, and a role may change")
	}
	for _, port := range []int{80, 8080} {
		id, _ := s.with(t, "AWS::ElasticLoadBalancingV2::Listener", "Port", port)
		if !strings.Contains(strings.Join(service.DependsOn, " "), id) {
			t.Errorf("the service does not wait for the listener on %d: ECS wants the target group behind one", port)
		}
	}
}

func TestAServiceScalesBesideItsUnchangedSelf(t *testing.T) {
	before := frozenText(synth(t, shipped))
	all := synth(t, `{"services": [{"name": "sample-website", "scaling": {"min": 2, "max": 8, "cpu": 60, "requests": 600, "scaleOutCooldown": "1m"}}]}`)
	if diff := cmp.Diff(before, frozenText(all)); diff != "" {
		t.Errorf("the frozen resources change:\n%s", diff)
	}
	s := all["sample-website"]
	target := s.only(t, "AWS::ApplicationAutoScaling::ScalableTarget")
	if got, want := text(target.Properties), `{"MaxCapacity":8,"MinCapacity":2,"ResourceId":"service/cutover/Sample-Website","ScalableDimension":"ecs:service:DesiredCount","ServiceNamespace":"ecs"}`; got != want {
		t.Error(got)
	}
	if service := s.ids("AWS::ECS::Service")[0]; !slices.Contains(target.DependsOn, service) {
		t.Errorf("it waits for %v and not for the service", target.DependsOn)
	}
	_, cpu := s.with(t, "AWS::ApplicationAutoScaling::ScalingPolicy", "PolicyName", "sample-website-CPU")
	if got, want := text(cpu.Properties["TargetTrackingScalingPolicyConfiguration"]),
		`{"PredefinedMetricSpecification":{"PredefinedMetricType":"ECSServiceAverageCPUUtilization"},"ScaleInCooldown":300,"ScaleOutCooldown":60,"TargetValue":60}`; got != want {
		t.Error(got)
	}
	_, requests := s.with(t, "AWS::ApplicationAutoScaling::ScalingPolicy", "PolicyName", "sample-website-Requests")
	var groups []any
	for i := range 2 {
		groups = append(groups, account(at(t, requests.Properties, "TargetTrackingScalingPolicyConfiguration", "CustomizedMetricSpecification", "Metrics", i,
			"MetricStat", "Metric", "Dimensions", 1, "Value")))
	}
	first, _ := s.with(t, "AWS::ElasticLoadBalancingV2::TargetGroup", "Name", "sample-website-tg-1")
	second, _ := s.with(t, "AWS::ElasticLoadBalancingV2::TargetGroup", "Name", "sample-website-tg-2")
	if want := []any{"<" + first + ".TargetGroupFullName>", "<" + second + ".TargetGroupFullName>"}; !cmp.Equal(groups, want) {
		t.Errorf("requests of %v are counted, not of %v", groups, want)
	}
	if n := len(s.ids("AWS::ApplicationAutoScaling::ScalingPolicy")); n != 2 {
		t.Errorf("%d policies", n)
	}
}

func TestOnlyTheFunctionOfAServiceThatScalesMayHoldScalingStill(t *testing.T) {
	scales := func(document string) (lines []string) {
		s := synth(t, document)["sample-website"]
		for _, id := range s.ids("AWS::IAM::Role") {
			for _, line := range allowed(t, s, "<"+id+".Arn>") {
				if strings.Contains(line, "autoscaling") || strings.Contains(line, "ecs:UntagResource") || strings.Contains(line, "ecs:TagResource on arn:aws:ecs:us-east-1:111122223333:service/") {
					lines = append(lines, line)
				}
			}
		}
		return lines
	}
	const itsTag = ` if {"ForAllValues:StringEquals":{"aws:TagKeys":"cutover:scaling-held"},"Null":{"aws:TagKeys":"false"}}`
	want := []string{
		"application-autoscaling:DescribeScalableTargets on *",
		"application-autoscaling:RegisterScalableTarget on arn:aws:application-autoscaling:us-east-1:111122223333:scalable-target/*" +
			` if {"StringEquals":{"application-autoscaling:scalable-dimension":"ecs:service:DesiredCount","application-autoscaling:service-namespace":"ecs"}}`,
		"ecs:TagResource on arn:aws:ecs:us-east-1:111122223333:service/cutover/Sample-Website" + itsTag,
		"ecs:UntagResource on arn:aws:ecs:us-east-1:111122223333:service/cutover/Sample-Website" + itsTag,
	}
	got := scales(`{"services": [{"name": "sample-website", "scaling": {"min": 2, "max": 8, "cpu": 60}}]}`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := scales(shipped); got != nil {
		t.Errorf("without scaling: %v", got)
	}
}

func TestOnlyTheGateFunctionThatIsNamedMayBeInvoked(t *testing.T) {
	const gate = "arn:aws:lambda:us-east-1:111122223333:function:approve"
	for document, want := range map[string]int{
		`{"services": [{"name": "sample-website", "gates": {"function": "` + gate + `"}}]}`: 1,
		shipped: 0,
	} {
		s := synth(t, document)["sample-website"]
		_, function := s.with(t, "AWS::Lambda::Function", "FunctionName", "sample-website-release")
		found := 0
		for _, line := range allowed(t, s, function.Properties["Role"]) {
			if strings.HasPrefix(line, "lambda:InvokeFunction") {
				found++
				if line != "lambda:InvokeFunction on "+gate {
					t.Error(line)
				}
			}
		}
		if found != want {
			t.Errorf("%d functions may be invoked, not %d", found, want)
		}
	}
}

func TestBothAlarmsAreInTheGroupAndTheOperatorsToo(t *testing.T) {
	s := synth(t, `{"services": [{"name": "sample-website", "deployment": {"alarms": ["checkout-latency"]}}]}`)["sample-website"]
	group := s.only(t, "AWS::CodeDeploy::DeploymentGroup").Properties
	var names []string
	for _, one := range at(t, group, "AlarmConfiguration", "Alarms").([]any) {
		name := account(at(t, one, "Name")).(string)
		if r, ok := s.Resources[strings.Trim(name, "<>")]; ok {
			name = r.Properties["AlarmName"].(string)
			if r.Properties["MetricName"] != "HTTPCode_Target_5XX_Count" || r.Properties["TreatMissingData"] != "notBreaching" {
				t.Errorf("%s watches %v", name, r.Properties)
			}
			i := string(name[len("sample-website-tg-")])
			target, _ := s.with(t, "AWS::ElasticLoadBalancingV2::TargetGroup", "Name", "sample-website-tg-"+i)
			if got := account(at(t, r.Properties, "Dimensions", 1, "Value")); got != "<"+target+".TargetGroupFullName>" {
				t.Errorf("%s watches %v", name, got)
			}
		}
		names = append(names, name)
	}
	if diff := cmp.Diff([]string{"sample-website-tg-1-5xx", "sample-website-tg-2-5xx", "checkout-latency"}, names); diff != "" {
		t.Error(diff)
	}
	if at(t, group, "AlarmConfiguration", "Enabled") != true {
		t.Error("the group's alarms are not enabled")
	}
}

func TestFunctionsAreBuiltBoundedAndKeepTheirDeadLetters(t *testing.T) {
	s := synth(t, `{"services": [{"name": "sample-website", "verify": {"timeout": "3m"}}]}`)["sample-website"]
	timeouts := map[string]float64{"sample-website-release": 60, "CodeDeployHook_sample-website": 240, "sample-website-report": 60}
	for _, id := range s.ids("AWS::Lambda::Function") {
		p := s.Resources[id].Properties
		name := p["FunctionName"].(string)
		if p["Runtime"] != "provided.al2023" || text(p["Architectures"]) != `["arm64"]` || p["Timeout"] != timeouts[name] {
			t.Errorf("%s: %v %v %v", name, p["Runtime"], p["Architectures"], p["Timeout"])
		}
		if reserved := p["ReservedConcurrentExecutions"]; (name == "sample-website-release") != (reserved == 1.0) {
			t.Errorf("%s reserves %v", name, reserved)
		}
		log := strings.Trim(account(at(t, p, "LoggingConfig", "LogGroup")).(string), "<>")
		if l := s.Resources[log].Properties; l["RetentionInDays"] != 30.0 || l["LogGroupName"] != "/aws/lambda/"+name {
			t.Errorf("%s logs to %v", name, l)
		}
		_, invocations := s.with(t, "AWS::Lambda::EventInvokeConfig", "FunctionName", map[string]any{"Ref": id})
		queue := account(at(t, invocations.Properties, "DestinationConfig", "OnFailure", "Destination")).(string)
		// The hook's dead letters go to the function that answers for it; every other function's wait for a person.
		kind := "AWS::SQS::Queue"
		if name == "CodeDeployHook_sample-website" {
			kind = "AWS::Lambda::Function"
		}
		if r := s.Resources[strings.TrimSuffix(strings.Trim(queue, "<>"), ".Arn")]; r.Type != kind {
			t.Errorf("%s leaves its dead letters with %s", name, queue)
		}
	}
	for _, id := range s.ids("AWS::SQS::Queue") {
		if s.Resources[id].Properties["SqsManagedSseEnabled"] != true {
			t.Errorf("%s is not encrypted", id)
		}
	}
}

func TestAnAccountThatCannotReserveMaySwitchItOff(t *testing.T) {
	s := synth(t, `{"platform": {"reserveConcurrency": false}, "services": [{"name": "sample-website"}]}`)["sample-website"]
	for _, id := range s.ids("AWS::Lambda::Function") {
		if r := s.Resources[id].Properties["ReservedConcurrentExecutions"]; r != nil {
			t.Errorf("%s reserves %v", id, r)
		}
	}
}

func TestOutputsTellWhereTheSiteIsAndHowToPush(t *testing.T) {
	s := synth(t, `{"services": [{"name": "sample-website", "image": {"tag": "v*"}, "loadBalancer": {"productionPort": 8000}}]}`)["sample-website"]
	lb := s.ids("AWS::ElasticLoadBalancingV2::LoadBalancer")[0]
	got := map[string]any{}
	for name, o := range s.Outputs {
		got[name] = account(o.Value)
	}
	const host = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
	want := map[string]any{
		"SiteUrl":       "http://<" + lb + ".DNSName>:8000",
		"TestUrl":       "http://<" + lb + ".DNSName>:8080",
		"RepositoryUri": host + "/sample-website",
		"LoginCommand":  "aws ecr get-login-password --region us-east-1 | docker login --username AWS --password-stdin " + host,
		"PushCommand":   "docker build --platform linux/arm64 --tag " + host + "/sample-website:v1 . && docker push " + host + "/sample-website:v1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestServicesStandSideBySide(t *testing.T) {
	all := synth(t, `{"services": [{"name": "sample-website"}, {"name": "shop"}, {"name": "shop-admin", "image": {"repository": "shop", "tag": "admin"}}]}`)
	if len(all) != 4 {
		t.Fatalf("there are %d stacks", len(all))
	}
	if got := len(all["cutover"].ids("AWS::ECR::Repository")); got != 2 {
		t.Errorf("there are %d repositories; shop and shop-admin share one", got)
	}
	// Names that are unique in an account and region.
	seen := map[string]string{}
	for stack, s := range all {
		for id, r := range s.Resources {
			for _, key := range []string{"FunctionName", "Name", "ServiceName", "QueueName", "AlarmName", "LogGroupName", "GroupName", "Family", "ApplicationName"} {
				name, ok := r.Properties[key].(string)
				if !ok || r.Type == "AWS::CodeDeploy::DeploymentGroup" {
					continue
				}
				if other, taken := seen[r.Type+" "+name]; taken {
					t.Errorf("%s %s and %s are both called %s", stack, id, other, name)
				}
				seen[r.Type+" "+name] = stack + " " + id
			}
		}
	}
}

func TestRepositoriesScanKeepAndStay(t *testing.T) {
	r := synth(t, shipped)["cutover"].only(t, "AWS::ECR::Repository")
	if r.DeletionPolicy != "Retain" || text(r.Properties["ImageScanningConfiguration"]) != `{"ScanOnPush":true}` {
		t.Errorf("%s %v", r.DeletionPolicy, r.Properties)
	}
	policy := at(t, r.Properties, "LifecyclePolicy", "LifecyclePolicyText").(string)
	if !strings.Contains(policy, `"tagStatus":"any","countType":"imageCountMoreThan","countNumber":50`) || strings.Contains(policy, "untagged") {
		t.Error(policy)
	}
}

func TestWhatCannotBeIsRefusedInASentence(t *testing.T) {
	var checks []string
	for i := range 90 { // of texts that do not get smaller by compression
		checks = append(checks, fmt.Sprintf(`{"path": "/%d", "body": "%x"}`, i, sha256.Sum256([]byte{byte(i)})))
	}
	for name, test := range map[string]struct{ document, want string }{
		"a service with the platform's name": {`{"services": [{"name": "cutover"}]}`, "has the name of the platform's stack"},
		"a suite that is too large":          {`{"services": [{"name": "big", "verify": {"checks": [` + strings.Join(checks, ",") + `]}}]}`, "of a function's environment, which holds 4096"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := synthesized(t, parsed(t, test.document))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	dir := t.TempDir()
	if err := Placeholders(dir); err != nil {
		t.Fatal(err)
	}
	c := bluegreen.Calls{Release: func(config.Service) []reflect.Type { return []reflect.Type{reflect.TypeFor[invoker]()} }}
	_, err := NewApp(AppProps{Config: parsed(t, shipped), Functions: dir, Calls: c, Outdir: filepath.Join(dir, "cdk.out")})
	if err == nil || !strings.Contains(err.Error(), "service sample-website: permissions of the release function: lambda:InvokeFunction is called") {
		t.Errorf("with a call that has no grant: %v", err)
	}
}

func TestTagsReachAllButTheFrozenResources(t *testing.T) {
	s := synth(t, `{"services": [{"name": "sample-website", "tags": {"team": "web"}}]}`)["sample-website"]
	base, _ := s.with(t, "AWS::ECS::TaskDefinition", "Family", "sample-website-base")
	tagged := map[string]bool{base: true}
	for _, kind := range []string{"AWS::Lambda::Function", "AWS::SQS::Queue", "AWS::IAM::Role", "AWS::CodeDeploy::Application"} {
		for _, id := range s.ids(kind) {
			tagged[id] = true
		}
	}
	for id, r := range s.Resources {
		has := strings.Contains(text(r.Properties["Tags"]), `{"Key":"team","Value":"web"}`)
		if tagged[id] && !has || has && frozen(r) {
			t.Errorf("%s %s: %v", r.Type, id, r.Properties["Tags"])
		}
	}
}
