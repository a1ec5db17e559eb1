//go:build !race

package main

import (
	"fmt"
	"strings"
	"testing"
)

// whatMaximalAsked is what the templates must hold for each choice that the maximal configuration makes: the resource, by
// a property that tells it apart, and the text of another of its properties.
var whatMaximalAsked = map[string]struct {
	kind, property string
	value          any
	path           []any
	want           string
}{
	"environment files":           {"AWS::ECS::TaskDefinition", "Family", "sample-website-base", []any{"ContainerDefinitions", 0, "EnvironmentFiles"}, `[{"Type":"s3","Value":"arn:aws:s3:::settings/web.env"}]`},
	"secrets":                     {"AWS::ECS::TaskDefinition", "Family", "sample-website-base", []any{"ContainerDefinitions", 0, "Secrets"}, `[{"Name":"TOKEN","ValueFrom":"arn:aws:secretsmanager:us-east-1:111122223333:secret:token-AbCdEf"}]`},
	"a health check command":      {"AWS::ECS::TaskDefinition", "Family", "sample-website-base", []any{"ContainerDefinitions", 0, "HealthCheck"}, `{"Command":["CMD-SHELL","true"],"Interval":10,"Retries":2,"StartPeriod":5,"Timeout":3}`},
	"a root that is only read":    {"AWS::ECS::TaskDefinition", "Family", "sample-website-base", []any{"ContainerDefinitions", 0, "ReadonlyRootFilesystem"}, `true`},
	"a volume that is only read":  {"AWS::ECS::TaskDefinition", "Family", "sample-website-base", []any{"ContainerDefinitions", 0, "MountPoints", 0}, `{"ContainerPath":"/data","ReadOnly":true,"SourceVolume":"data"}`},
	"a file system, encrypted":    {"AWS::ECS::TaskDefinition", "Family", "sample-website-base", []any{"Volumes", 0, "EFSVolumeConfiguration"}, `{"AuthorizationConfig":{"AccessPointId":"fsap-0a","IAM":"ENABLED"},"FilesystemId":"fs-0a","TransitEncryption":"ENABLED"}`},
	"room on the task":            {"AWS::ECS::TaskDefinition", "Family", "sample-website-base", []any{"EphemeralStorage"}, `{"SizeInGiB":40}`},
	"a sidecar that may end":      {"AWS::ECS::TaskDefinition", "Family", "sample-website-base", []any{"ContainerDefinitions", 1, "Essential"}, `false`},
	"a redirect from HTTP":        {"AWS::ElasticLoadBalancingV2::Listener", "Port", 80, []any{"DefaultActions"}, `[{"RedirectConfig":{"Port":"443","Protocol":"HTTPS","StatusCode":"HTTP_301"},"Type":"redirect"}]`},
	"production's TLS policy":     {"AWS::ElasticLoadBalancingV2::Listener", "Port", 443, []any{"SslPolicy"}, `"ELBSecurityPolicy-TLS13-1-2-2021-06"`},
	"the test listener's, too":    {"AWS::ElasticLoadBalancingV2::Listener", "Port", 8443, []any{"SslPolicy"}, `"ELBSecurityPolicy-TLS13-1-2-2021-06"`},
	"a certificate at creation":   {"AWS::ElasticLoadBalancingV2::Listener", "Port", 443, []any{"Certificates"}, `[{"CertificateArn":"arn:aws:acm:us-east-1:111122223333:certificate/one"}]`},
	"a canary of the service's":   {"AWS::CodeDeploy::DeploymentConfig", "ComputePlatform", "ECS", []any{"TrafficRoutingConfig"}, `{"TimeBasedCanary":{"CanaryInterval":5,"CanaryPercentage":10},"Type":"TimeBasedCanary"}`},
	"a wait for approval":         {"AWS::CodeDeploy::DeploymentGroup", "DeploymentGroupName", "DgpECS-cutover-Sample-Website", []any{"BlueGreenDeploymentConfiguration", "DeploymentReadyOption"}, `{"ActionOnTimeout":"STOP_DEPLOYMENT","WaitTimeInMinutes":30}`},
	"the end of blue":             {"AWS::CodeDeploy::DeploymentGroup", "DeploymentGroupName", "DgpECS-cutover-Sample-Website", []any{"BlueGreenDeploymentConfiguration", "TerminateBlueInstancesOnDeploymentSuccess", "Action"}, `"TERMINATE"`},
	"a placeholder of one's own":  {"AWS::ECS::TaskDefinition", "Family", "sample-website", []any{"ContainerDefinitions", 0, "Image"}, `{"Fn::Sub":"${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/placeholder:2"}`},
	"drop of what is no header":   {"AWS::ElasticLoadBalancingV2::LoadBalancer", "Name", "sample-website-alb", []any{"LoadBalancerAttributes", 0}, `{"Key":"routing.http.drop_invalid_header_fields.enabled","Value":"true"}`},
	"capacity of several classes": {"AWS::ECS::Cluster", "ClusterName", "cutover", []any{"CapacityProviders"}, `["FARGATE","FARGATE_SPOT"]`},
}

