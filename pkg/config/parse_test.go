package config

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

func sample(t *testing.T) Service {
	t.Helper()
	c, err := Parse([]byte(`{"services": [{"name": "sample-website"}]}`), ranges)
	if err != nil {
		t.Fatal(err)
	}
	return c.Services[0]
}

func TestANameAloneGivesTheWalkthroughOfAWS(t *testing.T) {
	s := sample(t)
	got := s.Names("cutover")
	want := Names{
		Stack: "sample-website", Cluster: "cutover", Service: "Sample-Website", Title: "Sample Website",
		Family: "sample-website", BaseFamily: "sample-website-base", LogGroup: "/ecs/sample-website", Container: "sample-website", Repository: "sample-website",
		LoadBalancer: "sample-website-alb", SecurityGroup: "sample-website-sg",
		TargetGroups: [2]string{"sample-website-tg-1", "sample-website-tg-2"},
		Application:  "AppECS-cutover-Sample-Website", DeploymentGroup: "DgpECS-cutover-Sample-Website",
		Alarms:          [2]string{"sample-website-tg-1-5xx", "sample-website-tg-2-5xx"},
		ReleaseFunction: "sample-website-release", VerifyFunction: "CodeDeployHook_sample-website", ReportFunction: "sample-website-report", Schedule: "sample-website-release",
		WatchRule: "sample-website-starts",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if s.Task.CPU != 256 || s.Task.Memory != 512 || s.Task.Port != 80 || s.Task.Architecture != "arm64" {
		t.Errorf("task is %+v", s.Task)
	}
	if s.LoadBalancer.ProductionPort != 80 || s.LoadBalancer.TestPort != 8080 || s.LoadBalancer.Internal {
		t.Errorf("load balancer is %+v", s.LoadBalancer)
	}
	if s.Deployment.Config != "CodeDeployDefault.ECSAllAtOnce" || s.Deployment.TerminationWait.Std() != time.Hour || len(s.Deployment.Rollback) != 3 {
		t.Errorf("deployment is %+v", s.Deployment)
	}
	if s.Image.Tag != "latest" || s.Schedule.Std() != 5*time.Minute || *s.DesiredCount != 1 {
		t.Errorf("image %+v, schedule %s, count %d", s.Image, s.Schedule, *s.DesiredCount)
	}
	want1 := []Check{{Name: "GET /", Method: "GET", Path: "/", Expect: Expect{Latency: Duration(5 * time.Second)}}}
	if d := cmp.Diff(want1, s.Verify.Checks); d != "" {
		t.Error(d)
	}
}

func TestAConfigurationThatAProgramWroteIsCompletedAndChecked(t *testing.T) {
	given := Config{Services: []Service{{Name: "shop", Verify: Suite{Checks: []Check{{Path: "/health"}}}}}}
	got, err := given.Complete(ranges)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Parse([]byte(`{"services": [{"name": "shop", "verify": {"checks": [{"path": "/health"}]}}]}`), ranges)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if given.Services[0].Task.CPU != 0 || given.Services[0].Verify.Checks[0].Method != "" {
		t.Errorf("what was given is changed: %+v", given.Services[0])
	}
	given.Services[0].Task.CPU = 300
	if _, err := given.Complete(ranges); err == nil || !strings.Contains(err.Error(), "services[0].task.cpu: 300 is not a Fargate size") {
		t.Errorf("got %v", err)
	}
}

func TestScalingTakesThePlaceOfTheCountAndHasItsDefaults(t *testing.T) {
	c, err := Parse([]byte(`{"services": [{"name": "shop", "scaling": {"min": 2, "max": 8, "cpu": 60, "scaleInCooldown": "0s"}}]}`), ranges)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Services[0]
	five, none := Duration(5*time.Minute), Duration(0)
	want := &Scaling{Min: 2, Max: 8, CPU: 60, ScaleInCooldown: &none, ScaleOutCooldown: &five, HoldUntil: Moved}
	if d := cmp.Diff(want, s.Scaling); d != "" || s.DesiredCount != nil || s.MostTasks() != 8 {
		t.Errorf("count %v, at most %d; scaling (-want +got):\n%s", s.DesiredCount, s.MostTasks(), d)
	}
	if n := sample(t).MostTasks(); n != 1 {
		t.Errorf("without scaling, at most %d", n)
	}
}

func TestEveryMistakeIsToldWithItsPathAtOnce(t *testing.T) {
	_, err := Parse([]byte(`{
		"platfrom": {},
		"services": [{"name": "Shop", "task": {"cpu": "256", "Memory": 1}, "verify": {"checks": [{"path": "x", "expect": {"json": {"a[": 1}}}]}}, {}]
	}`), ranges)

	var all Findings
	if !errors.As(err, &all) {
		t.Fatalf("the error is %v", err)
	}
	for _, want := range []string{
		"the configuration has 7 mistakes:",
		"platfrom: is not a key here; there are: platform, services",
		`services[0].task.cpu: must be a whole number, not the text "256"`,
		`services[0].task.Memory: is not a key here; did you mean "memory"?`,
		`services[0].name: "Shop" must be lower-case letters`,
		`services[0].verify.checks[0].path: "x" must be a path that begins with one "/"`,
		`services[0].verify.checks[0].expect.json.a[: "a[" is not a JMESPath expression`,
		"services[1].name: is missing",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in:\n%v", want, err)
		}
	}
}

