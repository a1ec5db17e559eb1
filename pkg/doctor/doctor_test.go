package doctor

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	elbcall "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/doctor/groups"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

var update = flag.Bool("update", false, "write the table of docs/doctor.md again")

func plan(t *testing.T, service string, environ ...string) Plan {
	t.Helper()
	c, err := config.Parse([]byte(`{"services": [{"name": "web"`+service+`}]}`), policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	return Plan{Platform: c.Platform, Service: c.Services[0], Environ: environ}
}

func TestEveryPitfallIsCheckedOrSaysWhyNot(t *testing.T) {
	for i, p := range Pitfalls {
		if p.Number != i+1 || p.Title == "" || (p.Planned() || p.Live()) == (p.Otherwise != "") || p.Live() != (len(p.reads) > 0) {
			t.Errorf("pitfall %d: %+v", i+1, p)
		}
	}
}

func TestWhatIsWrittenDownIsExamined(t *testing.T) {
	for name, c := range map[string]struct {
		plan Plan
		want map[int]string
	}{
		"what is by default":                {plan(t, ``), nil},
		"a sandbox for all":                 {plan(t, ``, "AWS_ENDPOINT_URL=http://a", "AWS_ENDPOINT_URL_ECS=http://a"), nil},
		"a short wait behind another":       {plan(t, `, "whenNewer": {"terminationWait": "wait"}`), nil},
		"a long wait that a push ends":      {plan(t, `, "deployment": {"terminationWait": "10h"}`), nil},
		"a long wait behind another":        {plan(t, `, "deployment": {"terminationWait": "10h"}, "whenNewer": {"terminationWait": "wait"}`), map[int]string{3: "10h"}},
		"nobody watches starts":             {plan(t, `, "watch": {"failedStarts": 0}`), map[int]string{6: "an hour later"}},
		"what is stopped is not undone":     {plan(t, `, "deployment": {"rollback": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]}`), map[int]string{13: "lacks DEPLOYMENT_STOP_ON_REQUEST"}},
		"blue goes at once":                 {plan(t, `, "deployment": {"terminationWait": "0s"}`), map[int]string{30: "terminationWait is 0"}},
		"one service's calls go elsewhere":  {plan(t, ``, "AWS_ENDPOINT_URL_CODEDEPLOY=http://a"), map[int]string{32: "AWS_ENDPOINT_URL_CODEDEPLOY=http://a: the calls to other services go to AWS"}},
		"all but one go to the sandbox":     {plan(t, ``, "AWS_ENDPOINT_URL=http://a", "AWS_ENDPOINT_URL_ECS=https://b"), map[int]string{32: "go to http://a"}},
		"several things, all told together": {plan(t, `, "watch": {"failedStarts": 0}, "deployment": {"terminationWait": "0s"}`), map[int]string{6: "", 30: ""}},
	} {
		r, err := Examine(t.Context(), c.plan, nil)
		if err != nil || r.Live {
			t.Error(name, r, err)
		}
		for _, f := range r.Findings {
			words, expected := c.want[f.Pitfall]
			if !expected || !strings.Contains(f.Evidence, words) || f.Fix == "" {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if len(r.Findings) != len(c.want) {
			t.Errorf("%s: %d findings: %+v", name, len(r.Findings), r.Findings)
		}
	}
}

// standing are the facts of a set-up in which the checks below find nothing.
func standing() *facts {
	return &facts{
		subject: subject{described: config.Service{Name: "web"}, hooks: []string{"CodeDeployHook_web"}},
		service: &ecstypes.Service{},
		primary: &live.Revision{Definition: &ecstypes.TaskDefinition{ExecutionRoleArn: aws.String("arn:aws:iam::1:role/ecsTaskExecutionRole")}},
		group:   &cdtypes.DeploymentGroupInfo{}, attached: []string{limited},
		hooked: map[string]*lambda.GetFunctionConfigurationOutput{"CodeDeployHook_web": {State: lambdatypes.StateActive}},
	}
}

func TestWhatStandsIsExamined(t *testing.T) {
	for name, c := range map[string]struct {
		check  func(*facts) []Finding
		change func(*facts)
		want   string
	}{
		"the limited policy and a hook that it admits":  {uninvocable, func(*facts) {}, ""},
		"the limited policy and another hook":           {uninvocable, func(f *facts) { f.hooks = append(f.hooks, "smoke") }, "the hook is smoke"},
		"another policy beside it":                      {uninvocable, func(f *facts) { f.hooks, f.inline = []string{"smoke"}, []string{"more"} }, ""},
		"the limited policy and a role that it passes":  {unpassable, func(*facts) {}, ""},
		"the limited policy and another role":           {unpassable, func(f *facts) { f.primary.Definition.TaskRoleArn = aws.String("arn:aws:iam::1:role/app/web") }, "work as web"},
		"the whole policy and another role":             {unpassable, func(f *facts) { f.primary.Definition.TaskRoleArn, f.attached = aws.String("x/web"), []string{whole} }, ""},
		"a hook that runs":                              {deadHooks, func(*facts) {}, ""},
		"a hook that has failed":                        {deadHooks, func(f *facts) { f.hooked["CodeDeployHook_web"].State = lambdatypes.StateFailed }, "is Failed"},
		"a hook whose update has failed":                {deadHooks, func(f *facts) { f.hooked["CodeDeployHook_web"].LastUpdateStatus = lambdatypes.LastUpdateStatusFailed }, "last update"},
		"no alarm is asked":                             {alarmFlaws, primary, "asks no alarm"},
		"an alarm of the whole load balancer":           {alarmFlaws, balancerAlarm, "counts the whole load balancer"},
		"blue is kept":                                  {noWait, kept, "keeps blue alive"},
		"a task set that has been draining for a day":   {undying, drains(24*time.Hour, 1), "still runs 1 tasks"},
		"a task set that has been draining for minutes": {undying, drains(time.Minute, 1), ""},
		"a task set that has nothing left":              {undying, drains(24*time.Hour, 0), ""},
		"a hold that nobody needs":                      {scalingFlaws, func(f *facts) { f.service.Tags = held }, "held still"},
		"a hold in a deployment": {scalingFlaws, func(f *facts) {
			f.service.Tags, f.deployments = held, []cdtypes.DeploymentInfo{{Status: cdtypes.DeploymentStatusInProgress}}
		}, ""},
		"no schedule":                           {asleep, func(*facts) {}, "there is no schedule"},
		"starts that nobody wants watched":      {unheard, func(*facts) {}, ""},
		"starts that nobody is told of":         {unheard, starts(3, nil), "there is no rule"},
		"starts whose rule is disabled":         {unheard, starts(3, &eventbridge.DescribeRuleOutput{State: ebtypes.RuleStateDisabled}), "is disabled"},
		"starts that are watched":               {unheard, starts(3, &eventbridge.DescribeRuleOutput{State: ebtypes.RuleStateEnabled}), ""},
		"starts that are watched on no account": {unheard, starts(0, nil), ""},

		"everybody at the test port":         {openDoors, door(groups.Rule{Protocol: "tcp", From: 8080, To: 8080, CIDRv4: "0.0.0.0/0"}), "sgr-1 of the security group sg-1 admits 0.0.0.0/0 to the test listener's port 8080: anybody sees"},
		"everybody at a range of ports":      {openDoors, door(groups.Rule{Protocol: "6", From: 1, To: 65535, CIDRv6: "::/0"}), "admits ::/0"},
		"everybody at every port":            {openDoors, door(groups.Rule{Protocol: "-1", From: -1, To: -1, CIDRv4: "0.0.0.0/0"}), "--security-group-rule-ids sgr-1"},
		"everybody at an internal test port": {openDoors, internal(groups.Rule{Protocol: "-1", CIDRv4: "0.0.0.0/0"}), "anybody in the networks that reach the internal load balancer"},
		"everybody at the production port":   {openDoors, door(groups.Rule{Protocol: "tcp", From: 80, To: 80, CIDRv4: "0.0.0.0/0"}), ""},
		"everybody's datagrams":              {openDoors, door(groups.Rule{Protocol: "udp", From: 8080, To: 8080, CIDRv4: "0.0.0.0/0"}), ""},
		"the way out":                        {openDoors, door(groups.Rule{Protocol: "-1", CIDRv4: "0.0.0.0/0", Egress: true}), ""},
		"one address at the test port":       {openDoors, door(groups.Rule{Protocol: "tcp", From: 8080, To: 8080, CIDRv4: "198.51.100.7/32"}), ""},
		"a group at the test port":           {openDoors, door(groups.Rule{Protocol: "tcp", From: 8080, To: 8080}), ""},
		"a load balancer without groups":     {openDoors, func(f *facts) { f.test = &elbcall.Listener{Port: 8080} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := standing()
			c.change(f)
			found := fmt.Sprint(c.check(f))
			if c.want == "" && found != "[]" || !strings.Contains(found, c.want) {
				t.Errorf("%s", found)
			}
		})
	}
}

var held = []ecstypes.Tag{{Key: aws.String(live.TagHold), Value: aws.String("in out since 2026-01-01T00:00:00Z")}}

func starts(allowed int, rule *eventbridge.DescribeRuleOutput) func(*facts) {
	return func(f *facts) { f.described.Watch.FailedStarts, f.starts = &allowed, rule }
}

// door is the one rule of the security group of a load balancer whose test port is 8080.
func door(r groups.Rule) func(*facts) {
	r.ID, r.Group = "sgr-1", "sg-1"
	return func(f *facts) {
		f.test, f.balancer, f.doors = &elbcall.Listener{Port: 8080}, &elbtypes.LoadBalancer{}, []groups.Rule{r}
	}
}

func internal(r groups.Rule) func(*facts) {
	return func(f *facts) {
		door(r)(f)
		f.balancer.Scheme = elbtypes.LoadBalancerSchemeEnumInternal
	}
}

func primary(f *facts) {
	f.service.TaskSets = []ecstypes.TaskSet{{Status: aws.String(live.StatusPrimary)}}
}

func balancerAlarm(f *facts) {
	primary(f)
	f.group.AlarmConfiguration = &cdtypes.AlarmConfiguration{Enabled: true, Alarms: []cdtypes.Alarm{{Name: aws.String("5xx")}}}
	f.alarms = []cwtypes.MetricAlarm{{AlarmName: aws.String("5xx"), Namespace: aws.String("AWS/ApplicationELB"), Dimensions: []cwtypes.Dimension{{Name: aws.String("LoadBalancer")}}}}
}

func kept(f *facts) {
	f.group.BlueGreenDeploymentConfiguration = &cdtypes.BlueGreenDeploymentConfiguration{
		TerminateBlueInstancesOnDeploymentSuccess: &cdtypes.BlueInstanceTerminationOption{Action: cdtypes.InstanceActionKeepAlive}}
}

func drains(since time.Duration, tasks int32) func(*facts) {
	return func(f *facts) {
		f.service.TaskSets = []ecstypes.TaskSet{{Status: aws.String(live.StatusDraining), RunningCount: tasks, UpdatedAt: aws.Time(time.Now().Add(-since))}}
	}
}

var errRefused = errors.New("AccessDenied")

func TestPartsThatCouldNotBeReadAreToldWithWhatTheyHide(t *testing.T) {
	f := standing()
	f.failed = map[part]error{ofAlarms: errRefused}
	got := f.unread(true)
	if len(got) != 1 || got[0].Why != "the alarms could not be read: AccessDenied" || len(got[0].Pitfalls) == 0 {
		t.Errorf("%+v", got)
	}
	r := Report{Findings: []Finding{}}
	f.service.TaskSets = []ecstypes.TaskSet{{Status: aws.String(live.StatusPrimary)}}
	f.failed = map[part]error{}
	for _, p := range Pitfalls {
		for _, of := range p.reads {
			f.failed[of] = errRefused
		}
	}
	if r.examine(f); len(r.Findings) > 0 {
		t.Errorf("found without having looked: %+v", r.Findings)
	}
}

func TestThePageListsEveryPitfall(t *testing.T) {
	var table strings.Builder
	table.WriteString("| # | What goes wrong | Looked for |\n| --- | --- | --- |\n")
	for _, p := range Pitfalls {
		where := p.Otherwise
		switch {
		case p.Planned() && p.Live():
			where = "in the configuration and in AWS"
		case p.Planned():
			where = "in the configuration"
		case p.Live():
			where = "in AWS"
		default:
			where = "not: " + where
		}
		fmt.Fprintf(&table, "| %d | %s | %s |\n", p.Number, p.Title, where)
	}
	page := filepath.Join("..", "..", "docs", "doctor.md")
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- pitfalls -->\n", "<!-- end of pitfalls -->"
	before, rest, ok := strings.Cut(string(content), begin)
	was, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("docs/doctor.md has no place for the table")
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+begin+table.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(was, table.String()); diff != "" {
		t.Errorf("run go test ./pkg/doctor -run Page -update:\n%s", diff)
	}
}
