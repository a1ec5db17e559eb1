package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/ecs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/network"
)

// What every watcher asks after every change.
func BenchmarkDescribeServices(b *testing.B) {
	s := ecs.New(ecs.Options{
		Clock: clock.New(1), Account: "111122223333", Region: "us-east-1", Runner: &runner{}, Network: &network.Network{},
	})
	defer s.Close()
	svc := webService(0)
	svc.LoadBalancers = nil
	ctx := b.Context()
	if _, err := s.CreateCluster(ctx, &sdk.CreateClusterInput{ClusterName: aws.String("web")}); err != nil {
		b.Fatal(err)
	}
	if _, err := s.RegisterTaskDefinition(ctx, webDefinition()); err != nil {
		b.Fatal(err)
	}
	if _, err := s.CreateService(ctx, svc); err != nil {
		b.Fatal(err)
	}
	in := &sdk.DescribeServicesInput{
		Cluster: aws.String("web"), Services: []string{"web"}, Include: []types.ServiceField{types.ServiceFieldTags},
	}
	for b.Loop() {
		if _, err := s.DescribeServices(ctx, in); err != nil {
			b.Fatal(err)
		}
	}
}
