package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	aas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/cutover-ecs/cutover/pkg/doctor"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// examined is what the doctor finds at the website, by pitfall.
func (r *room) examined(code int) map[int][]string {
	r.t.Helper()
	out, errout, got := r.run("cutover", "doctor", website, "--json", "--config", configuration)
	var reports []doctor.Report
	if err := json.Unmarshal([]byte(out), &reports); err != nil || got != code || len(reports) != 1 || !reports[0].Live || len(reports[0].Unread) > 0 {
		r.t.Fatalf("it ends with %d: %v: %s%s", got, err, out, errout)
	}
	found := map[int][]string{}
	for _, f := range reports[0].Findings {
		if f.Fix == "" {
			r.t.Errorf("without a fix: %+v", f)
		}
		found[f.Pitfall] = append(found[f.Pitfall], f.Evidence)
	}
	return found
}

func must[T any](r *room) func(T, error) T {
	return func(v T, err error) T {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
		return v
	}
}

func TestTheDoctorFindsNothingInWhatTheStackMadeAndAllThatIsBrokenAtOnce(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	before := r.calls()
	if found := r.examined(0); len(found) > 0 {
		t.Fatalf("found in what the stack made: %v", found)
	}
	for _, call := range r.calls()[len(before):] {
		if !strings.HasPrefix(call, "Describe") && !strings.HasPrefix(call, "Get") && !strings.HasPrefix(call, "List") && !strings.HasPrefix(call, "BatchGet") {
			t.Errorf("the doctor called %s", call)
		}
	}

	r.harmALittle()
	answersAs(t, "../../docs/doctor.md", "cutover doctor", r.shown(1, "doctor"))
	r.harm()
	found := r.examined(1)
	for pitfall, words := range map[int][]string{
		1:  {"the production listener forwards to sample-website-tg-1 and not to PRIMARY's target group sample-website-tg-2", "the rule of priority 7"},
		6:  {"the rule sample-website-starts, which wakes the watch function, is disabled"},
		7:  {"there is no function CodeDeployHook_sample-website"},
		12: {"the alarm stuck is firing", "there is no alarm nobodys"},
		13: {"lacks DEPLOYMENT_STOP_ON_ALARM, DEPLOYMENT_STOP_ON_REQUEST", "the test listener forwards to sample-website-tg-1"},
		16: {"scales Sample-Website between 1 and 9"},
		27: {"sample-website-tg-1 is sticky"},
		28: {"admits 0.0.0.0/0 to the test listener's port 8080: anybody sees a version before it is judged"},
		29: {"the rule of priority 7 on the production listener forwards to the pair too"},
		30: {"terminates blue at once"},
		31: {"is disabled"},
	} {
		for _, w := range words {
			if !strings.Contains(strings.Join(found[pitfall], "\n"), w) {
				t.Errorf("pitfall %d does not tell %q: %q", pitfall, w, found[pitfall])
			}
		}
		delete(found, pitfall)
	}
	if len(found) > 0 {
		t.Errorf("found too: %v", found)
	}
	tells(t, r.shown(1, "doctor", website), "as it stands: ", "  pitfall 30  the deployment group terminates blue at once", "fix: set deployment.terminationWait", "things are not right")
	tells(t, r.shown(0, "doctor", website, "--planned"), "as it is written down: 0 findings")
}

// harmALittle breaks what the page about the doctor shows.
func (r *room) harmALittle() {
	r.t.Helper()
	must[*codedeploy.UpdateDeploymentGroupOutput](r)(codedeploy.NewFromConfig(r.aws).UpdateDeploymentGroup(r.t.Context(), &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: &r.names.Application, CurrentDeploymentGroupName: &r.names.DeploymentGroup,
		AutoRollbackConfiguration: &cdtypes.AutoRollbackConfiguration{Enabled: true, Events: []cdtypes.AutoRollbackEvent{cdtypes.AutoRollbackEventDeploymentFailure}},
	}))
	must[*eventbridge.DisableRuleOutput](r)(eventbridge.NewFromConfig(r.aws).DisableRule(r.t.Context(), &eventbridge.DisableRuleInput{Name: aws.String("sample-website-pushes")}))
}

