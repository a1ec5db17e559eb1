package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// PlatformProps are what all services share.
type PlatformProps struct {
	Platform config.Platform
	// Services say which repositories there are.
	Services []config.Service
}

// NewPlatform is the stack that all services share: a network unless one is given, the cluster, and the
// repositories, which stand here so that the first push can come before the first service.
func NewPlatform(scope constructs.Construct, id string, props PlatformProps) awscdk.Stack {
	stack := awscdk.NewStack(scope, jsii.String(id), &awscdk.StackProps{
		Env:         environmentOf(props.Platform),
		Description: jsii.String("Cutover: network, cluster and repositories"),
	})
	if props.Platform.VPC.ID == "" {
		NewNetwork(stack, "Network", NetworkProps{Name: props.Platform.Name, CIDR: props.Platform.VPC.CIDR})
	}
	awsecs.NewCfnCluster(stack, jsii.String("Cluster"), &awsecs.CfnClusterProps{
		ClusterName: jsii.String(props.Platform.Cluster),
	})
	seen := map[string]bool{}
	for _, s := range props.Services {
		for _, name := range s.Repositories() {
			if !seen[name] {
				seen[name] = true
				NewRepository(stack, "Repository-"+name, RepositoryProps{Name: name})
			}
		}
	}
	return stack
}
