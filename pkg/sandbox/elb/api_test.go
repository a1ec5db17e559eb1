package elb

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

var exported = cmp.Options{
	cmpopts.IgnoreUnexported(types.Action{}, types.ForwardActionConfig{}, types.TargetGroupTuple{}, types.TargetGroupStickinessConfig{},
		types.RuleCondition{}, types.PathPatternConditionConfig{}),
}

func TestAForwardToOneGroupIsDescribedInBothForms(t *testing.T) {
	s := newStage(t)
	blue, green := s.group("blue"), s.group("green")
	l := s.listener(80, []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &blue}})
	off := &types.TargetGroupStickinessConfig{Enabled: ptr(false)}
	one := []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &blue, ForwardConfig: &types.ForwardActionConfig{
		TargetGroups: []types.TargetGroupTuple{{TargetGroupArn: &blue, Weight: ptr[int32](1)}}, TargetGroupStickinessConfig: off}}}
	two := []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{
		TargetGroups:                []types.TargetGroupTuple{{TargetGroupArn: &green, Weight: ptr[int32](100)}, {TargetGroupArn: &blue, Weight: ptr[int32](0)}},
		TargetGroupStickinessConfig: off}}}
	describe := func() types.Listener {
		return call[elbv2.DescribeListenersOutput](s, &elbv2.DescribeListenersInput{LoadBalancerArn: &s.lb}).Listeners[0]
	}
	if d := cmp.Diff(one, describe().DefaultActions, exported); d != "" {
		t.Error("one group:", d)
	}
	s.shift(l, to(green, 100, blue, 0))
	if d := cmp.Diff(two, describe().DefaultActions, exported); d != "" {
		t.Error("two groups:", d)
	}
	rules := call[elbv2.DescribeRulesOutput](s, &elbv2.DescribeRulesInput{ListenerArn: &l}).Rules
	if len(rules) != 1 || !*rules[0].IsDefault || *rules[0].Priority != "default" {
		t.Fatalf("rules: %+v", rules)
	}
	if d := cmp.Diff(two, rules[0].Actions, exported); d != "" {
		t.Error("default rule:", d)
	}
	s.shift(l, to(blue, 1))
	if d := cmp.Diff(one, describe().DefaultActions, exported); d != "" {
		t.Error("back to one group:", d)
	}
}

func TestNamesHaveAWSsShapes(t *testing.T) {
	s := newStage(t)
	g := s.group("blue")
	l := s.listener(8080, to(g, 1))
	lb := call[elbv2.DescribeLoadBalancersOutput](s, &elbv2.DescribeLoadBalancersInput{Names: []string{"web"}}).LoadBalancers[0]
	id := strings.TrimPrefix(s.lb, "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/web/")
	if len(id) != 16 || *lb.DNSName != "web-"+id+".elb.localhost" || lb.State.Code != types.LoadBalancerStateEnumActive {
		t.Errorf("load balancer %s: %s, %s", s.lb, *lb.DNSName, lb.State.Code)
	}
	if !strings.HasPrefix(g, "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/blue/") {
		t.Error(g)
	}
	if !strings.HasPrefix(l, "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/web/"+id+"/") {
		t.Error(l)
	}
	tg := call[elbv2.DescribeTargetGroupsOutput](s, &elbv2.DescribeTargetGroupsInput{LoadBalancerArn: &s.lb}).TargetGroups
	if len(tg) != 1 || len(tg[0].LoadBalancerArns) != 1 || *tg[0].HealthCheckIntervalSeconds != 30 || *tg[0].Matcher.HttpCode != "200" {
		t.Errorf("target groups: %+v", tg)
	}
}