// harm breaks what can be broken.
func (r *room) harm() {
	r.t.Helper()
	ctx, balancers, deploys := r.t.Context(), elb.NewFromConfig(r.aws), codedeploy.NewFromConfig(r.aws)
	groups := must[*elb.DescribeTargetGroupsOutput](r)(balancers.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: r.names.TargetGroups[:1]}))
	other := groups.TargetGroups[0].TargetGroupArn
	to := []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: other}}
	for _, port := range []int{80, 8080} {
		must[*elb.ModifyListenerOutput](r)(balancers.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: aws.String(r.listener(port).ARN), DefaultActions: to}))
	}
	must[*elb.CreateRuleOutput](r)(balancers.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: aws.String(r.listener(80).ARN), Priority: aws.Int32(7), Actions: to,
		Conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/api/*"}}}}))
	must[*elb.ModifyTargetGroupAttributesOutput](r)(balancers.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: other,
		Attributes: []elbtypes.TargetGroupAttribute{{Key: aws.String("stickiness.enabled"), Value: aws.String("true")}}}))
	must[*codedeploy.UpdateDeploymentGroupOutput](r)(deploys.UpdateDeploymentGroup(ctx, &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: &r.names.Application, CurrentDeploymentGroupName: &r.names.DeploymentGroup,
		DeploymentConfigName:      aws.String("CodeDeployDefault.ECSCanary10Percent5Minutes"),
		AutoRollbackConfiguration: &cdtypes.AutoRollbackConfiguration{Enabled: true, Events: []cdtypes.AutoRollbackEvent{cdtypes.AutoRollbackEventDeploymentFailure}},
		AlarmConfiguration:        &cdtypes.AlarmConfiguration{Enabled: true, Alarms: []cdtypes.Alarm{{Name: aws.String("stuck")}, {Name: aws.String("nobodys")}}},
		BlueGreenDeploymentConfiguration: &cdtypes.BlueGreenDeploymentConfiguration{
			TerminateBlueInstancesOnDeploymentSuccess: &cdtypes.BlueInstanceTerminationOption{Action: cdtypes.InstanceActionTerminate},
			DeploymentReadyOption:                     &cdtypes.DeploymentReadyOption{ActionOnTimeout: cdtypes.DeploymentReadyActionContinueDeployment},
		},
	}))
	alarms := cloudwatch.NewFromConfig(r.aws) // one that keeps its state while there is no data
	must[*cloudwatch.PutMetricAlarmOutput](r)(alarms.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{AlarmName: aws.String("stuck"), Namespace: aws.String("Shop"), MetricName: aws.String("Lost"),
		Statistic: "Sum", Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: "GreaterThanThreshold", TreatMissingData: aws.String("ignore")}))
	must[*cloudwatch.SetAlarmStateOutput](r)(alarms.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("stuck"), StateValue: "ALARM", StateReason: aws.String("a test")}))
	must[*aas.RegisterScalableTargetOutput](r)(aas.NewFromConfig(r.aws).RegisterScalableTarget(ctx, &aas.RegisterScalableTargetInput{
		ServiceNamespace: aastypes.ServiceNamespaceEcs, ResourceId: aws.String("service/" + r.names.Cluster + "/" + r.names.Service),
		ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount, MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(9)}))
	r.opens(8080)
	buses := eventbridge.NewFromConfig(r.aws)
	for _, rule := range must[*eventbridge.ListRulesOutput](r)(buses.ListRules(ctx, &eventbridge.ListRulesInput{})).Rules {
		must[*eventbridge.DisableRuleOutput](r)(buses.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: rule.Name}))
	}
	must[*lambda.DeleteFunctionOutput](r)(lambda.NewFromConfig(r.aws).DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: &r.names.VerifyFunction}))
}

// opens lets everybody come to a port of the load balancer, as a person does in a hurry.
func (r *room) opens(port int) {
	r.t.Helper()
	out := must[*elb.DescribeLoadBalancersOutput](r)(elb.NewFromConfig(r.aws).DescribeLoadBalancers(r.t.Context(), &elb.DescribeLoadBalancersInput{}))
	p := strconv.Itoa(port)
	ask, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, "http://"+r.Host(), strings.NewReader(url.Values{
		"Action": {"AuthorizeSecurityGroupIngress"}, "Version": {"2016-11-15"}, "GroupId": {out.LoadBalancers[0].SecurityGroups[0]},
		"IpPermissions.1.IpProtocol": {"tcp"}, "IpPermissions.1.FromPort": {p}, "IpPermissions.1.ToPort": {p}, "IpPermissions.1.IpRanges.1.CidrIp": {"0.0.0.0/0"},
	}.Encode()))
	r.need(err)
	ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	ask.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=operator/20260101/"+sandbox.Region+"/ec2/aws4_request, SignedHeaders=host, Signature=0")
	answer := must[*http.Response](r)(http.DefaultClient.Do(ask))
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		r.t.Fatalf("%s: %s", answer.Status, text)
	}
}

func TestTheDoctorFindsWhatAStackUpdateMustNotDo(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	shipped, next := filepath.Join("..", "..", "infra", "assembly"), t.TempDir()
	if err := os.CopyFS(next, os.DirFS(shipped)); err != nil {
		t.Fatal(err)
	}
	tells(t, r.shown(0, "doctor", "--stack", "--assembly", shipped), "stack cutover can be updated\n", "stack sample-website can be updated\n")

	name := filepath.Join(next, "sample-website.template.json")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.ReplaceAll(string(text), `"Port": 8080,`, `"Port": 8081,`)
	if err := os.WriteFile(name, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	answersAs(t, "../../docs/doctor.md", "cutover doctor --stack", r.shown(1, "doctor", "--stack", "--assembly", next))
	changed = strings.ReplaceAll(changed, `"Scheme": "internet-facing"`, `"Scheme": "internal"`)
	if err := os.WriteFile(name, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	out := r.shown(1, "doctor", "--stack", "--assembly", next)
	tells(t, out, "stack cutover can be updated\n", "stack sample-website must not be updated so\n", "touched ", ".Properties.Port (AWS::ElasticLoadBalancingV2::Listener)",
		"refused ", ".Properties.Scheme (AWS::ElasticLoadBalancingV2::LoadBalancer)", "in the way of deploying the stacks")
	tells(t, r.shown(0, "doctor", "cutover", "--stack", "--assembly", next), "stack cutover can be updated\n")
	tells(t, r.shown(2, "doctor", "nobody", "--stack", "--assembly", next), "it has no such stack")
	tells(t, r.shown(2, "doctor", "--stack", "--assembly", t.TempDir()), "run make synth first")
}
