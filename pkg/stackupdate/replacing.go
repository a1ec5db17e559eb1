// Package stackupdate knows what CloudFormation does with a resource when a template's text changes: which properties are
// changed in place and which make another resource, and which resources must not change at all once CodeDeploy deploys
// behind them. The sandbox's CloudFormation works by it, `cutover doctor --stack` warns by it, and the CDK app's tests
// hold the templates to it.
//
// It reads templates in JSON, as CDK writes them, and calls nothing.
package stackupdate

import "strings"

// Semantics are what CloudFormation knows of a resource type's updates.
type Semantics struct {
	// Fixed are the properties whose change makes another resource ("Update requires: Replacement").
	Fixed []string
	// Name is the property that names the resource in its account, empty when names may repeat. A resource that a
	// template names cannot be replaced under the same name.
	Name string
}

// Of are the semantics of a resource type, false for one that the table does not have.
func Of(kind string) (Semantics, bool) {
	s, ok := updates[kind]
	return Semantics{Fixed: strings.Fields(s.fixed), Name: s.name}, ok
}

// updates is the table. What is fixed is what createOnlyProperties of the type's schema in the CloudFormation registry
// says, which its page in the template reference repeats property by property:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-<service>-<type>.html
// (AWS::ECS::Service: aws-resource-ecs-service.html). LaunchType and EventBusName are fixed on a condition there.
var updates = map[string]struct{ fixed, name string }{
	"AWS::ApplicationAutoScaling::ScalableTarget":      {"ResourceId ScalableDimension ServiceNamespace", ""},
	"AWS::ApplicationAutoScaling::ScalingPolicy":       {"PolicyName ResourceId ScalableDimension ServiceNamespace ScalingTargetId", ""},
	"AWS::CDK::Metadata":                               {"", ""},
	"AWS::CloudWatch::Alarm":                           {"AlarmName", "AlarmName"},
	"AWS::CloudWatch::Dashboard":                       {"DashboardName", "DashboardName"},
	"AWS::CodeDeploy::Application":                     {"ApplicationName ComputePlatform", "ApplicationName"},
	"AWS::CodeDeploy::DeploymentConfig":                {"DeploymentConfigName ComputePlatform MinimumHealthyHosts TrafficRoutingConfig ZonalConfig", "DeploymentConfigName"},
	"AWS::CodeDeploy::DeploymentGroup":                 {"DeploymentGroupName ApplicationName", "DeploymentGroupName"},
	"AWS::EC2::EIP":                                    {"Address NetworkBorderGroup", ""},
	"AWS::EC2::InternetGateway":                        {"", ""},
	"AWS::EC2::NatGateway":                             {"VpcId SubnetId ConnectivityType AllocationId PrivateIpAddress", ""},
	"AWS::EC2::Route":                                  {"RouteTableId DestinationCidrBlock DestinationIpv6CidrBlock DestinationPrefixListId", ""},
	"AWS::EC2::RouteTable":                             {"VpcId", ""},
	"AWS::EC2::SecurityGroup":                          {"GroupDescription GroupName VpcId", ""},
	"AWS::EC2::SecurityGroupEgress":                    {"GroupId IpProtocol FromPort ToPort CidrIp CidrIpv6 DestinationPrefixListId DestinationSecurityGroupId", ""},
	"AWS::EC2::SecurityGroupIngress":                   {"GroupId GroupName IpProtocol FromPort ToPort CidrIp CidrIpv6 SourcePrefixListId SourceSecurityGroupId SourceSecurityGroupName SourceSecurityGroupOwnerId", ""},
	"AWS::EC2::Subnet":                                 {"VpcId AvailabilityZone AvailabilityZoneId CidrBlock", ""},
	"AWS::EC2::SubnetRouteTableAssociation":            {"SubnetId RouteTableId", ""},
	"AWS::EC2::VPC":                                    {"CidrBlock Ipv4IpamPoolId Ipv4NetmaskLength", ""},
	"AWS::EC2::VPCEndpoint":                            {"ServiceName ServiceRegion VpcEndpointType VpcId", ""},
	"AWS::EC2::VPCGatewayAttachment":                   {"VpcId", ""},
	"AWS::ECR::Repository":                             {"RepositoryName EncryptionConfiguration", "RepositoryName"},
	"AWS::ECS::Cluster":                                {"ClusterName", "ClusterName"},
	"AWS::ECS::Service":                                {"ServiceName Cluster LaunchType SchedulingStrategy Role", "ServiceName"},
	"AWS::ECS::TaskDefinition":                         {taskFixed, ""},
	"AWS::ElasticLoadBalancingV2::Listener":            {"LoadBalancerArn", ""},
	"AWS::ElasticLoadBalancingV2::ListenerCertificate": {"ListenerArn", ""},
	"AWS::ElasticLoadBalancingV2::ListenerRule":        {"ListenerArn", ""},
	"AWS::ElasticLoadBalancingV2::LoadBalancer":        {"Name Scheme Type", "Name"},
	"AWS::ElasticLoadBalancingV2::TargetGroup":         {"Name Port Protocol ProtocolVersion TargetType VpcId IpAddressType", "Name"},
	"AWS::Events::Rule":                                {"Name EventBusName", "Name"},
	"AWS::IAM::Policy":                                 {"", ""},
	"AWS::IAM::Role":                                   {"RoleName Path", "RoleName"},
	"AWS::Lambda::EventInvokeConfig":                   {"FunctionName Qualifier", ""},
	"AWS::Lambda::Function":                            {"FunctionName PackageType", "FunctionName"},
	"AWS::Lambda::Permission":                          {"FunctionName FunctionUrlAuthType InvokedViaFunctionUrl SourceAccount SourceArn Principal PrincipalOrgID Action EventSourceToken", ""},
	"AWS::Logs::LogGroup":                              {"LogGroupName", "LogGroupName"},
	"AWS::S3::Bucket":                                  {"BucketName", "BucketName"},
	"AWS::S3::BucketPolicy":                            {"Bucket", ""},
	"AWS::SNS::Topic":                                  {"TopicName FifoTopic", "TopicName"},
	"AWS::SNS::TopicPolicy":                            {"", ""},
	"AWS::SQS::Queue":                                  {"QueueName FifoQueue", "QueueName"},
	"AWS::SQS::QueuePolicy":                            {"", ""},
	"AWS::Scheduler::Schedule":                         {"Name", "Name"},
}

// Everything but a task definition's tags makes a new revision.
const taskFixed = "Family ContainerDefinitions Cpu EnableFaultInjection ExecutionRoleArn InferenceAccelerators Memory " +
	"NetworkMode PlacementConstraints ProxyConfiguration RequiresCompatibilities RuntimePlatform TaskRoleArn Volumes " +
	"PidMode IpcMode EphemeralStorage"
