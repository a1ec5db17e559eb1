//go:build !race

package bluegreen_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/infra/bluegreen"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// functions stands in for bin/aws, where `make functions` leaves the builds.
func functions() string {
	dir, err := os.MkdirTemp("", "functions-")
	if err != nil {
		panic(err)
	}
	for _, name := range []string{bluegreen.Release, bluegreen.Verify} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			panic(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "bootstrap"), nil, 0o755); err != nil {
			panic(err)
		}
	}
	return dir
}

// A service in a network that is there already, as a stack of a Go team's own CDK app.
func ExampleNewService() {
	c, err := config.Config{
		Platform: config.Platform{Cluster: "web", ExistingCluster: true, VPC: config.VPC{
			ID: "vpc-0a", AvailabilityZones: []string{"eu-west-1a", "eu-west-1b"},
			PublicSubnets: []string{"subnet-0a", "subnet-0b"}, PrivateSubnets: []string{"subnet-0c", "subnet-0d"},
		}},
		Services: []config.Service{{
			Name: "shop", Image: config.Image{Tag: "v*"},
			LoadBalancer: config.LoadBalancer{Internal: true},
			Verify:       config.Suite{Checks: []config.Check{{Path: "/health"}}},
		}},
	}.Complete(policy.Range) // fills in the defaults and tells every mistake at once
	if err != nil {
		fmt.Println(err)
		return
	}
	builds := functions()
	defer os.RemoveAll(builds)
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(filepath.Join(builds, "cdk.out"))})
	stack := awscdk.NewStack(app, jsii.String("shop"), nil)
	service, err := bluegreen.NewService(stack, "Shop", bluegreen.ServiceProps{
		Platform: c.Platform, Service: c.Services[0], Functions: builds, // what `make functions` builds: "bin/aws"
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	awscdk.NewCfnOutput(stack, jsii.String("Address"), &awscdk.CfnOutputProps{Value: jsii.String(service.Way.Balancer.DNSName)})
	app.Synth(nil)
	fmt.Println(service.Names.Application, *service.Fargate.CfnResourceType())
	// Output: AppECS-web-Shop AWS::ECS::Service
}

// What watches over a service that CodeDeploy deploys already, and that nothing here changes.
func ExampleNewAdopted() {
	const account = "eu-west-1:111122223333:"
	c, err := config.Config{
		Platform: config.Platform{VPC: config.VPC{ID: "vpc-0a", PrivateSubnets: []string{"subnet-0c", "subnet-0d"}}},
		Services: []config.Service{{
			Name: "shop", Image: config.Image{Tag: "v*"}, LoadBalancer: config.LoadBalancer{Internal: true},
			Existing: &config.Existing{
				Cluster: "web", Service: "Shop", Application: "shop-app", DeploymentGroup: "shop-group", Family: "shop",
				Roles:              []string{"arn:aws:iam::111122223333:role/ecsTaskExecutionRole"},
				ProductionListener: "arn:aws:elasticloadbalancing:" + account + "listener/app/web/0a/1",
				TestListener:       "arn:aws:elasticloadbalancing:" + account + "listener/app/web/0a/2",
				TargetGroups:       []string{"arn:aws:elasticloadbalancing:" + account + "targetgroup/blue/3", "arn:aws:elasticloadbalancing:" + account + "targetgroup/green/4"},
			},
		}},
	}.Complete(policy.Range)
	if err != nil {
		fmt.Println(err)
		return
	}
	code := functions()
	defer os.RemoveAll(code)
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(filepath.Join(code, "cdk.out"))})
	stack := awscdk.NewStack(app, jsii.String("shop"), nil)
	service, err := bluegreen.NewAdopted(stack, "Shop", bluegreen.ServiceProps{Platform: c.Platform, Service: c.Services[0], Functions: code})
	if err != nil {
		fmt.Println(err)
		return
	}
	app.Synth(nil)
	fmt.Println(service.Names.Application, service.Way.Balancer.FullName, service.Fargate == nil)
	// Output: shop-app app/web/0a true
}

// A pair of target groups and a pair of listeners on a load balancer that others use too, for people who bring the
// service and the deployment group themselves.
func ExampleNewWay() {
	c, err := config.Config{Services: []config.Service{{
		Name: "shop", LoadBalancer: config.LoadBalancer{Shared: true, ProductionPort: 8001, TestPort: 9001},
	}}}.Complete(policy.Range)
	if err != nil {
		fmt.Println(err)
		return
	}
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("shop"), nil)
	shared := bluegreen.Balancer{
		Name: "web", ARN: "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/web/0a1b", FullName: "app/web/0a1b",
		DNSName: "web-1.eu-west-1.elb.amazonaws.com", Group: "sg-0a", Internal: true,
	}
	way := bluegreen.NewWay(stack, "Way", bluegreen.WayProps{
		Names: c.Services[0].Names("web"), LoadBalancer: c.Services[0].LoadBalancer, Shared: &shared,
		Network: bluegreen.Network{VPC: "vpc-0a", Private: []string{"subnet-0c", "subnet-0d"}},
	})
	fmt.Println(way.Balancer.DNSName, len(way.Ready), "listeners")
	// Output: web-1.eu-west-1.elb.amazonaws.com 2 listeners
}

// The alarms that stop a deployment, on target groups that others made: a Way is filled in by hand.
func ExampleNewAlarms() {
	c, err := config.Config{Services: []config.Service{{Name: "shop"}}}.Complete(policy.Range)
	if err != nil {
		fmt.Println(err)
		return
	}
	stack, names := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("shop"), nil), c.Services[0].Names("web")
	const load = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:"
	way := bluegreen.Way{
		Balancer: bluegreen.Balancer{Name: "web", ARN: load + "loadbalancer/app/web/0a1b", FullName: "app/web/0a1b"},
		TargetGroups: [2]bluegreen.TargetGroup{
			{ARN: load + "targetgroup/shop-a/1", Name: "shop-a", FullName: "targetgroup/shop-a/1"},
			{ARN: load + "targetgroup/shop-b/2", Name: "shop-b", FullName: "targetgroup/shop-b/2"},
		},
		Production: load + "listener/app/web/0a1b/3", Test: load + "listener/app/web/0a1b/4", Group: "sg-0a", Hook: "sg-0b",
	}
	alarms := bluegreen.NewAlarms(stack, "Alarms", bluegreen.AlarmsProps{Names: names, Way: way})
	fmt.Println(len(alarms), "alarms")
	// Output: 2 alarms
}
