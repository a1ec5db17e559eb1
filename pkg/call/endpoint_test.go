package call_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbsdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
)

// named is a source of a configuration that names an endpoint of one service.
type named string

func (n named) GetServiceBaseEndpoint(_ context.Context, service string) (string, bool, error) {
	return string(n), service == "Elastic Load Balancing v2", nil
}

// asked is where both clients go with a configuration.
func asked(t *testing.T, change func(*aws.Config)) (ours, theirs string) {
	t.Helper()
	var at [2]string
	for i := range at {
		c := &cloud{answers: []answer{{status: 200, body: empty}}}
		cfg := c.config()
		change(&cfg)
		var err error
		if i == 0 {
			_, err = elb.NewFromConfig(cfg).DescribeListeners(t.Context(), &elb.DescribeListenersInput{})
		} else {
			_, err = elbsdk.NewFromConfig(cfg).DescribeListeners(t.Context(), &elbsdk.DescribeListenersInput{})
		}
		if err != nil {
			t.Fatal(err)
		}
		at[i] = c.sent[0].URL.String()
	}
	return at[0], at[1]
}

func TestAServiceIsAskedWhereTheSDKWouldAskIt(t *testing.T) {
	for _, region := range []string{"us-east-1", "eu-west-1", "eu-central-2", "mx-central-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "us-isob-east-1",
		"eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1"} {
		if ours, theirs := asked(t, func(c *aws.Config) { c.Region = region }); ours != theirs {
			t.Errorf("in %s at %s, the SDK at %s", region, ours, theirs)
		}
	}
	for name, c := range map[string]struct {
		environment map[string]string
		change      func(*aws.Config)
		want        string
	}{
		"where all services are": {map[string]string{"AWS_ENDPOINT_URL": "http://all"}, func(c *aws.Config) {
			c.BaseEndpoint, c.ConfigSources = aws.String("http://all"), []any{named("http://profile")}
		}, "http://all/"},
		"where it is by the profile": {nil, func(c *aws.Config) { c.ConfigSources = []any{1, named("http://profile")} }, "http://profile/"},
		"where it is, and the rest": {map[string]string{"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2": "http://it"}, func(c *aws.Config) {
			c.BaseEndpoint, c.ConfigSources = aws.String("http://all"), []any{named("http://it")}
		}, "http://it/"},
		"below a path": {nil, func(c *aws.Config) { c.BaseEndpoint = aws.String("http://all/below/") }, "http://all/below/"},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range c.environment {
				t.Setenv(key, value)
			}
			if ours, theirs := asked(t, c.change); ours != c.want || theirs != c.want {
				t.Errorf("at %s, the SDK at %s, want %s", ours, theirs, c.want)
			}
		})
	}
}
