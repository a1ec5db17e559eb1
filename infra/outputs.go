package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/infra/bluegreen"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// outputsProps are what the outputs are made of.
type outputsProps struct {
	Names   config.Names
	Service config.Service
	DNSName string
}

// newOutputs tell what a person needs next: where the site is, and the commands that push an image.
func newOutputs(scope constructs.Construct, props outputsProps) {
	l := props.Service.LoadBalancer
	from := props.Service.Source(props.Names.Repository)
	image := bluegreen.Registry(from) + "/" + from.Name + ":" + exampleTag(mapped(props))
	output := func(id, description, value string) { newOutput(scope, id, description, value) }
	host := props.DNSName
	if l.HTTPS.On() {
		host = props.Service.Verify.ServerName
		output("LoadBalancerName", "What a record of "+host+" in your DNS must lead to", props.DNSName)
	}
	output("SiteUrl", "Where users arrive", url(l, host, l.ProductionPort))
	output("TestUrl", "Where the verify function judges a new version; closed to everybody else", url(l, host, l.TestPort))
	newRepositoryOutputs(scope, props)
	output("PushCommand", "Builds an image here and pushes it, which releases it",
		bluegreen.Sub(fmt.Sprintf("docker build --platform linux/%s --tag %s . && docker push %[2]s", props.Service.Task.Architecture, image)))
}

// newRepositoryOutputs tell where images are pushed. Of a service that stood already it is all that its stack can tell
// anew.
func newRepositoryOutputs(scope constructs.Construct, props outputsProps) {
	from := props.Service.Source(props.Names.Repository)
	registry := bluegreen.Registry(from)
	newOutput(scope, "RepositoryUri", "Where images are pushed", bluegreen.Sub(registry+"/"+from.Name))
	newOutput(scope, "LoginCommand", "Logs Docker in, for twelve hours", bluegreen.Sub("aws ecr get-login-password --region "+cmp.Or(from.Region, "${AWS::Region}")+" | "+
		"docker login --username AWS --password-stdin "+registry))
}

func newOutput(scope constructs.Construct, id, description, value string) {
	awscdk.NewCfnOutput(scope, jsii.String(id), &awscdk.CfnOutputProps{Description: jsii.String(description), Value: jsii.String(value)})
}

func url(l config.LoadBalancer, host string, port int) string {
	scheme, usual := "http", 80
	if l.HTTPS.On() {
		scheme, usual = "https", 443
	}
	if port == usual {
		return scheme + "://" + host
	}
	return fmt.Sprintf("%s://%s:%d", scheme, host, port)
}

// exampleTag is a tag that the image takes, where one can be told.
func exampleTag(i config.Image) string {
	p := policy.Of(i)
	for _, tag := range []string{strings.NewReplacer("*", "1", "?", "1").Replace(i.Tag), "1.0.0", "v1.0.0"} {
		if _, why := p.Take(tag); why == "" {
			return tag
		}
	}
	return "TAG"
}

// mapped is the image of the container that the traffic goes to.
func mapped(props outputsProps) config.Image {
	for _, i := range props.Service.Wanted() {
		if i.Container == props.Names.Container {
			return i
		}
	}
	return props.Service.Image
}
