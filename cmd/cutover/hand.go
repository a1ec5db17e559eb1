package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	cutover "github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// hand is what every command that does something to a service takes.
type hand struct {
	Service string `arg:"" help:"The service's name in the configuration."`
	Yes     bool   `short:"y" help:"Do not ask before traffic may move."`
	JSON    bool   `name:"json" help:"Write what was done and what the release loop said as JSON."`
	Why     string `placeholder:"TEXT" help:"Why, for whoever looks later."`
	Config  string `short:"c" default:"cdk.json" type:"path" help:"The file whose context.cutover describes the services."`
}

// operator is a person at work on one service.
type operator struct {
	*stage
	hand
	verb    string
	by      string // who, as AWS knows the credentials
	service cutover.Service
	names   cutover.Names
	aws     aws.Config
	tasks   *ecs.Client
	deploys *codedeploy.Client
	// orders are the service's tags, arn its name in AWS.
	orders map[string]string
	arn    string
	done   []string // what was done so far, as sentences without their full stop
}

// begin reads the configuration, finds out who asks, and looks at the service's tags.
func (c hand) begin(s *stage, verb string) (*operator, error) {
	o := &operator{stage: s, hand: c, verb: verb}
	document, err := os.ReadFile(c.Config)
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be read; run this where cdk.json is, or name it with --config: %w", err)
	}
	all, err := cutover.FromCDK(document)
	if err != nil {
		return nil, err
	}
	if o.service, err = all.Find(c.Service); err != nil {
		return nil, err
	}
	o.names = o.service.Names(all.Platform.Cluster)
	if o.aws, err = config.LoadDefaultConfig(s.ctx); err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if o.aws.Region == "" {
		return nil, fmt.Errorf(`no AWS region is set; set AWS_REGION, or run eval "$(cutover sandbox env)" for the sandbox`)
	}
	o.tasks, o.deploys = ecs.NewFromConfig(o.aws), codedeploy.NewFromConfig(o.aws)
	caller, err := sts.NewFromConfig(o.aws).GetCallerIdentity(s.ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("ask AWS who you are: %w", err)
	}
	o.by = person(aws.ToString(caller.Arn))
	return o, o.lookAtOrders()
}

// person is the last part of a caller's ARN: a user's name, or a role session's.
func person(arn string) string {
	name := arn[strings.LastIndexAny(arn, "/:")+1:]
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == ',' {
			return '-'
		}
		return r
	}, name)
}

func (o *operator) lookAtOrders() error {
	out, err := o.tasks.DescribeServices(o.ctx, &ecs.DescribeServicesInput{
		Cluster: &o.names.Cluster, Services: []string{o.names.Service}, Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags},
	})
	if err != nil {
		return fmt.Errorf("describe service %s: %w", o.names.Service, err)
	}
	if len(out.Services) == 0 || aws.ToString(out.Services[0].Status) == "INACTIVE" {
		return fmt.Errorf("cluster %s has no service %s; deploy its stack first", o.names.Cluster, o.names.Service)
	}
	o.arn, o.orders = aws.ToString(out.Services[0].ServiceArn), live.Tags(out.Services[0].Tags)
	return nil
}

// given are the orders that stand now.
func (o *operator) given() live.Hand { return live.ReadHand(o.orders, time.Now()) }

// status is the service as it stands.
func (o *operator) status() (live.Status, error) {
	return live.ReadStatus(o.ctx, live.Readers{
		Lister: o.deploys, Deployments: o.deploys, Tasks: o.tasks, Balancers: elasticloadbalancingv2.NewFromConfig(o.aws),
	}, o.names)
}

// write puts an order at the service.
func (o *operator) write(key string, order live.Order) error {
	value, err := order.Value()
	if err != nil {
		return err
	}
	ctx, cancel := o.whole()
	defer cancel()
	_, err = o.tasks.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: &o.arn, Tags: []ecstypes.Tag{{Key: &key, Value: &value}}})
	if err != nil {
		return fmt.Errorf("tag service %s with %s: %w", o.names.Service, key, err)
	}
	o.orders[key] = value
	return nil
}

// erase takes an order away; there need be none.
func (o *operator) erase(key string) error {
	ctx, cancel := o.whole()
	defer cancel()
	if _, err := o.tasks.UntagResource(ctx, &ecs.UntagResourceInput{ResourceArn: &o.arn, TagKeys: []string{key}}); err != nil {
		return fmt.Errorf("take the tag %s from service %s: %w", key, o.names.Service, err)
	}
	delete(o.orders, key)
	return nil
}

// whole is a context for a change that an interruption does not cut in two.
func (o *operator) whole() (context.Context, context.CancelFunc) {
	if err := o.ctx.Err(); err != nil && len(o.done) == 0 {
		return o.ctx, func() {}
	}
	return context.WithTimeout(context.WithoutCancel(o.ctx), 30*time.Second)
}

// did remembers what was done, for the answer.
func (o *operator) did(format string, args ...any) {
	o.done = append(o.done, fmt.Sprintf(format, args...))
}
