package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// hand is what every command that does something to a service takes.
type hand struct {
	Service string `arg:"" predictor:"service" help:"The service's name in the configuration."`
	Yes     bool   `short:"y" help:"Do not ask before traffic may move."`
	JSON    bool   `name:"json" help:"Write what was done and what the release loop said as JSON."`
	Why     string `placeholder:"TEXT" help:"Why, for whoever looks later."`
	Config  string `short:"c" default:"cdk.json" type:"path" help:"The file whose context.cutover describes the services."`
}

// operator is a person at work on one service.
type operator struct {
	opened
	hand
	verb string
	by   string // who, as AWS knows the credentials
	// orders are the service's tags, arn its name in AWS.
	orders map[string]string
	arn    string
	// began is when the command began.
	began time.Time
	done  []string // what was done so far, as sentences without their full stop
}

// begin reads the configuration, finds out who asks, and looks at the service's tags.
func (c hand) begin(s *stage, verb string) (*operator, error) {
	o := &operator{hand: c, verb: verb, began: time.Now()}
	var err error
	if o.opened, err = open(s, c.Config, c.Service); err != nil {
		return nil, err
	}
	caller, err := sts.NewFromConfig(o.aws).GetCallerIdentity(s.ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("ask AWS who you are: %w", err)
	}
	o.by = person(aws.ToString(caller.Arn))
	o.arn, o.orders, err = o.tagged()
	return o, err
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

// given are the orders that stand now.
func (o *operator) given() live.Hand { return live.ReadHand(o.orders, time.Now()) }

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