func TestEveryChoiceOfTheMaximalConfigurationIsInItsTemplates(t *testing.T) {
	all := synth(t, maximal)
	for choice, c := range whatMaximalAsked {
		stack := all["sample-website"]
		if c.kind == "AWS::ECS::Cluster" {
			stack = all["cutover"]
		}
		_, r := stack.with(t, c.kind, c.property, c.value)
		if got := text(at(t, r.Properties, c.path...)); got != c.want {
			t.Errorf("%s: %s, want %s", choice, got, c.want)
		}
	}
	s := all["sample-website"]
	certified := map[string]bool{}
	for _, id := range s.ids("AWS::ElasticLoadBalancingV2::ListenerCertificate") {
		p := s.Resources[id].Properties
		certified[fmt.Sprint(account(p["ListenerArn"]), text(p["Certificates"]))] = true
	}
	for _, port := range []int{443, 8443} {
		listener, _ := s.with(t, "AWS::ElasticLoadBalancingV2::Listener", "Port", port)
		if !certified["<"+listener+`.ListenerArn>[{"CertificateArn":"arn:aws:acm:us-east-1:111122223333:certificate/two"}]`] {
			t.Errorf("the listener on %d lacks the second certificate: %v", port, certified)
		}
	}
	group := s.only(t, "AWS::CodeDeploy::DeploymentGroup")
	if may := strings.Join(allowed(t, s, group.Properties["ServiceRoleArn"]), "\n"); !strings.Contains(may, "lambda:InvokeFunction on arn:aws:lambda:us-east-1:111122223333:function:migrate") {
		t.Errorf("CodeDeploy may not call the operator's own hook:\n%s", may)
	}
}

func TestWhatTheMaximalConfigurationKeepsIsBoundedEncryptedAndReachedByTLSAlone(t *testing.T) {
	const key, boundary = "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-11ee-8c99-0242ac120002", "arn:aws:iam::111122223333:policy/boundary"
	under := map[string]string{"AWS::Logs::LogGroup": "KmsKeyId", "AWS::SQS::Queue": "KmsMasterKeyId", "AWS::SNS::Topic": "KmsMasterKeyId", "AWS::Lambda::Function": "KmsKeyArn"}
	for stack, s := range synth(t, maximal) {
		guarded := map[string]bool{} // by what a policy that denies calls without TLS is on
		for id, r := range s.Resources {
			if property, kept := under[r.Type]; kept && r.Properties[property] != key {
				t.Errorf("%s %s is not under the operator's key: %v", stack, id, r.Properties[property])
			}
			switch r.Type {
			case "AWS::IAM::Role":
				if r.Properties["PermissionsBoundary"] != boundary {
					t.Errorf("%s %s has no boundary", stack, id)
				}
			case "AWS::Logs::LogGroup":
				if r.DeletionPolicy != "Retain" || r.Properties["RetentionInDays"] != 30.0 {
					t.Errorf("%s %s: %s, %v", stack, id, r.DeletionPolicy, r.Properties)
				}
			case "AWS::SQS::Queue":
				if r.DeletionPolicy != "Retain" {
					t.Errorf("%s %s goes with its letters", stack, id)
				}
			case "AWS::Lambda::Permission":
				if r.Properties["SourceArn"] == nil && r.Properties["SourceAccount"] == nil {
					t.Errorf("%s %s lets anybody's %v in", stack, id, r.Properties["Principal"])
				}
			case "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy":
				for _, statement := range at(t, r.Properties, "PolicyDocument", "Statement").([]any) {
					if at(t, statement, "Effect") == "Deny" && text(at(t, statement, "Condition")) == `{"Bool":{"aws:SecureTransport":"false"}}` {
						for _, on := range at(t, statement, "Resource").([]any) {
							guarded[strings.TrimSuffix(strings.Trim(fmt.Sprint(account(on)), "<>"), ".Arn")] = true
						}
					}
				}
			}
		}
		for _, kind := range []string{"AWS::SQS::Queue", "AWS::SNS::Topic"} {
			for _, id := range s.ids(kind) {
				if !guarded[id] {
					t.Errorf("%s %s may be asked without TLS", stack, id)
				}
			}
		}
	}
}
