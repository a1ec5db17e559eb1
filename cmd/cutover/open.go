package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	cutover "github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// glance is what every command that only looks at one service takes.
type glance struct {
	Service string `arg:"" predictor:"service" help:"The service's name in the configuration."`
	JSON    bool   `name:"json" help:"Write JSON."`
	Config  string `short:"c" default:"cdk.json" type:"path" help:"The file whose context.cutover describes the services."`
}

// opened is one service of the configuration, and the clients of the account that it stands in.
type opened struct {
	*stage
	service cutover.Service
	names   cutover.Names
	all     cutover.Config // of all services and the platform
	aws     aws.Config
	tasks   *ecs.Client
	deploys *codedeploy.Client
}

// open finds the service in the configuration and the credentials in the usual places.
func open(s *stage, configuration, service string) (opened, error) {
	o := opened{stage: s}
	at, err := s.placed(configuration)
	if err != nil {
		return o, err
	}
	if o.service, err = at.described.Find(service); err != nil {
		return o, unusable{err}
	}
	o.names, o.all = o.service.Names(at.described.Platform.Cluster), at.described
	if o.aws = at.aws; s.at == nil {
		if o.aws, err = credentials(s); err != nil {
			return o, err
		}
	}
	o.tasks, o.deploys = ecs.NewFromConfig(o.aws), codedeploy.NewFromConfig(o.aws)
	return o, nil
}

// placed is the stage's own place, or the description in the file, whose account is still to be found.
func (s *stage) placed(configuration string) (place, error) {
	if s.at != nil {
		return *s.at, nil
	}
	all, err := described(configuration)
	return place{described: all}, err
}

// described is what the operator wrote down. An error leaves a command nothing to do.
func described(file string) (cutover.Config, error) {
	document, err := os.ReadFile(file)
	if err != nil {
		return cutover.Config{}, unusable{fmt.Errorf("the configuration cannot be read; run this where cdk.json is, or name it with --config: %w", err)}
	}
	all, err := cutover.FromCDK(document, policy.Range)
	if err != nil {
		return all, unusable{err}
	}
	return all, nil
}

// credentials are from the usual places: environment, shared files, single sign-on.
func credentials(s *stage) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(s.ctx)
	if err != nil {
		return cfg, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return cfg, fmt.Errorf(`no AWS region is set; set AWS_REGION, or run eval "$(cutover sandbox env)" for the sandbox`)
	}
	return cfg, nil
}

// status is the service as it stands.
func (o *opened) status() (live.Status, error) {
	return live.ReadStatus(o.ctx, live.Through(o.aws), o.names)
}

// tagged is the ECS service's name in AWS, and its tags, which hold the operators' orders.
func (o *opened) tagged() (arn string, tags map[string]string, err error) {
	out, err := o.tasks.DescribeServices(o.ctx, &ecs.DescribeServicesInput{
		Cluster: &o.names.Cluster, Services: []string{o.names.Service}, Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags},
	})
	if err != nil {
		return "", nil, fmt.Errorf("describe service %s: %w", o.names.Service, err)
	}
	if len(out.Services) == 0 || aws.ToString(out.Services[0].Status) == "INACTIVE" {
		return "", nil, fmt.Errorf("cluster %s has no service %s; deploy its stack first", o.names.Cluster, o.names.Service)
	}
	return aws.ToString(out.Services[0].ServiceArn), live.Tags(out.Services[0].Tags), nil
}
