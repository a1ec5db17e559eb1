package cfn

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/cutover-ecs/cutover/pkg/stackupdate"
)

// kind is what CloudFormation knows of a resource type.
type kind struct {
	create creator
	// update changes a standing resource in place; the change has its id and its properties before.
	update creator
	// remove deletes a resource; one that is gone already is deleted.
	remove func(*change) error
	stackupdate.Semantics
}

// kinds are the resource types that the sandbox knows, with what package stackupdate knows of their updates.
func kinds() map[string]kind {
	all := map[string]kind{
		"AWS::CDK::Metadata":   {create: nothing, update: same, remove: leave},
		"AWS::ECR::Repository": {create: repository, update: updateRepository, remove: removeRepository},
		"AWS::Logs::LogGroup":  {create: logGroup, update: updateLogGroup, remove: removeLogGroup},
		"AWS::SQS::Queue":      {create: queue, update: updateQueue, remove: removeQueue},
		"AWS::SQS::QueuePolicy": {
			create: queuePolicy.create, update: queuePolicy.update, remove: queuePolicy.remove,
		},
		"AWS::SNS::Topic":                           {create: topic, update: updateTopic, remove: removeTopic},
		"AWS::SNS::TopicPolicy":                     {create: topicPolicy.create, update: topicPolicy.update, remove: topicPolicy.remove},
		"AWS::IAM::Role":                            {create: role, update: updateRole, remove: removeRole},
		"AWS::IAM::Policy":                          {create: policy, update: updatePolicy, remove: removePolicy},
		"AWS::ECS::Cluster":                         {create: cluster, update: updateCluster, remove: removeCluster},
		"AWS::ECS::TaskDefinition":                  {create: taskDefinition, update: updateTaskDefinition, remove: removeTaskDefinition},
		"AWS::ECS::Service":                         {create: service, update: updateService, remove: removeService},
		"AWS::ElasticLoadBalancingV2::LoadBalancer": {create: loadBalancer, update: updateLoadBalancer, remove: removeLoadBalancer},
		"AWS::ElasticLoadBalancingV2::TargetGroup":  {create: targetGroup, update: updateTargetGroup, remove: removeTargetGroup},
		"AWS::ElasticLoadBalancingV2::Listener":     {create: listener, update: updateListener, remove: removeListener},
		"AWS::ElasticLoadBalancingV2::ListenerCertificate": {
			create: listenerCertificate, update: updateListenerCertificate, remove: removeListenerCertificate,
		},
		"AWS::ElasticLoadBalancingV2::ListenerRule":   {create: listenerRule, update: updateListenerRule, remove: removeListenerRule},
		"AWS::CodeDeploy::Application":                {create: application, update: updateApplication, remove: removeApplication},
		"AWS::CodeDeploy::DeploymentConfig":           {create: deploymentConfig, update: same, remove: removeDeploymentConfig},
		"AWS::CodeDeploy::DeploymentGroup":            {create: deploymentGroup, update: updateDeploymentGroup, remove: removeDeploymentGroup},
		"AWS::CloudWatch::Alarm":                      {create: alarm, update: updateAlarm, remove: removeAlarm},
		"AWS::CloudWatch::Dashboard":                  {create: dashboard, update: updateDashboard, remove: removeDashboard},
		"AWS::Lambda::Function":                       {create: function, update: updateFunction, remove: removeFunction},
		"AWS::Lambda::Permission":                     {create: permission, update: same, remove: removePermission},
		"AWS::Lambda::EventInvokeConfig":              {create: eventInvokeConfig, update: updateEventInvokeConfig, remove: removeEventInvokeConfig},
		"AWS::Events::Rule":                           {create: rule, update: updateRule, remove: removeRule},
		"AWS::ApplicationAutoScaling::ScalableTarget": {create: scalableTarget, update: updateScalableTarget, remove: removeScalableTarget},
		"AWS::ApplicationAutoScaling::ScalingPolicy":  {create: scalingPolicy, update: updateScalingPolicy, remove: removeScalingPolicy},
		"AWS::S3::Bucket":                             {create: bucketOf, update: updateBucket, remove: removeBucket},
		"AWS::S3::BucketPolicy":                       {create: bucketPolicy, update: bucketPolicy, remove: removeBucketPolicy},
		"AWS::Scheduler::Schedule":                    {create: schedule, update: updateSchedule, remove: removeSchedule},
	}
	maps.Copy(all, network())
	for name, k := range all {
		k.Semantics, _ = stackupdate.Of(name)
		all[name] = k
	}
	return all
}

// replaced tells whether going from one set of properties to another makes another resource, and refuses it as
// CloudFormation does where the template gives both the same name.
func (k kind) replaced(before, after map[string]any) (bool, error) {
	yes := false
	for _, property := range k.Fixed {
		yes = yes || !equal(before[property], after[property])
	}
	if yes && k.Name != "" && after[k.Name] != nil && equal(before[k.Name], after[k.Name]) {
		return true, says("CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename %v and update the stack again.", after[k.Name])
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
