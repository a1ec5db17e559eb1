package cfn

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// kind is what CloudFormation knows of a resource type.
type kind struct {
	create creator
	// update changes a standing resource in place; the change has its id and its properties before.
	update creator
	// remove deletes a resource; one that is gone already is deleted.
	remove func(*change) error
	// fixed are the properties whose change makes another resource ("Update requires: Replacement").
	fixed []string
	// name is the property that names the resource in its account, empty when names may repeat. A resource that a
	// template names cannot be replaced under the same name.
	name string
}

// kinds are the resource types that the sandbox knows. What is fixed is what createOnlyProperties of the type's
// schema in the CloudFormation registry says, which its page in the template reference repeats property by property:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-<service>-<type>.html
// (AWS::ECS::Service: aws-resource-ecs-service.html). LaunchType and EventBusName are fixed on a condition there.
func kinds() map[string]kind {
	all := map[string]kind{
		"AWS::CDK::Metadata":   {create: nothing, update: same, remove: leave},
		"AWS::ECR::Repository": {create: repository, update: updateRepository, remove: removeRepository, fixed: list("RepositoryName EncryptionConfiguration"), name: "RepositoryName"},
		"AWS::Logs::LogGroup":  {create: logGroup, update: updateLogGroup, remove: removeLogGroup, fixed: list("LogGroupName"), name: "LogGroupName"},
		"AWS::SQS::Queue":      {create: queue, update: updateQueue, remove: removeQueue, fixed: list("QueueName FifoQueue"), name: "QueueName"},
		"AWS::SQS::QueuePolicy": {
			create: queuePolicy, update: updateQueuePolicy, remove: removeQueuePolicy,
		},
		"AWS::IAM::Role":                            {create: role, update: updateRole, remove: removeRole, fixed: list("RoleName Path"), name: "RoleName"},
		"AWS::IAM::Policy":                          {create: policy, update: updatePolicy, remove: removePolicy},
		"AWS::ECS::Cluster":                         {create: cluster, update: updateCluster, remove: removeCluster, fixed: list("ClusterName"), name: "ClusterName"},
		"AWS::ECS::TaskDefinition":                  {create: taskDefinition, update: updateTaskDefinition, remove: removeTaskDefinition, fixed: list(taskFixed)},
		"AWS::ECS::Service":                         {create: service, update: updateService, remove: removeService, fixed: list("ServiceName Cluster LaunchType SchedulingStrategy Role"), name: "ServiceName"},
		"AWS::ElasticLoadBalancingV2::LoadBalancer": {create: loadBalancer, update: updateLoadBalancer, remove: removeLoadBalancer, fixed: list("Name Scheme Type"), name: "Name"},
		"AWS::ElasticLoadBalancingV2::TargetGroup":  {create: targetGroup, update: updateTargetGroup, remove: removeTargetGroup, fixed: list("Name Port Protocol ProtocolVersion TargetType VpcId IpAddressType"), name: "Name"},
		"AWS::ElasticLoadBalancingV2::Listener":     {create: listener, update: updateListener, remove: removeListener, fixed: list("LoadBalancerArn")},
		"AWS::ElasticLoadBalancingV2::ListenerCertificate": {
			create: listenerCertificate, update: updateListenerCertificate, remove: removeListenerCertificate, fixed: list("ListenerArn"),
		},
		"AWS::ElasticLoadBalancingV2::ListenerRule":   {create: listenerRule, update: updateListenerRule, remove: removeListenerRule, fixed: list("ListenerArn")},
		"AWS::CodeDeploy::Application":                {create: application, update: updateApplication, remove: removeApplication, fixed: list("ApplicationName ComputePlatform"), name: "ApplicationName"},
		"AWS::CodeDeploy::DeploymentConfig":           {create: deploymentConfig, update: same, remove: removeDeploymentConfig, fixed: list("DeploymentConfigName ComputePlatform MinimumHealthyHosts TrafficRoutingConfig ZonalConfig"), name: "DeploymentConfigName"},
		"AWS::CodeDeploy::DeploymentGroup":            {create: deploymentGroup, update: updateDeploymentGroup, remove: removeDeploymentGroup, fixed: list("DeploymentGroupName ApplicationName"), name: "DeploymentGroupName"},
		"AWS::CloudWatch::Alarm":                      {create: alarm, update: updateAlarm, remove: removeAlarm, fixed: list("AlarmName"), name: "AlarmName"},
		"AWS::Lambda::Function":                       {create: function, update: updateFunction, remove: removeFunction, fixed: list("FunctionName PackageType"), name: "FunctionName"},
		"AWS::Lambda::Permission":                     {create: permission, update: same, remove: removePermission, fixed: list("FunctionName FunctionUrlAuthType InvokedViaFunctionUrl SourceAccount SourceArn Principal PrincipalOrgID Action EventSourceToken")},
		"AWS::Lambda::EventInvokeConfig":              {create: eventInvokeConfig, update: updateEventInvokeConfig, remove: removeEventInvokeConfig, fixed: list("FunctionName Qualifier")},
		"AWS::Events::Rule":                           {create: rule, update: updateRule, remove: removeRule, fixed: list("Name EventBusName"), name: "Name"},
		"AWS::ApplicationAutoScaling::ScalableTarget": {create: scalableTarget, update: updateScalableTarget, remove: removeScalableTarget, fixed: list("ResourceId ScalableDimension ServiceNamespace")},
		"AWS::ApplicationAutoScaling::ScalingPolicy":  {create: scalingPolicy, update: updateScalingPolicy, remove: removeScalingPolicy, fixed: list("PolicyName ResourceId ScalableDimension ServiceNamespace ScalingTargetId")},
		"AWS::S3::Bucket":                             {create: bucketOf, update: updateBucket, remove: removeBucket, fixed: list("BucketName"), name: "BucketName"},
		"AWS::S3::BucketPolicy":                       {create: bucketPolicy, update: bucketPolicy, remove: removeBucketPolicy, fixed: list("Bucket")},
		"AWS::Scheduler::Schedule":                    {create: schedule, update: updateSchedule, remove: removeSchedule, fixed: list("Name"), name: "Name"},
	}
	maps.Copy(all, network())
	return all
}

// Everything but a task definition's tags makes a new revision.
const taskFixed = "Family ContainerDefinitions Cpu EnableFaultInjection ExecutionRoleArn InferenceAccelerators Memory " +
	"NetworkMode PlacementConstraints ProxyConfiguration RequiresCompatibilities RuntimePlatform TaskRoleArn Volumes " +
	"PidMode IpcMode EphemeralStorage"

func list(names string) []string { return strings.Fields(names) }

// replaced tells whether going from one set of properties to another makes another resource, and refuses it as
// CloudFormation does where the template gives both the same name.
func (k kind) replaced(before, after map[string]any) (bool, error) {
	yes := false
	for _, property := range k.fixed {
		yes = yes || !equal(before[property], after[property])
	}
	if yes && k.name != "" && after[k.name] != nil && equal(before[k.name], after[k.name]) {
		return true, says("CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename %v and update the stack again.", after[k.name])
	}
	return yes, nil
}

// equal compares values as a template would write them.
func equal(a, b any) bool { return written(a) == written(b) }

func written(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
