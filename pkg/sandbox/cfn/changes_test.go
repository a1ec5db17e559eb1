package cfn_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// world is a sandbox whose stacks the tests change.
type world struct {
	*testing.T
	*sandbox.Sandbox
}

// inWorld starts a sandbox with the given stacks: names and templates.
func inWorld(t *testing.T, stacks ...string) *world {
	t.Helper()
	s, err := sandbox.Start(t.Context(), sandbox.Options{
		Assembly: assembled(stacks...), Clock: 1200, Bootstrap: func(string, string) (string, error) { return "/bin/true", nil },
		Keys: map[string]string{
			"arn:aws:kms:eu-central-2:111122223333:key/one": `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}`,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t, s}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// assembled is a cloud assembly of stacks, each of which depends on the one before.
func assembled(stacks ...string) fs.FS {
	files := fstest.MapFS{}
	artifacts := map[string]any{}
	for i := 0; i+1 < len(stacks); i += 2 {
		var needs []string
		if i > 0 {
			needs = append(needs, stacks[i-2])
		}
		artifacts[stacks[i]] = map[string]any{
			"type": "aws:cloudformation:stack", "dependencies": needs, "properties": map[string]any{"templateFile": stacks[i] + ".json"},
		}
		files[stacks[i]+".json"] = &fstest.MapFile{Data: []byte(stacks[i+1])}
	}
	artifacts["assets"] = map[string]any{"type": "cdk:asset-manifest", "properties": map[string]any{"file": "assets.json"}}
	files["assets.json"] = &fstest.MapFile{Data: []byte(`{"files": {"f": {"source": {"path": "f"}, "destinations": {"d": {"objectKey": "a.zip"}, "e": {"objectKey": "b.zip"}}}}}`)}
	manifest, _ := json.Marshal(map[string]any{"artifacts": artifacts})
	files["manifest.json"] = &fstest.MapFile{Data: manifest}
	return files
}

// update updates to the given stacks and tells the changing calls that it made.
func (w *world) update(stacks ...string) (calls []string, err error) {
	w.Helper()
	before := len(w.Trail())
	err = w.UpdateStacks(w.Context(), assembled(stacks...))
	for _, e := range w.Trail()[before:] {
		if e.Caller.Role == "" && !strings.HasPrefix(e.Action, "Describe") && !strings.HasPrefix(e.Action, "Get") {
			call := e.Action
			if e.Error != "" {
				call += " " + e.Error
			}
			calls = append(calls, call)
		}
	}
	return calls, err
}

func (w *world) config() aws.Config {
	return aws.Config{
		Region: sandbox.Region, BaseEndpoint: aws.String(w.Endpoint()), Credentials: credentials.NewStaticCredentialsProvider("SANDBOX", "sandbox", ""),
		RetryMaxAttempts: 1,
	}
}

// status of a stack, and its reason.
func (w *world) status(name string) string {
	w.Helper()
	out, err := cloudformation.NewFromConfig(w.config()).DescribeStacks(w.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		w.Fatal(err)
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s", out.Stacks[0].StackStatus, aws.ToString(out.Stacks[0].StackStatusReason)))
}

// events of a stack, oldest first, without its creation: "Logical STATUS reason".
func (w *world) events(name string) []string {
	w.Helper()
	out, err := cloudformation.NewFromConfig(w.config()).DescribeStackEvents(w.Context(), &cloudformation.DescribeStackEventsInput{StackName: &name})
	if err != nil {
		w.Fatal(err)
	}
	var all []string
	for _, e := range out.StackEvents {
		line := strings.TrimSpace(fmt.Sprintf("%s %s %s", aws.ToString(e.LogicalResourceId), e.ResourceStatus, aws.ToString(e.ResourceStatusReason)))
		if strings.HasPrefix(line, name+" CREATE_COMPLETE") {
			break
		}
		all = append([]string{line}, all...)
	}
	return all
}

func resources(all string) string { return `{"Resources": {` + all + `}}` }

// The stage on which single resources are changed.
const base = `"Hub": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "hub"}},
	"Net": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}},
	"Role2": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}},
	"Fn": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "fn", "Runtime": "provided.al2023", "Handler": "bootstrap", "Code": {"S3Bucket": "assets", "S3Key": "a.zip"}, "Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
	"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}},
	"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}},
	"Topic2": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t2"}},
	"Queue2": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q2"}},
	"Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"Name": "lb", "Subnets": ["subnet-1", "subnet-2"]}},
	"Blue": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"Name": "blue", "Port": 80, "Protocol": "HTTP", "TargetType": "ip", "VpcId": {"Ref": "Net"}}},
	"Green": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"Name": "green", "Port": 80, "Protocol": "HTTP", "TargetType": "ip", "VpcId": {"Ref": "Net"}}}`

func TestEachKindOfChangeMakesTheCallsOfItsType(t *testing.T) {
	const (
		fn        = `"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "x", "Runtime": "provided.al2023", "Handler": "bootstrap", "Role": {"Fn::GetAtt": ["Role", "Arn"]}, `
		statement = `{"Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}`
		role      = `"Type": "AWS::IAM::Role", "Properties": {"RoleName": "x", "AssumeRolePolicyDocument": {"Statement": []}`
		task      = `"Type": "AWS::ECS::TaskDefinition", "Properties": {"Family": "x", "NetworkMode": "awsvpc", "RequiresCompatibilities": ["FARGATE"], "Cpu": "256", `
		image     = `"ContainerDefinitions": [{"Name": "app", "Image": "a:1"}]`
		group     = `"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"Port": 80, "Protocol": "HTTP", "TargetType": "ip", "VpcId": {"Ref": "Net"}, `
		listener  = `"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"LoadBalancerArn": {"Ref": "Balancer"}, "Port": 80, "Protocol": "HTTP", "DefaultActions": [{"Type": "forward", "TargetGroupArn": {"Ref": `
		alarm     = `"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "x", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold", "Threshold": `
		rule      = `"Type": "AWS::Events::Rule", "Properties": {"Name": "x", "EventPattern": {"source": ["s"]}, "Targets": [`
		target    = `{"Id": "fn", "Arn": {"Fn::GetAtt": ["Fn", "Arn"]}}`
		schedule  = `"Type": "AWS::Scheduler::Schedule", "Properties": {"Name": "x", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {"Arn": {"Fn::GetAtt": ["Fn", "Arn"]}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}, "ScheduleExpression": `
		allow     = `"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": {"Ref": "Fn"}, "Action": "lambda:InvokeFunction", "Principal": `
		invoke    = `"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": {"Ref": "Fn"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": `
		topic     = `"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "x"`
		config    = `"Type": "AWS::CodeDeploy::DeploymentConfig", "Properties": {"ComputePlatform": "ECS", "TrafficRoutingConfig": {"Type": "TimeBasedCanary", "TimeBasedCanary": {"CanaryInterval": 5, "CanaryPercentage": `
	)
	for _, c := range []struct{ name, before, after, want string }{
		{"a policy is added and one removed", role + `, "Policies": [{"PolicyName": "a", "PolicyDocument": ` + statement + `}]}`, role + `, "Policies": [{"PolicyName": "b", "PolicyDocument": ` + statement + `}]}`, "PutRolePolicy DeleteRolePolicy"},
		{"managed policies are exchanged", role + `, "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AWSCodeDeployRoleForECS"]}`, role + `}`, "DetachRolePolicy"},
		{"trust changes", role + `}`, strings.Replace(role, `[]`, `[{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]`, 1) + `}`, "UpdateAssumeRolePolicy"},
		{"a role's tags change", role + `, "Tags": [{"Key": "a", "Value": "1"}]}`, role + `, "Tags": [{"Key": "b", "Value": "1"}]}`, "UntagRole TagRole"},
		{"a policy moves to another role", `"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "Roles": [{"Ref": "Role"}], "PolicyDocument": ` + statement + `}`, `"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "Roles": [{"Ref": "Role2"}], "PolicyDocument": ` + statement + `}`, "PutRolePolicy DeleteRolePolicy"},
		{"a log group comes under a key", `"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "x"}`, `"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "x", "KmsKeyId": "arn:aws:kms:eu-central-2:111122223333:key/one"}`, "GenerateDataKey AssociateKmsKey DeleteRetentionPolicy"},
		{"a log group's key goes", `"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "x", "KmsKeyId": "arn:aws:kms:eu-central-2:111122223333:key/one"}`, `"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "x"}`, "DisassociateKmsKey DeleteRetentionPolicy"},
		{"retention changes", `"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "x", "RetentionInDays": 7}`, `"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "x", "RetentionInDays": 30}`, "PutRetentionPolicy"},
		{"retention ends", `"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "x", "RetentionInDays": 7}`, `"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "x"}`, "DeleteRetentionPolicy"},
		{"a log group is renamed", `"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "x"}`, `"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "y"}`, "CreateLogGroup DeleteLogGroup"},
		{"a queue's attribute goes", `"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "x", "VisibilityTimeout": 60}`, `"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "x", "DelaySeconds": 5}`, "SetQueueAttributes"},
		{"a queue policy goes to another queue", `"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": ` + statement + `}`, `"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Queue2"}], "PolicyDocument": ` + statement + `}`, "SetQueueAttributes SetQueueAttributes"},
		{"a topic comes under a key", topic + `}`, topic + `, "KmsMasterKeyId": "arn:aws:kms:eu-central-2:111122223333:key/one"}`, "SetTopicAttributes"},
		{"a topic's key and name to display go", topic + `, "DisplayName": "Topic", "KmsMasterKeyId": "arn:aws:kms:eu-central-2:111122223333:key/one"}`, topic + `}`, "SetTopicAttributes SetTopicAttributes"},
		{"a topic's policy goes", `"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "Topic"}], "PolicyDocument": ` + statement + `}`, `"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "Topic2"}], "PolicyDocument": ` + statement + `}`, "SetTopicAttributes SetTopicAttributes"},
		{"a function comes under a key", fn + `"Code": {"S3Bucket": "assets", "S3Key": "a.zip"}}`, fn + `"Code": {"S3Bucket": "assets", "S3Key": "a.zip"}, "KmsKeyArn": "arn:aws:kms:eu-central-2:111122223333:key/one"}`, "CreateGrant Encrypt UpdateFunctionConfiguration"},
		{"a function's key goes", fn + `"Code": {"S3Bucket": "assets", "S3Key": "a.zip"}, "KmsKeyArn": "arn:aws:kms:eu-central-2:111122223333:key/one"}`, fn + `"Code": {"S3Bucket": "assets", "S3Key": "a.zip"}}`, "UpdateFunctionConfiguration"},
		{"a repository's tags become immutable", `"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "xx"}`, `"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "xx", "ImageTagMutability": "IMMUTABLE"}`, "PutImageTagMutability"},
		{"a function's settings", fn + `"Code": {"S3Bucket": "assets", "S3Key": "a.zip"}, "MemorySize": 256, "Environment": {"Variables": {"NAME": "1"}}}`, fn + `"Code": {"S3Bucket": "assets", "S3Key": "a.zip"}, "Timeout": 30}`, "UpdateFunctionConfiguration"},
		{"a function's code", fn + `"Code": {"S3Bucket": "assets", "S3Key": "a.zip"}}`, fn + `"Code": {"S3Bucket": "assets", "S3Key": "b.zip"}}`, "UpdateFunctionCode UpdateFunctionConfiguration"},
		{"a function's concurrency ends", fn + `"Code": {"S3Bucket": "assets", "S3Key": "a.zip"}, "ReservedConcurrentExecutions": 1}`, fn + `"Code": {"S3Bucket": "assets", "S3Key": "a.zip"}}`, "UpdateFunctionConfiguration DeleteFunctionConcurrency"},
		{"a permission is another", allow + `"events.amazonaws.com"}`, allow + `"sns.amazonaws.com"}`, "AddPermission RemovePermission"},
		{"retries of asynchronous calls", invoke + `1}`, invoke + `2}`, "PutFunctionEventInvokeConfig"},
		{"a rule loses a target", rule + target + `, {"Id": "q", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}]}`, rule + target + `]}`, "PutRule RemoveTargets PutTargets"},
		{"a schedule", schedule + `"rate(5 minutes)"}`, schedule + `"rate(6 minutes)"}`, "UpdateSchedule"},
		{"an alarm's threshold", alarm + `1}`, alarm + `2}`, "PutMetricAlarm"},
		{"a task definition makes a revision", task + image + `, "Memory": "512"}`, task + image + `, "Memory": "1024"}`, "RegisterTaskDefinition DeregisterTaskDefinition"},
		{"a task definition's old revision is kept", task + image + `, "Memory": "512"}, "UpdateReplacePolicy": "Retain"`, task + image + `, "Memory": "1024"}, "UpdateReplacePolicy": "Retain"`, "RegisterTaskDefinition"},
		{"a task definition's tags do not", task + image + `, "Memory": "512", "Tags": [{"Key": "a", "Value": "1"}]}`, task + image + `, "Memory": "512", "Tags": [{"Key": "a", "Value": "2"}]}`, "TagResource"},
		{"a target group's health check", group + `"Name": "x"}`, group + `"Name": "x", "HealthCheckPath": "/health"}`, "ModifyTargetGroup"},
		{"a target group's attributes", group + `"Name": "x", "TargetGroupAttributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}]}`, group + `"Name": "x", "TargetGroupAttributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "6"}]}`, "ModifyTargetGroupAttributes ModifyTargetGroup"},
		{"a target group is renamed", group + `"Name": "x"}`, group + `"Name": "y"}`, "CreateTargetGroup DeleteTargetGroup"},
		{"a listener's action", listener + `"Blue"}}]}`, listener + `"Green"}}]}`, "ModifyListener"},
		{"a load balancer's attribute", `"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"Name": "x", "Subnets": ["subnet-1", "subnet-2"]}`, `"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"Name": "x", "Subnets": ["subnet-1", "subnet-2"], "LoadBalancerAttributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "30"}]}`, "ModifyLoadBalancerAttributes"},
		{"a deployment configuration without a name", config + `10}}}`, config + `20}}}`, "CreateDeploymentConfig DeleteDeploymentConfig"},
		{"a network's range", `"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}`, `"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.2.0.0/16"}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := inWorld(t, "demo", resources(base+`, "X": {`+c.before+`}`))
			calls, err := w.update("demo", resources(base+`, "X": {`+c.after+`}`))
			if diff := cmp.Diff(strings.Fields(c.want), append([]string{}, calls...)); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
			if s := w.status("demo"); s != "UPDATE_COMPLETE" {
				t.Error(s)
			}
			if calls, err := w.update("demo", resources(base+`, "X": {`+c.after+`}`)); err != nil || calls != nil {
				t.Errorf("the same again: %v %v", calls, err)
			}
			if calls, err := w.update("demo", resources(base)); err != nil || c.want != "" && len(calls) == 0 {
				t.Errorf("without it: %v %v", calls, err)
			}
			if left, err := w.DeleteStack(t.Context(), "demo"); err != nil || left != nil {
				t.Errorf("deleted: %v %v", left, err)
			}
		})
	}
}

// A service of the CODE_DEPLOY controller without tasks.
const service = `, "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Family": "x", "NetworkMode": "awsvpc", "RequiresCompatibilities": ["FARGATE"], "Cpu": "256", "Memory": "512",
		"ContainerDefinitions": [{"Name": "app", "Image": "a:1", "PortMappings": [{"ContainerPort": 80}]}]}},
	"Listener": {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"LoadBalancerArn": {"Ref": "Balancer"}, "Port": 80, "Protocol": "HTTP", "DefaultActions": [{"Type": "forward", "TargetGroupArn": {"Ref": "Blue"}}]}},
	"Service": {"Type": "AWS::ECS::Service", "DependsOn": ["Listener"], "Properties": {"ServiceName": "web", "Cluster": {"Ref": "Hub"}, "LaunchType": "FARGATE", "DesiredCount": 0, "DeploymentController": {"Type": "CODE_DEPLOY"},
		"HealthCheckGracePeriodSeconds": 5, "TaskDefinition": {"Ref": "Task"}, "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": ["subnet-1"]}},
		"LoadBalancers": [{"ContainerName": "app", "ContainerPort": 80, "TargetGroupArn": {"Ref": "Blue"}}]}}`

// replace replaces the first of each first text by the second.
func replace(t *testing.T, template string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(template, pairs[i]) {
			t.Fatalf("nothing to replace: %s", pairs[i])
		}
		template = strings.Replace(template, pairs[i], pairs[i+1], 1)
	}
	return template
}

func TestAServiceIsUpdatedWithAllItsProperties(t *testing.T) {
	w := inWorld(t, "demo", resources(base+service))
	calls, err := w.update("demo", resources(base+replace(t, service, `Seconds": 5`, `Seconds": 7`)))
	if err != nil || !cmp.Equal(calls, []string{"UpdateService"}) {
		t.Fatalf("%v %v", calls, err)
	}
	trail := w.Trail()
	for _, e := range trail {
		if in, ok := e.Input.(*ecs.UpdateServiceInput); ok {
			if in.TaskDefinition == nil || in.LoadBalancers == nil || in.NetworkConfiguration == nil || in.DesiredCount == nil || *in.HealthCheckGracePeriodSeconds != 7 {
				t.Errorf("got %+v", in)
			}
		}
	}
}

func TestAnotherDependencyAloneUpdatesAServiceToo(t *testing.T) {
	w := inWorld(t, "demo", resources(base+service))
	calls, err := w.update("demo", resources(base+replace(t, service, `["Listener"]`, `["Listener", "Task"]`)))
	if err != nil || !cmp.Equal(calls, []string{"UpdateService"}) {
		t.Errorf("%v %v", calls, err)
	}
}

func TestWhatFailsIsRolledBackAndNamed(t *testing.T) {
	w := inWorld(t, "demo", resources(base+service))
	// The earlier revision is what the service runs: it takes the earlier properties back.
	calls, err := w.update("demo", resources(base+replace(t, service, `"512"`, `"1024"`)+`, "Z": {"Type": "AWS::Logs::LogGroup", "DependsOn": "Service"}`))
	if err == nil || !strings.Contains(err.Error(), "resource Service (AWS::ECS::Service): Invalid request provided: UpdateService error: InvalidParameterException: Unable to update task definition on services with a CODE_DEPLOY deployment controller.") {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"RegisterTaskDefinition", "UpdateService InvalidParameterException", "UpdateService", "DeregisterTaskDefinition"}, calls); diff != "" {
		t.Error(diff)
	}
	const refused = `Resource handler returned message: "Invalid request provided: UpdateService error: Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment. (Error Code: InvalidParameterException)" (HandlerErrorCode: InvalidRequest)`
	if diff := cmp.Diff([]string{
		"demo UPDATE_IN_PROGRESS User Initiated",
		"Task UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.",
		"Task UPDATE_COMPLETE",
		"Service UPDATE_IN_PROGRESS",
		"Service UPDATE_FAILED " + refused,
		"demo UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [Service].",
		"Service UPDATE_IN_PROGRESS",
		"Service UPDATE_COMPLETE",
		"demo UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
		"Task DELETE_IN_PROGRESS",
		"Task DELETE_COMPLETE",
		"demo UPDATE_ROLLBACK_COMPLETE",
	}, w.events("demo")); diff != "" {
		t.Error(diff)
	}
	for _, s := range w.Stacks() {
		for _, r := range s.Resources {
			if r.Logical == "Task" && !strings.HasSuffix(r.Physical, "task-definition/x:1") {
				t.Errorf("got %+v", r)
			}
		}
	}
	if _, err := w.update("demo", resources(base+replace(t, service, `Seconds": 5`, `Seconds": 7`))); err != nil {
		t.Errorf("a stack that was rolled back takes the next update: %v", err)
	}
}

func TestARollbackThatFailsIsContinuedWithoutTheResource(t *testing.T) {
	w := inWorld(t, "demo", resources(base+service))
	ctx, stack := t.Context(), aws.String("demo")
	client := cloudformation.NewFromConfig(w.config())
	if _, err := iam.NewFromConfig(w.config()).PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String(physical(w, "Role")), PolicyName: aws.String("p"), PolicyDocument: aws.String(`{"Statement": []}`)}); err != nil {
		t.Fatal(err)
	}
	// CodeDeploy has moved the service's task definition and target group on.
	moved := moveOn(ctx, w)
	if _, err := w.update("demo", resources(base+replace(t, service, `Seconds": 5`, `Seconds": 7`))); err == nil || !strings.Contains(err.Error(), "Unable to update task definition") || !strings.Contains(err.Error(), "rollback: resource Service") {
		t.Errorf("%v", err)
	}
	if s := w.status("demo"); s != "UPDATE_ROLLBACK_FAILED The following resource(s) failed to update: [Service]." {
		t.Error(s)
	}
	if _, err := client.UpdateStack(ctx, &cloudformation.UpdateStackInput{StackName: stack, TemplateBody: aws.String(resources(base))}); err == nil || !strings.Contains(err.Error(), "InsufficientCapabilities") {
		t.Errorf("%v", err)
	}
	if _, err := w.update("demo", resources(base)); err == nil || !strings.Contains(err.Error(), "is in UPDATE_ROLLBACK_FAILED state and can not be updated.") {
		t.Errorf("%v", err)
	}
	if _, err := client.ContinueUpdateRollback(ctx, &cloudformation.ContinueUpdateRollbackInput{StackName: stack, ResourcesToSkip: []string{"Role"}}); err == nil || !strings.Contains(err.Error(), "cannot be skipped") {
		t.Errorf("%v", err)
	}
	if _, err := client.ContinueUpdateRollback(ctx, &cloudformation.ContinueUpdateRollbackInput{StackName: stack, ResourcesToSkip: []string{"Service"}}); err != nil {
		t.Error(err)
	}
	w.until("demo", "UPDATE_ROLLBACK_COMPLETE")
	if got := primary(ctx, w); got != moved {
		t.Errorf("the service runs %s, not %s", got, moved)
	}
}

func TestAListenerIsResetToTheTemplateByAnyChangeOfIt(t *testing.T) {
	w := inWorld(t, "demo", resources(base+service))
	ctx, balancers := t.Context(), elb.NewFromConfig(w.config())
	listener, green := aws.String(physical(w, "Listener")), physical(w, "Green")
	if _, err := balancers.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: listener, DefaultActions: forward(green)}); err != nil {
		t.Fatal(err)
	}
	if calls, err := w.update("demo", resources(base+service+`, "Z": {"Type": "AWS::Logs::LogGroup"}`)); err != nil || !cmp.Equal(calls, []string{"CreateLogGroup"}) {
		t.Errorf("%v %v", calls, err)
	}
	if got := forwards(ctx, w, *listener); got != green {
		t.Errorf("another resource's change moved traffic to %s", got)
	}
	if _, err := w.update("demo", resources(base+replace(t, service, `"Port": 80, "Protocol": "HTTP", "Def`, `"Port": 81, "Protocol": "HTTP", "Def`))); err != nil {
		t.Fatal(err)
	}
	if got := forwards(ctx, w, *listener); got != physical(w, "Blue") {
		t.Errorf("the listener forwards to %s", got)
	}
}

func physical(w *world, logical string) string {
	for _, s := range w.Stacks() {
		for _, r := range s.Resources {
			if r.Logical == logical {
				return r.Physical
			}
		}
	}
	return ""
}

// until waits for a stack's status.
func (w *world) until(name, status string) {
	w.Helper()
	for {
		changed := w.Changed()
		if strings.HasPrefix(w.status(name), status) {
			return
		}
		select {
		case <-changed:
		case <-w.Context().Done():
			w.Fatalf("stack %s is %s, not %s", name, w.status(name), status)
		}
	}
}
