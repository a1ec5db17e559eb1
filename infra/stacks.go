package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/infra/bluegreen"
	"github.com/cutover-ecs/cutover/pkg/config"
)

// newPlatform is the stack that all services share: a network unless one is given, the cluster, the repositories,
// which stand here so that the first push can come before the first service, and what works for all services.
func newPlatform(scope constructs.Construct, props AppProps) (awscdk.Stack, error) {
	c, p := props.Config, props.Config.Platform
	stack := awscdk.NewStack(scope, jsii.String(p.Name), &awscdk.StackProps{
		Env:         environmentOf(p),
		Description: jsii.String("Cutover: network, cluster, repositories, and what watches all services"),
	})
	network := bluegreen.NetworkOf(p)
	if p.VPC.ID == "" {
		network = bluegreen.NewNetwork(stack, "Network", bluegreen.NetworkProps{Name: p.Name, CIDR: p.VPC.CIDR, Egress: p.VPC.Egress})
	}
	if !p.ExistingCluster && slices.ContainsFunc(c.Services, func(s config.Service) bool { return !s.Adopted() }) {
		newCluster(stack, c)
	}
	if p.Topic == "new" {
		bluegreen.NewTopic(stack, "Alarms", bluegreen.TopicProps{Platform: p.Name, Key: p.Key})
	}
	if p.LoadBalancer.ARN == "" && slices.ContainsFunc(c.Services, func(s config.Service) bool { return s.LoadBalancer.Shared }) {
		bluegreen.NewSharedBalancer(stack, "SharedBalancer", bluegreen.SharedBalancerProps{
			Platform: p.Name, Internal: p.LoadBalancer.Internal, Network: network,
		})
	}
	if p.Reports != nil && p.Reports.Bucket == "" {
		bluegreen.NewReports(stack, "Reports", p)
	}
	seen := map[string]bool{}
	for _, s := range c.Services {
		for _, image := range s.Wanted() {
			if r := image.From(); r.Own() && !image.Existing && !seen[r.Name] {
				seen[r.Name] = true
				bluegreen.NewRepository(stack, "Repository-"+r.Name, bluegreen.RepositoryProps{Name: r.Name, Key: p.RepositoryKey})
			}
		}
	}
	err := bluegreen.NewWatch(stack, "Watch", bluegreen.WatchProps{
		Platform: p, Services: c.Services, Functions: props.Functions, Calls: props.Calls.Watch,
	})
	if err == nil && p.Notify != nil {
		err = bluegreen.NewNotify(stack, "Notify", bluegreen.NotifyProps{
			Platform: p, Services: c.Services, Functions: props.Functions, Calls: props.Calls.Notify,
		})
	}
	for _, key := range slices.Sorted(maps.Keys(p.Tags)) {
		awscdk.Tags_Of(stack).Add(jsii.String(key), jsii.String(p.Tags[key]), nil)
	}
	return stack, err
}

// newCluster has the capacity providers that services ask for; a plain Fargate service needs none.
func newCluster(stack awscdk.Stack, c config.Config) {
	cluster := awsecs.NewCfnCluster(stack, jsii.String("Cluster"), &awsecs.CfnClusterProps{
		ClusterName: jsii.String(c.Platform.Cluster),
	})
	bluegreen.Explain(cluster, "ECS4", "Container Insights cost by the task; what a deployment is judged by is the load balancer's own metrics")
	if slices.ContainsFunc(c.Services, func(s config.Service) bool { return len(s.Task.Capacity) > 0 }) {
		cluster.SetCapacityProviders(jsii.Strings("FARGATE", "FARGATE_SPOT"))
	}
}

// newService is the stack of one service.
func newService(scope constructs.Construct, props bluegreen.ServiceProps) (awscdk.Stack, error) {
	names := props.Service.Names(props.Platform.Cluster)
	if names.Stack == props.Platform.Name {
		return nil, fmt.Errorf("service %s has the name of the platform's stack; give platform.name another", names.Stack)
	}
	stack := awscdk.NewStack(scope, jsii.String(names.Stack), &awscdk.StackProps{
		Env:         environmentOf(props.Platform),
		Description: jsii.String(describedAs(props.Service, names)),
	})
	if props.Service.Adopted() {
		_, err := bluegreen.NewAdopted(stack, "Default", props)
		newRepositoryOutputs(stack, outputsProps{Names: names, Service: props.Service})
		return stack, err
	}
	service, err := bluegreen.NewService(stack, "Default", props)
	if err != nil {
		return nil, err
	}
	newOutputs(stack, outputsProps{Names: names, Service: props.Service, DNSName: service.Way.Balancer.DNSName})
	return stack, nil
}

func describedAs(s config.Service, names config.Names) string {
	if s.Adopted() {
		return "Cutover: what deploys " + names.Service + " of the cluster " + names.Cluster + " blue/green by its image's pushes; the service stood before"
	}
	return "Cutover: " + names.Title + ", deployed blue/green by its image's pushes"
}

func environmentOf(p config.Platform) *awscdk.Environment {
	return &awscdk.Environment{Account: given(p.Account), Region: given(p.Region)}
}

// given is s as CDK wants an optional string: nil when empty.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return jsii.String(s)
}
