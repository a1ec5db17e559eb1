package elb

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"
)

func TestTheRealSDKSeesListenersHealthAndTypedErrors(t *testing.T) {
	s := newStage(t)
	blue, green := s.group("blue"), s.group("green")
	l := s.listener(80, to(blue, 1))
	s.register(blue, "10.0.0.1")
	front := httptest.NewServer(s.srv)
	defer front.Close()
	c := elbv2.New(elbv2.Options{Region: "us-east-1", BaseEndpoint: &front.URL, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "x"}, nil
		})})
	ctx := t.Context()
	if _, err := c.ModifyListener(ctx, &elbv2.ModifyListenerInput{ListenerArn: &l, DefaultActions: to(green, 100, blue, 0)}); err != nil {
		t.Fatal(err)
	}
	out, err := c.DescribeListeners(ctx, &elbv2.DescribeListenersInput{ListenerArns: []string{l}})
	if err != nil {
		t.Fatal(err)
	}
	want := to(green, 100, blue, 0)
	want[0].ForwardConfig.TargetGroupStickinessConfig = &types.TargetGroupStickinessConfig{Enabled: ptr(false)}
	if d := cmp.Diff(want, out.Listeners[0].DefaultActions, exported); d != "" {
		t.Error(d)
	}
	health, err := c.DescribeTargetHealth(ctx, &elbv2.DescribeTargetHealthInput{TargetGroupArn: &blue})
	if err != nil || len(health.TargetHealthDescriptions) != 1 || *health.TargetHealthDescriptions[0].Target.Id != "10.0.0.1" {
		t.Errorf("health: %+v, %v", health, err)
	}
	_, err = c.DescribeRules(ctx, &elbv2.DescribeRulesInput{ListenerArn: &s.lb})
	if missing := (*types.ListenerNotFoundException)(nil); !errors.As(err, &missing) {
		t.Errorf("unknown listener: %v", err)
	}
}