func TestRulesAreListedByPriorityAndKeepTheirGroupsInUse(t *testing.T) {
	s := newStage(t)
	blue, api := s.group("blue"), s.group("api")
	l := s.listener(80, to(blue, 1))
	create := func(priority int32, path string) string {
		return *call[elbv2.CreateRuleOutput](s, &elbv2.CreateRuleInput{ListenerArn: &l, Priority: &priority, Actions: to(api, 1),
			Conditions: []types.RuleCondition{{Field: ptr("path-pattern"), Values: []string{path}}}}).Rules[0].RuleArn
	}
	later, sooner := create(20, "/b*"), create(10, "/a*")
	var got []string
	for _, r := range call[elbv2.DescribeRulesOutput](s, &elbv2.DescribeRulesInput{ListenerArn: &l}).Rules {
		got = append(got, *r.Priority)
	}
	if d := cmp.Diff([]string{"10", "20", "default"}, got); d != "" {
		t.Error(d)
	}
	_, err := wire.Call[elbv2.DeleteTargetGroupOutput](t.Context(), s.srv, &elbv2.DeleteTargetGroupInput{TargetGroupArn: &api})
	if code(err) != "ResourceInUse" {
		t.Errorf("delete a group in use: %v", err)
	}
	call[elbv2.ModifyRuleOutput](s, &elbv2.ModifyRuleInput{RuleArn: &later, Actions: to(blue, 1)})
	call[elbv2.DeleteRuleOutput](s, &elbv2.DeleteRuleInput{RuleArn: &sooner})
	call[elbv2.DeleteTargetGroupOutput](s, &elbv2.DeleteTargetGroupInput{TargetGroupArn: &api})
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func ask[Out any](in any) func(context.Context, *wire.Server) error {
	return func(ctx context.Context, s *wire.Server) error {
		_, err := wire.Call[Out](ctx, s, in)
		return err
	}
}

func TestRefusalsHaveAWSsCodes(t *testing.T) {
	s := newStage(t)
	g, other := s.group("blue"), s.group("other")
	l := s.listener(80, to(g, 1))
	lb2 := call[elbv2.CreateLoadBalancerOutput](s, &elbv2.CreateLoadBalancerInput{Name: ptr("second")}).LoadBalancers[0].LoadBalancerArn
	fallback := call[elbv2.DescribeRulesOutput](s, &elbv2.DescribeRulesInput{ListenerArn: &l}).Rules[0].RuleArn
	path := []types.RuleCondition{{Field: ptr("path-pattern"), Values: []string{"/"}}}
	call[elbv2.CreateRuleOutput](s, &elbv2.CreateRuleInput{ListenerArn: &l, Priority: ptr[int32](1), Actions: to(g, 1), Conditions: path})
	modify := func(a []types.Action) func(context.Context, *wire.Server) error {
		return ask[elbv2.ModifyListenerOutput](&elbv2.ModifyListenerInput{ListenerArn: &l, DefaultActions: a})
	}
	none := ptr("arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/web/0/0")
	http := types.ProtocolEnumHttp
	for name, c := range map[string]struct {
		want string
		ask  func(context.Context, *wire.Server) error
	}{
		"unknown load balancer":  {"LoadBalancerNotFound", ask[elbv2.DescribeLoadBalancersOutput](&elbv2.DescribeLoadBalancersInput{Names: []string{"x"}})},
		"unknown listener":       {"ListenerNotFound", ask[elbv2.ModifyListenerOutput](&elbv2.ModifyListenerInput{ListenerArn: none})},
		"unknown rule":           {"RuleNotFound", ask[elbv2.DeleteRuleOutput](&elbv2.DeleteRuleInput{RuleArn: none})},
		"unknown group":          {"TargetGroupNotFound", ask[elbv2.DescribeTargetGroupsOutput](&elbv2.DescribeTargetGroupsInput{Names: []string{"x"}})},
		"health of unknown":      {"TargetGroupNotFound", ask[elbv2.DescribeTargetHealthOutput](&elbv2.DescribeTargetHealthInput{TargetGroupArn: none})},
		"forward to unknown":     {"TargetGroupNotFound", modify(to("arn:x", 1))},
		"no listener named":      {"ValidationError", ask[elbv2.DescribeListenersOutput](&elbv2.DescribeListenersInput{})},
		"weight too large":       {"ValidationError", modify(to(g, 1000))},
		"a group twice":          {"InvalidLoadBalancerAction", modify(to(g, 1, g, 2))},
		"two forms that differ":  {"InvalidLoadBalancerAction", modify([]types.Action{{Type: "forward", TargetGroupArn: &other, ForwardConfig: to(g, 1)[0].ForwardConfig}})},
		"no actions":             {"InvalidLoadBalancerAction", modify([]types.Action{})},
		"an action not built":    {"InvalidLoadBalancerAction", modify([]types.Action{{Type: types.ActionTypeEnumAuthenticateOidc}})},
		"same port again":        {"DuplicateListener", ask[elbv2.CreateListenerOutput](&elbv2.CreateListenerInput{LoadBalancerArn: &s.lb, Port: ptr[int32](80), Protocol: http, DefaultActions: to(g, 1)})},
		"TLS without HTTP":       {"UnsupportedProtocol", ask[elbv2.CreateListenerOutput](&elbv2.CreateListenerInput{LoadBalancerArn: &s.lb, Port: ptr[int32](443), Protocol: "TLS", DefaultActions: to(g, 1)})},
		"another one's group":    {"TargetGroupAssociationLimit", ask[elbv2.CreateListenerOutput](&elbv2.CreateListenerInput{LoadBalancerArn: lb2, Port: ptr[int32](80), Protocol: http, DefaultActions: to(g, 1)})},
		"same name, differently": {"DuplicateTargetGroupName", ask[elbv2.CreateTargetGroupOutput](&elbv2.CreateTargetGroupInput{Name: ptr("blue"), Port: ptr[int32](81), Protocol: http, TargetType: "ip"})},
		"a bad name":             {"ValidationError", ask[elbv2.CreateTargetGroupOutput](&elbv2.CreateTargetGroupInput{Name: ptr("a_b"), Port: ptr[int32](81), Protocol: http, TargetType: "ip"})},
		"a bad matcher":          {"ValidationError", ask[elbv2.ModifyTargetGroupOutput](&elbv2.ModifyTargetGroupInput{TargetGroupArn: &g, Matcher: &types.Matcher{HttpCode: ptr("100")}})},
		"time-out over interval": {"ValidationError", ask[elbv2.ModifyTargetGroupOutput](&elbv2.ModifyTargetGroupInput{TargetGroupArn: &g, HealthCheckTimeoutSeconds: ptr[int32](30)})},
		"second balancer, alike": {"DuplicateLoadBalancerName", ask[elbv2.CreateLoadBalancerOutput](&elbv2.CreateLoadBalancerInput{Name: ptr("web"), Scheme: "internal"})},
		"priority taken":         {"PriorityInUse", ask[elbv2.CreateRuleOutput](&elbv2.CreateRuleInput{ListenerArn: &l, Priority: ptr[int32](1), Actions: to(g, 1), Conditions: path})},
		"default rule":           {"OperationNotPermitted", ask[elbv2.ModifyRuleOutput](&elbv2.ModifyRuleInput{RuleArn: fallback, Actions: to(g, 1)})},
		"unknown field":          {"ValidationError", ask[elbv2.CreateRuleOutput](&elbv2.CreateRuleInput{ListenerArn: &l, Priority: ptr[int32](2), Actions: to(g, 1), Conditions: []types.RuleCondition{{Field: ptr("moon")}}})},
		"not an address":         {"InvalidTarget", ask[elbv2.RegisterTargetsOutput](&elbv2.RegisterTargetsInput{TargetGroupArn: &g, Targets: []types.TargetDescription{{Id: ptr("i-1")}}})},
		"unknown attribute": {"ValidationError", ask[elbv2.ModifyTargetGroupAttributesOutput](&elbv2.ModifyTargetGroupAttributesInput{TargetGroupArn: &g,
			Attributes: []types.TargetGroupAttribute{{Key: ptr("x"), Value: ptr("y")}}})},
		"delay too long": {"ValidationError", ask[elbv2.ModifyTargetGroupAttributesOutput](&elbv2.ModifyTargetGroupAttributesInput{TargetGroupArn: &g,
			Attributes: []types.TargetGroupAttribute{{Key: ptr("deregistration_delay.timeout_seconds"), Value: ptr("3601")}}})},
		"tag twice": {"DuplicateTagKeys", ask[elbv2.AddTagsOutput](&elbv2.AddTagsInput{ResourceArns: []string{g}, Tags: []types.Tag{{Key: ptr("a")}, {Key: ptr("a")}}})},
		"bad page":  {"ValidationError", ask[elbv2.DescribeTargetGroupsOutput](&elbv2.DescribeTargetGroupsInput{PageSize: ptr[int32](0)})},
	} {
		if err := c.ask(t.Context(), s.srv); code(err) != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

func TestCreatingTheSameAgainGivesTheSame(t *testing.T) {
	s := newStage(t)
	if a, b := s.group("blue"), s.group("blue"); a != b {
		t.Error(a, b)
	}
	again := call[elbv2.CreateLoadBalancerOutput](s, &elbv2.CreateLoadBalancerInput{Name: ptr("web")}).LoadBalancers[0].LoadBalancerArn
	if *again != s.lb {
		t.Error(*again)
	}
}

func TestTagsAttributesAndPages(t *testing.T) {
	s := newStage(t)
	g, _ := s.group("blue"), s.group("green")
	l := s.listener(80, to(g, 1))
	call[elbv2.AddTagsOutput](s, &elbv2.AddTagsInput{ResourceArns: []string{g, l, s.lb}, Tags: []types.Tag{{Key: ptr("b"), Value: ptr("2")}, {Key: ptr("a"), Value: ptr("1")}}})
	call[elbv2.RemoveTagsOutput](s, &elbv2.RemoveTagsInput{ResourceArns: []string{l}, TagKeys: []string{"a"}})
	var got []string
	for _, d := range call[elbv2.DescribeTagsOutput](s, &elbv2.DescribeTagsInput{ResourceArns: []string{g, l}}).TagDescriptions {
		for _, tag := range d.Tags {
			got = append(got, *tag.Key+"="+*tag.Value)
		}
	}
	if d := cmp.Diff([]string{"a=1", "b=2", "b=2"}, got); d != "" {
		t.Error(d)
	}
	call[elbv2.ModifyLoadBalancerAttributesOutput](s, &elbv2.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &s.lb,
		Attributes: []types.LoadBalancerAttribute{{Key: ptr("deletion_protection.enabled"), Value: ptr("true")}}})
	if err := ask[elbv2.DeleteLoadBalancerOutput](&elbv2.DeleteLoadBalancerInput{LoadBalancerArn: &s.lb})(t.Context(), s.srv); code(err) != "OperationNotPermitted" {
		t.Errorf("delete in spite of protection: %v", err)
	}
	first := call[elbv2.DescribeTargetGroupsOutput](s, &elbv2.DescribeTargetGroupsInput{PageSize: ptr[int32](1)})
	second := call[elbv2.DescribeTargetGroupsOutput](s, &elbv2.DescribeTargetGroupsInput{PageSize: ptr[int32](1), Marker: first.NextMarker})
	if *first.TargetGroups[0].TargetGroupName != "blue" || *second.TargetGroups[0].TargetGroupName != "green" || second.NextMarker != nil {
		t.Errorf("pages: %+v, %+v", first, second)
	}
}

func TestDeletingALoadBalancerFreesItsPortsAndGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		g := s.group("blue")
		l := s.listener(80, to(g, 1))
		s.serve("10.0.0.1", says("ok"))
		s.register(g, "10.0.0.1")
		synctest.Wait()
		for range 2 { // the second time there is nothing left, which is no error
			call[elbv2.DeleteLoadBalancerOutput](s, &elbv2.DeleteLoadBalancerInput{LoadBalancerArn: &s.lb})
		}
		if got := s.health(g, "10.0.0.1"); got != "unused Target.NotInUse" {
			t.Error(got)
		}
		if _, err := s.client().Get("http://web:80/"); err == nil {
			t.Error("the listener still answers")
		}
		if got := s.elb.URL(l); got != "" {
			t.Error(got)
		}
		call[elbv2.DeleteTargetGroupOutput](s, &elbv2.DeleteTargetGroupInput{TargetGroupArn: &g})
	})
}

