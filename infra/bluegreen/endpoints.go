package bluegreen

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// endpoints are the services that tasks and verify functions call from private subnets: pulling an image, writing logs,
// reading secrets, ECS Exec, and all that the verify function asks. S3 has an endpoint of another kind, a gateway:
// images' layers and environment files come from there.
var endpoints = []string{
	"codedeploy", "ecr.api", "ecr.dkr", "ecs", "elasticloadbalancing", "logs", "secretsmanager", "ssm", "ssmmessages",
}

// newEndpoints make a way to AWS without one to the internet.
func newEndpoints(scope constructs.Construct, props NetworkProps, vpc *string, private subnets) {
	group := awsec2.NewCfnSecurityGroup(scope, jsii.String("EndpointsGroup"), &awsec2.CfnSecurityGroupProps{
		GroupName: jsii.String(props.Name + "-endpoints-sg"), GroupDescription: jsii.String("Endpoints of AWS services"), VpcId: vpc,
		SecurityGroupIngress: []*awsec2.CfnSecurityGroup_IngressProperty{{
			IpProtocol: jsii.String("tcp"), FromPort: jsii.Number(443), ToPort: jsii.Number(443),
			CidrIp: jsii.String(props.CIDR), Description: jsii.String("everything in the network"),
		}},
		SecurityGroupEgress: anywhere(),
	})
	for _, service := range endpoints {
		id := "Endpoint-" + strings.ReplaceAll(service, ".", "-")
		awsec2.NewCfnVPCEndpoint(scope, jsii.String(id), &awsec2.CfnVPCEndpointProps{
			ServiceName: jsii.String(Sub("com.amazonaws.${AWS::Region}." + service)), VpcEndpointType: jsii.String("Interface"),
			VpcId: vpc, SubnetIds: listed(private.ids), SecurityGroupIds: listed([]*string{group.AttrGroupId()}), PrivateDnsEnabled: jsii.Bool(true),
		})
	}
	awsec2.NewCfnVPCEndpoint(scope, jsii.String("Endpoint-s3"), &awsec2.CfnVPCEndpointProps{
		ServiceName: jsii.String(Sub("com.amazonaws.${AWS::Region}.s3")), VpcEndpointType: jsii.String("Gateway"),
		VpcId: vpc, RouteTableIds: listed(private.tables),
	})
}
