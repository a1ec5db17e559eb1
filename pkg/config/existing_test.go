package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stood is a service that stood before, with further keys, and its existing parts changed by pairs of old and new text.
func stood(keys string, changes ...string) string {
	const existing = `{"cluster": "prod", "service": "Shop_Web", "application": "shop-app", "deploymentGroup": "shop-group", "family": "shop-task",
		"roles": ["arn:aws:iam::111122223333:role/exec"],
		"productionListener": "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/shop/0a/1",
		"testListener": "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/shop/0a/2",
		"targetGroups": ["arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/blue/3", "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/green/4"]}`
	return `{"services": [{"name": "shop", "existing": ` + strings.NewReplacer(changes...).Replace(existing) + keys + `}]}`
}

func TestAServiceThatStoodKeepsItsNamesAndItsStackHasOurs(t *testing.T) {
	c, err := Parse([]byte(stood(`, "image": {"repository": "shop/web"}, "task": {"container": "web", "port": 3000}`)), ranges)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Services[0]
	want := Names{
		Stack: "shop", Cluster: "prod", Service: "Shop_Web", Title: "Shop", Family: "shop-task", BaseFamily: "shop-task", LogGroup: "/ecs/shop-task",
		Container: "web", Repository: "shop/web", LoadBalancer: "shop", SecurityGroup: "shop-sg", TargetGroups: [2]string{"blue", "green"},
		Application: "shop-app", DeploymentGroup: "shop-group", Alarms: [2]string{"shop-tg-1-5xx", "shop-tg-2-5xx"},
		ReleaseFunction: "shop-release", VerifyFunction: "CodeDeployHook_shop", ReportFunction: "shop-report", WatchRule: "shop-starts", Schedule: "shop-release",
	}
	if diff := cmp.Diff(want, s.Names(c.Platform.Cluster)); diff != "" {
		t.Error(diff)
	}
	if s.DesiredCount != nil || s.Task.CPU != 0 || s.Task.PlatformVersion != "" || s.LoadBalancer.HealthCheck.Path != "" || !s.Image.Existing {
		t.Errorf("what is another's is given defaults: %+v", s)
	}
	again, err := c.Complete(ranges)
	if err != nil {
		t.Fatalf("a complete configuration is refused: %v", err)
	}
	if diff := cmp.Diff(c, again); diff != "" {
		t.Error(diff)
	}
	d := Deployed{Service: s, Stage: Main, Cluster: "prod", Base: "arn:aws:ecs:us-east-1:111122223333:task-definition/shop-task"}
	env, err := d.Environment()
	if err != nil {
		t.Fatal(err)
	}
	read, err := FromEnvironment(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, read); diff != "" || read.Names() != s.Names("cutover") {
		t.Errorf("a function is told otherwise: %s", diff)
	}
}

func TestWhatOnlyAStackOfOursCouldMakeIsRefusedForAServiceThatStood(t *testing.T) {
	const made = "change it where"
	for name, c := range map[string]struct{ document, want string }{
		"count":                  {stood(`, "desiredCount": 2`), "services[0].desiredCount: is the service's own"},
		"scaling":                {stood(`, "scaling": {"min": 1, "max": 2, "cpu": 50}`), "Say existing.scaled"},
		"size":                   {stood(`, "task": {"cpu": 256}`), "services[0].task.cpu: is of the revision that serves"},
		"environment":            {stood(`, "task": {"environment": {"A": "b"}}`), "services[0].task.environment: is of the revision"},
		"capacity":               {stood(`, "task": {"capacity": [{"provider": "FARGATE"}]}`), "services[0].task.capacity"},
		"shared":                 {stood(`, "loadBalancer": {"shared": true}`), "services[0].loadBalancer.shared: is of the load balancer that stands"},
		"HTTPS":                  {stood(`, "loadBalancer": {"https": {"certificate": "arn:aws:acm:us-east-1:111122223333:certificate/a"}}`), "loadBalancer.https: "},
		"health check":           {stood(`, "loadBalancer": {"healthCheck": {"path": "/up"}}`), made},
		"canary":                 {stood(`, "deployment": {"canary": {"percentage": 10, "interval": "5m"}}`), "services[0].deployment.canary: is the deployment group's own"},
		"alarms":                 {stood(`, "deployment": {"alarms": ["a"]}`), "services[0].deployment.alarms: is the deployment group's own"},
		"no cluster":             {stood("", `"cluster": "prod", `, ""), "services[0].existing.cluster: is missing; `cutover adopt`"},
		"no roles":               {stood("", `["arn:aws:iam::111122223333:role/exec"]`, `[]`), "services[0].existing.roles: is empty"},
		"no role":                {stood("", `role/exec`, `user/me`), "services[0].existing.roles[0]"},
		"one target group":       {stood("", `targetgroup/green/4`, `targetgroup/blue/3`), "must be the deployment group's pair of target groups, and are 1"},
		"network load balancer":  {stood("", `listener/app/shop/0a/1`, `listener/net/shop/0a/1`), "a network load balancer has no test of green"},
		"one listener":           {stood("", `shop/0a/2`, `shop/0a/1`), "services[0].existing.testListener: is the production listener"},
		"two load balancers":     {stood("", `shop/0a/2`, `other/0b/2`), "is on another load balancer"},
		"internal without a VPC": {stood(`, "loadBalancer": {"internal": true}`), "platform.vpc.id: is missing"},
		"an unknown key":         {stood("", `"cluster"`, `"clustr"`), `services[0].existing.clustr: is not a key here; there are: application, cluster`},
		"no way to the test": {strings.Replace(stood("", `"cluster"`, `"securityGroup": "sg-0a", "cluster"`), `{"services"`,
			`{"platform": {"vpc": {"id": "vpc-1", "privateSubnets": ["subnet-1"]}}, "services"`, 1), "platform.vpc.natAddresses: must name"},
		"adopted twice": {strings.TrimSuffix(stood(""), "]}") + ", " + strings.TrimPrefix(strings.Replace(stood(""), `"name": "shop"`, `"name": "store"`, 1), `{"services": [`),
			`services[1].existing.service: "Shop_Web" is adopted by services[0] already`},
	} {
		if _, err := Parse([]byte(c.document), ranges); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nnot: %s", name, err, c.want)
		}
	}
}