func TestDescribeTargetHealthTellsOfStrangersWhenAsked(t *testing.T) {
	s := newStage(t)
	g := s.group("blue")
	call[elbv2.RegisterTargetsOutput](s, &elbv2.RegisterTargetsInput{TargetGroupArn: &g, Targets: []types.TargetDescription{{Id: ptr("10.0.0.1")}}})
	all := call[elbv2.DescribeTargetHealthOutput](s, &elbv2.DescribeTargetHealthInput{TargetGroupArn: &g}).TargetHealthDescriptions
	if len(all) != 1 || *all[0].Target.Port != 80 || *all[0].HealthCheckPort != "80" || all[0].TargetHealth.Reason != "Target.NotInUse" {
		t.Errorf("all: %+v", all)
	}
	some := call[elbv2.DescribeTargetHealthOutput](s, &elbv2.DescribeTargetHealthInput{TargetGroupArn: &g,
		Targets: []types.TargetDescription{{Id: ptr("10.0.0.9"), Port: ptr[int32](8080)}}}).TargetHealthDescriptions
	if len(some) != 1 || some[0].TargetHealth.Reason != "Target.NotRegistered" {
		t.Errorf("a stranger: %+v", some)
	}
	call[elbv2.DeregisterTargetsOutput](s, &elbv2.DeregisterTargetsInput{TargetGroupArn: &g, Targets: []types.TargetDescription{{Id: ptr("10.0.0.1")}}})
}
