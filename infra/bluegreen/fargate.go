package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// FargateProps describe a service at its creation.
type FargateProps struct {
	Names   config.Names
	Network Network
	Way     Way
	// Placeholder is the image in this account's ECR that the bootstrap revision runs; empty for the public one.
	Placeholder string
}

// The bootstrap revision's own settings. They are constants, whatever the configuration says, because the service's
// text refers to them: container, port and platform of what runs later come with each AppSpec.
const (
	bootstrapImage = "public.ecr.aws/docker/library/caddy:2-alpine"
	bootstrapPort  = 80
	graceSeconds   = 60
)

// NewFargate is the ECS service, deployed by CodeDeploy, on its bootstrap revision: a public placeholder that
// answers 200 at any path, so that the stack can be created before the first image is pushed. Only a copy in ECR needs a role, to be pulled.
// Count and grace period are applied by the release loop; the template holds constants.
func NewFargate(scope constructs.Construct, id string, props FargateProps) awsecs.CfnService {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	service := awsecs.NewCfnService(scope, jsii.String("Service"), &awsecs.CfnServiceProps{
		ServiceName: jsii.String(props.Names.Service), Cluster: jsii.String(props.Names.Cluster),
		LaunchType: jsii.String("FARGATE"), PlatformVersion: jsii.String("LATEST"),
		TaskDefinition: newBootstrap(scope, props).Ref(), DesiredCount: jsii.Number(1),
		DeploymentController:          &awsecs.CfnService_DeploymentControllerProperty{Type: jsii.String("CODE_DEPLOY")},
		HealthCheckGracePeriodSeconds: jsii.Number(graceSeconds),
		EnableEcsManagedTags:          jsii.Bool(true), PropagateTags: jsii.String("TASK_DEFINITION"),
		NetworkConfiguration: &awsecs.CfnService_NetworkConfigurationProperty{
			AwsvpcConfiguration: &awsecs.CfnService_AwsVpcConfigurationProperty{
				AssignPublicIp: jsii.String("DISABLED"),
				Subnets:        jsii.Strings(props.Network.Private...),
				SecurityGroups: jsii.Strings(props.Way.Group),
			},
		},
		LoadBalancers: []*awsecs.CfnService_LoadBalancerProperty{{
			ContainerName: jsii.String(props.Names.Family), ContainerPort: jsii.Number(bootstrapPort),
			TargetGroupArn: jsii.String(props.Way.TargetGroups[0].ARN),
		}},
	})
	for _, resource := range props.Way.Ready {
		service.AddResourceDependency(resource, nil)
	}
	return service
}

func newBootstrap(scope constructs.Construct, props FargateProps) awsecs.CfnTaskDefinition {
	names, image := props.Names, bootstrapImage
	var role *string
	if props.Placeholder != "" {
		image = Sub(Registry(config.Repository{}) + "/" + props.Placeholder)
		role = newPlaceholderRole(scope, "BootstrapRole", props).AttrArn()
	}
	bootstrap := awsecs.NewCfnTaskDefinition(scope, jsii.String("Bootstrap"), &awsecs.CfnTaskDefinitionProps{
		ExecutionRoleArn: role,
		Family:           jsii.String(names.Family), NetworkMode: jsii.String("awsvpc"),
		RequiresCompatibilities: jsii.Strings("FARGATE"), Cpu: jsii.String("256"), Memory: jsii.String("512"),
		RuntimePlatform: &awsecs.CfnTaskDefinition_RuntimePlatformProperty{
			CpuArchitecture: jsii.String("ARM64"), OperatingSystemFamily: jsii.String("LINUX"),
		},
		ContainerDefinitions: []*awsecs.CfnTaskDefinition_ContainerDefinitionProperty{{
			Name: jsii.String(names.Family), Image: jsii.String(image), Essential: jsii.Bool(true),
			Command: jsii.Strings("caddy", "respond", "--listen", ":80", "--body",
				names.Title+" is waiting for its first image."),
			PortMappings: []*awsecs.CfnTaskDefinition_PortMappingProperty{
				{ContainerPort: jsii.Number(bootstrapPort), Protocol: jsii.String("tcp")},
			},
		}},
	})
	explain(bootstrap, explanation{"ECS7", "the placeholder logs nothing: it runs until the first release, and a log would need a role that may change"})
	return bootstrap
}