func TestBadConfigurationsAreRefusedInASentence(t *testing.T) {
	service := func(keys string) string { return `{"services": [{"name": "shop", ` + keys + `}]}` }
	for name, c := range map[string]struct{ document, want string }{
		"not JSON":                  {`{`, "cutover: is not JSON"},
		"two documents":             {`{} {}`, "something follows"},
		"not an object":             {`[]`, "cutover: must be an object, not a list"},
		"no services":               {`{}`, "services: is empty"},
		"null":                      {`{"services": null}`, "services: must not be null"},
		"long name":                 {`{"services": [{"name": "abcdefghijklmnopqrstuvwxyzab"}]}`, "28 characters; at most 27"},
		"same name twice":           {`{"services": [{"name": "a"}, {"name": "a"}]}`, "services[1].name"},
		"double hyphen":             {`{"services": [{"name": "a--b"}]}`, "single hyphens"},
		"account":                   {`{"platform": {"account": "12"}, "services": [{"name": "a"}]}`, "twelve digits"},
		"region":                    {`{"platform": {"region": "Ohio"}, "services": [{"name": "a"}]}`, "a region such as"},
		"retention":                 {`{"platform": {"logRetentionDays": 31}, "services": [{"name": "a"}]}`, "CloudWatch Logs knows"},
		"subnets without VPC":       {`{"platform": {"vpc": {"publicSubnets": ["subnet-1"]}}, "services": [{"name": "a"}]}`, "platform.vpc.id: is missing"},
		"half a VPC":                {`{"platform": {"vpc": {"id": "vpc-1", "availabilityZones": ["a", "b"]}}, "services": [{"name": "a"}]}`, "must be 2, one a zone, not 0"},
		"VPC with a CIDR":           {`{"platform": {"vpc": {"id": "vpc-1", "cidr": "10.0.0.0/16"}}, "services": [{"name": "a"}]}`, "an existing one has its own"},
		"CIDR":                      {`{"platform": {"vpc": {"cidr": "10.0.0.0/8"}}, "services": [{"name": "a"}]}`, "from /16 to /24"},
		"NAT address":               {`{"platform": {"vpc": {"id": "v", "natAddresses": ["nat-1"]}}, "services": [{"name": "a"}]}`, "is not an IP address"},
		"no way to the test":        {`{"platform": {"vpc": {"id": "v"}}, "services": [{"name": "a"}]}`, "reaches its internet-facing test listener from there"},
		"repository with host":      {service(`"image": {"repository": "x.amazonaws.com/shop:1"}`), "without registry and tag"},
		"tag":                       {service(`"image": {"tag": "v 1"}`), "image.tag"},
		"no tasks":                  {service(`"desiredCount": 0`), "a green without tasks cannot be judged"},
		"a nameless freeze":         {service(`"gates": {"freeze": [{"days": ["sat"]}]}`), "gates.freeze[0].name: is missing"},
		"a zone":                    {service(`"gates": {"freeze": [{"name": "a", "timeZone": "Berlin"}]}`), "is not a time zone such as"},
		"a day":                     {service(`"gates": {"freeze": [{"name": "a", "days": ["saturday"]}]}`), "gates.freeze[0].days[0]"},
		"a time of day":             {service(`"gates": {"freeze": [{"name": "a", "from": "6pm"}]}`), "neither a time of day"},
		"a date":                    {service(`"gates": {"freeze": [{"name": "a", "from": "2026-12-23T18:00", "to": "2026-13-01T08:00"}]}`), "gates.freeze[0].to"},
		"a date and a time of day":  {service(`"gates": {"freeze": [{"name": "a", "from": "2026-12-23T18:00"}]}`), "of different forms"},
		"dates backwards":           {service(`"gates": {"freeze": [{"name": "a", "from": "2026-12-23T18:00", "to": "2026-12-23T17:00"}]}`), "is not after"},
		"dates and days":            {service(`"gates": {"freeze": [{"name": "a", "days": ["sat"], "from": "2026-12-23T18:00", "to": "2026-12-24T17:00"}]}`), "go with times of day"},
		"an alarm":                  {service(`"observe": {"alarms": ["smoke"]}`), "observe.alarms[0]"},
		"no alarms, and some":       {service(`"observe": {"alarms": ["none", "busy"]}`), "stands alone"},
		"a short refusal":           {service(`"observe": {"refusedFor": "20m"}`), "observe.refusedFor"},
		"an endless wait":           {service(`"observe": {"busyFor": "121h"}`), "observe.busyFor"},
		"a severity":                {service(`"gates": {"scan": {"allow": "MEDIUM"}}`), "gates.scan.allow"},
		"an exception without id":   {service(`"gates": {"scan": {"exceptions": [{"until": "2026-12-31", "reason": "a"}]}}`), "gates.scan.exceptions[0].id: is missing"},
		"an exception without end":  {service(`"gates": {"scan": {"exceptions": [{"id": "CVE-2026-1", "reason": "a"}]}}`), "an exception ends"},
		"an exception unexplained":  {service(`"gates": {"scan": {"exceptions": [{"id": "CVE-2026-1", "until": "2026-12-31"}]}}`), "to say why the finding is let through"},
		"an exception twice":        {service(`"gates": {"scan": {"exceptions": [{"id": "CVE-2026-1", "until": "2026-12-31", "reason": "a"}, {"id": "CVE-2026-1", "until": "2026-12-31", "reason": "a"}]}}`), "has an exception already"},
		"a gate's function":         {service(`"gates": {"function": "approve"}`), "must be the ARN of a Lambda function"},
		"count beside scaling":      {service(`"desiredCount": 2, "scaling": {"min": 1, "max": 2, "cpu": 60}`), "desiredCount: stands beside scaling"},
		"scaling to nothing":        {service(`"scaling": {"min": 0, "max": 2, "cpu": 60}`), "scaling.min: 0 must be 1 to 5000"},
		"scaling backwards":         {service(`"scaling": {"min": 3, "max": 2, "cpu": 60}`), "scaling.max: 2 must be from min, 3"},
		"scaling without a limit":   {service(`"scaling": {"min": 3, "cpu": 60}`), "scaling.max: 0 must be from min, 3"},
		"scaling by nothing":        {service(`"scaling": {"min": 1, "max": 2}`), "write cpu, memory or requests"},
		"scaling by too much CPU":   {service(`"scaling": {"min": 1, "max": 2, "cpu": 600}`), "scaling.cpu: 600 must be a percentage"},
		"scaling by less than none": {service(`"scaling": {"min": 1, "max": 2, "requests": -1}`), "scaling.requests: -1"},
		"cooldown":                  {service(`"scaling": {"min": 1, "max": 2, "cpu": 60, "scaleInCooldown": "1500ms"}`), "scaling.scaleInCooldown: 1.5s must be a multiple of 1s"},
		"a hold's end":              {service(`"scaling": {"min": 1, "max": 2, "cpu": 60, "holdUntil": "shift"}`), "one of [moved ended]"},
		"schedule":                  {service(`"schedule": "90s"`), "a multiple of 1m0s"},
		"duration without unit":     {service(`"schedule": "90"`), `must be a duration such as`},
		"duration as number":        {service(`"schedule": 90`), "a duration in quotes"},
		"negative duration":         {service(`"schedule": "-5m"`), "schedule: must be a duration"},
		"cpu":                       {service(`"task": {"cpu": 300}`), "300 is not a Fargate size"},
		"memory for 256":            {service(`"task": {"memory": 4096}`), "Fargate allows 512, 1024 or 2048"},
		"memory for 1024":           {service(`"task": {"cpu": 1024, "memory": 1024}`), "2048 to 8192 in steps of 1024"},
		"architecture":              {service(`"task": {"architecture": "x86_64"}`), "one of [arm64 amd64]"},
		"port":                      {service(`"task": {"port": 70000}`), "70000 is not a port"},
		"variable":                  {service(`"task": {"environment": {"1A": "x"}}`), "task.environment.1A"},
		"secret twice":              {service(`"task": {"environment": {"A": "x"}, "secrets": {"A": "arn:aws:ssm:us-east-1:111122223333:parameter/a"}}`), "a variable has one source"},
		"stop timeout":              {service(`"task": {"stopTimeout": "3m"}`), "task.stopTimeout"},
		"platform version":          {service(`"task": {"platformVersion": "1.4"}`), "task.platformVersion"},
		"role":                      {service(`"task": {"taskRole": "admin"}`), "a role's ARN"},
		"same ports":                {service(`"loadBalancer": {"testPort": 80}`), "80 is services[0].loadBalancer.productionPort already"},
		"health timeout":            {service(`"loadBalancer": {"healthCheck": {"interval": "5s", "timeout": "5s"}}`), "must be shorter than the interval"},
		"health codes":              {service(`"loadBalancer": {"healthCheck": {"codes": "ok"}}`), "healthCheck.codes"},
		"health threshold":          {service(`"loadBalancer": {"healthCheck": {"healthyThreshold": 1}}`), "1 must be 2 to 10"},
		"health path":               {service(`"loadBalancer": {"healthCheck": {"path": "http://x/"}}`), "healthCheck.path"},
		"deployment config":         {service(`"deployment": {"config": "CodeDeployDefault.ECSLinear10PercentEvery1Minute"}`), "is not one of CodeDeploy's for ECS"},
		"termination wait":          {service(`"deployment": {"terminationWait": "49h"}`), "to 48h0m0s"},
		"rollback event":            {service(`"deployment": {"rollback": ["ALWAYS"]}`), "deployment.rollback[0]"},
		"too many alarms":           {service(`"deployment": {"alarms": ["1","2","3","4","5","6","7","8","9"]}`), "at most 8"},
		"when newer":                {service(`"whenNewer": {"inProgress": "kill"}`), "one of [wait stop]"},
		"suite too long":            {service(`"verify": {"timeout": "15m"}`), "at most 14m0s"},
		"images of another partition": {`{"platform": {"region": "us-east-1"}, "services": [{"name": "sample-website", "image": {"region": "cn-north-1"}}]}`,
			`services[0].image.region: "cn-north-1" is of another partition than "us-east-1"`},
		"too many kept revisions":   {service(`"revisions": {"keep": 11}`), "must be 0 to 10"},
		"fewer than no revisions":   {service(`"revisions": {"keep": -1}`), "must be 0 to 10"},
		"settle too long":           {service(`"verify": {"settle": "6m"}`), "leaves no time"},
		"checks too long":           {service(`"verify": {"checks": [{"within": "4m"}, {"within": "2m"}]}`), "longer than the suite's timeout"},
		"method":                    {service(`"verify": {"checks": [{"method": "GET /"}]}`), "an HTTP method"},
		"header":                    {service(`"verify": {"checks": [{"headers": {"a b": "c"}}]}`), "is not a header"},
		"status":                    {service(`"verify": {"checks": [{"expect": {"status": 99}}]}`), "not a status code"},
		"latency":                   {service(`"verify": {"checks": [{"expect": {"latency": "2m"}}]}`), "at most 1m0s"},
		"version without a place":   {service(`"verify": {"version": {}}`), "either header or jmespath"},
		"version with two places":   {service(`"verify": {"version": {"header": "A", "jmespath": "a"}}`), "either header or jmespath"},
		"version of something else": {service(`"verify": {"version": {"header": "A", "is": "commit"}}`), "one of [tag digest revision]"},
		"reserved tag":              {service(`"tags": {"aws:x": "1"}`), "not begin with aws:"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse([]byte(c.document), ranges); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestASecretWrittenByMistakeIsNotRepeated(t *testing.T) {
	_, err := Parse([]byte(`{"services": [{"name": "shop", "task": {"secrets": {"KEY": "hunter2"}}}]}`), ranges)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestTheShippedConfigurationIsTheSampleWebsite(t *testing.T) {
	document, err := os.ReadFile("../../cdk.json")
	if err != nil {
		t.Skip("cdk.json is not here: ", err)
	}
	c, err := FromCDK(document, ranges)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Find("sample-website")
	if err != nil || s.Image.Tag != "v*" {
		t.Errorf("got %+v, %v", s.Image, err)
	}
	if _, err := c.Find("shop"); err == nil || !strings.Contains(err.Error(), "which has: sample-website") {
		t.Errorf("got %v", err)
	}
}

func TestACdkJSONWithoutOursSaysWhatToWrite(t *testing.T) {
	for _, document := range []string{`{}`, `{"context": {}}`, `nonsense`} {
		if _, err := FromCDK([]byte(document), ranges); err == nil || !strings.Contains(err.Error(), "cdk.json") {
			t.Errorf("%s: got %v", document, err)
		}
	}
}

func TestWhatTheStackWroteTheFunctionReads(t *testing.T) {
	d := Deployed{
		Service: sample(t), Stage: appspec.AfterAllowTestTraffic, Cluster: "cutover", Base: "arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website-base:3",
		Subnets: []string{"subnet-1", "subnet-2"}, SecurityGroups: []string{"sg-1"},
	}
	env, err := d.Environment()
	if err != nil {
		t.Fatal(err)
	}
	got, err := FromEnvironment(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, got); diff != "" {
		t.Error(diff)
	}
	if n := len(env[EnvService]); n > 1500 {
		t.Errorf("the sample website takes %d bytes of the environment's 4096", n)
	}
}

func TestAnEnvironmentThatIsNotOursIsToldWhole(t *testing.T) {
	_, err := FromEnvironment(func(name string) string { return map[string]string{EnvService: "!"}[name] })
	for _, want := range []string{EnvCluster, EnvBase, EnvSubnets, EnvSecurityGroups, EnvService + ": is not base64"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in %v", want, err)
		}
	}
}
