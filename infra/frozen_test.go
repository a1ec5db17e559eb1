//go:build !race

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/stackupdate"
)

// atCreation are the keys that may only be set when a service is created, with the reason. Everything else may change
// at any time and leaves the frozen resources' text alone.
var atCreation = map[string]string{
	"platform.name":                                          "the network's exports carry it",
	"platform.cluster":                                       "a service cannot move to another cluster",
	"platform.vpc.id":                                        "neither a load balancer nor a target group can move to another network",
	"platform.vpc.privateSubnets":                            "ECS refuses new subnets on a service that CodeDeploy deploys",
	"services[].name":                                        "all names are made of it",
	"services[].loadBalancer.internal":                       "a load balancer cannot change its scheme",
	"services[].loadBalancer.shared":                         "neither a listener nor a target group can move to another load balancer",
	"services[].loadBalancer.https.certificate":              "CloudFormation would reset the listener's action with its default certificate; others are added in certificates",
	"services[].loadBalancer.https.policy":                   "CloudFormation would reset the listener's action with its policy",
	"platform.repositoryKey":                                 "ECR's encryption cannot change: CloudFormation would replace the repository under its name",
	"platform.placeholder":                                   "the bootstrap revision is the service's own",
	"platform.loadBalancer.internal":                         "a load balancer cannot change its scheme",
	"platform.loadBalancer.arn":                              "neither a listener nor a target group can move to another load balancer",
	"services[].loadBalancer.productionPort":                 "CloudFormation would reset the listener's action with its port",
	"services[].loadBalancer.testPort":                       "CloudFormation would reset the listener's action with its port",
	"services[].loadBalancer.healthCheck.path":               "the target group's own; a later change is an in-place ModifyTargetGroup that touches no traffic",
	"services[].loadBalancer.healthCheck.interval":           "as healthCheck.path",
	"services[].loadBalancer.healthCheck.timeout":            "as healthCheck.path",
	"services[].loadBalancer.healthCheck.codes":              "as healthCheck.path",
	"services[].loadBalancer.healthCheck.healthyThreshold":   "as healthCheck.path",
	"services[].loadBalancer.healthCheck.unhealthyThreshold": "as healthCheck.path",
	"services[].loadBalancer.deregistrationDelay":            "as healthCheck.path",
}

// frozen resources: their text never changes after creation. A listener that leads from HTTP to HTTPS is none: it has
// no target group, and CodeDeploy does not know it.
func frozen(r resource) bool {
	return stackupdate.Frozen(r.Type, r.Properties) || r.Type == "AWS::ElasticLoadBalancingV2::TargetGroup" ||
		r.Type == "AWS::ECS::TaskDefinition" && !strings.HasSuffix(fmt.Sprint(r.Properties["Family"]), "-base")
}

// encrypted begins the entry of what encrypts a repository.
const encrypted = "what encrypts the repository "

// altered is how frozen text would change. A repository may come and go; it stays when it is in the stack no longer.
func altered(before, after map[string]string) string {
	both := func(of, other map[string]string) map[string]string {
		of = maps.Clone(of)
		maps.DeleteFunc(of, func(key, _ string) bool { _, there := other[key]; return strings.HasPrefix(key, encrypted) && !there })
		return of
	}
	return cmp.Diff(both(before, after), both(after, before))
}

// frozenText is the text of the frozen resources, and the part of those that they refer to whose change would
// replace them: a replaced load balancer or security group changes a frozen resource without a word of its text.
func frozenText(s stacks) map[string]string {
	replacing := []string{"AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::EC2::SecurityGroup"}
	out := map[string]string{}
	for stack, t := range s {
		for id, r := range t.Resources {
			if frozen(r) {
				out[stack+" "+id] = text(r)
			}
			if r.Type == "AWS::ECR::Repository" {
				out[encrypted+fmt.Sprint(r.Properties["RepositoryName"])] = text(r.Properties["EncryptionConfiguration"])
			}
			if semantics, _ := stackupdate.Of(r.Type); slices.Contains(replacing, r.Type) {
				for _, property := range semantics.Fixed {
					out[stack+" "+id+" "+property] = text(r.Properties[property])
				}
			}
		}
	}
	return out
}

func TestFrozenResourcesKeepTheirTextWhateverTheConfigurationSays(t *testing.T) {
	moved, tried := map[string]bool{}, map[string]bool{}
	for _, document := range []string{filled, shared, maximal, together, brought, adopted} {
		before := frozenText(synth(t, document))
		for path, tree := range changed(t, document) {
			if tried[path] && (atCreation[path] == "" || moved[path]) {
				continue
			}
			tried[path] = true
			s, err := synthesized(t, parsedAt(t, path, tree))
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if diff := altered(before, frozenText(s)); diff != "" {
				moved[path] = true
				if atCreation[path] == "" {
					t.Errorf("changing %s changes frozen resources:\n%s", path, diff)
				}
			}
		}
	}
	for _, path := range keys(reflect.TypeFor[config.Config](), "") {
		if !tried[path] && !slices.Contains(fromFiles, path) {
			t.Errorf("%s is a key of the configuration, but no document of this test has it", path)
		}
	}
	for path := range atCreation {
		if !moved[path] {
			t.Errorf("%s is listed as settable at creation only, but changes nothing frozen", path)
		}
	}
}

// shared has what goes with a new network only.
const shared = `{"platform": {"name": "cutover", "cluster": "web", "vpc": {"cidr": "10.0.0.0/16"},
		"notify": {"destinations": [{"name": "commits", "github": {"token": "arn:aws:secretsmanager:us-east-1:111122223333:secret:github-AbCdEf",
			"api": "https://api.github.com", "host": "github.com", "environment": "production", "environmentURL": "https://sample.example/"}}]}},
	"services": [{"name": "sample-website"}]}`

// filled is a service that says everything, so that every key can be changed where it stands.
const filled = `{
	"platform": {"name": "cutover", "account": "111122223333", "region": "us-east-1", "cluster": "web", "reserveConcurrency": true,
		"repositoryKey": "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-11ee-8c99-0242ac120003",
		"logRetentionDays": 30, "notify": {"destinations": [{"name": "ops", "topic": "arn:aws:sns:us-east-1:111122223333:ops", "services": [], "stages": ["live", "failed"]}]},
		"reports": {"bucket": "reports-of-ours", "prefix": "verify/", "keepDays": 90}, "vpc": {"id": "vpc-1", "availabilityZones": ["us-east-1a", "us-east-1b"], "publicSubnets": ["subnet-1", "subnet-2"],
		"privateSubnets": ["subnet-3", "subnet-4"], "natAddresses": ["192.0.2.1"]}},
	"services": [{"name": "sample-website", "image": {"repository": "site", "tag": "v*"},
		"task": {"cpu": 1024, "memory": 2048, "architecture": "arm64", "port": 80, "container": "web", "environment": {"LEVEL": "info"},
			"secrets": {"TOKEN": "arn:aws:ssm:us-east-1:111122223333:parameter/a"}, "command": ["serve"], "stopTimeout": "30s", "platformVersion": "1.4.0",
			"taskRole": "arn:aws:iam::111122223333:role/a", "executionRole": "arn:aws:iam::111122223333:role/b"},
		"desiredCount": 2, "schedule": "5m", "revisions": {"deregister": true, "keep": 5}, "tags": {"team": "web"},
		"loadBalancer": {"internal": false, "productionPort": 80, "testPort": 8080, "deregistrationDelay": "30s",
			"healthCheck": {"path": "/", "interval": "10s", "timeout": "5s", "healthyThreshold": 2, "unhealthyThreshold": 2, "codes": "200", "gracePeriod": "1m"}},
		"deployment": {"config": "CodeDeployDefault.ECSAllAtOnce", "terminationWait": "1h", "rollback": ["DEPLOYMENT_FAILURE"], "alarms": ["latency"]},
		"verify": {"settle": "10s", "timeout": "5m", "version": {"path": "/", "header": "X-Version", "is": "tag"},
			"load": {"checks": ["front"], "rate": 200, "duration": "50s", "ramp": "5s", "warmUp": "5s", "connections": 10,
				"limits": {"errors": 0.01, "p50": "1s", "p95": "2s", "p99": "3s", "max": "4s"}},
			"checks": [{"name": "front", "method": "GET", "path": "/", "headers": {"Accept": "text/html"}, "body": "a", "within": "10s",
				"expect": {"status": 200, "headers": {"Server": "a"}, "contains": "Sample", "json": {"a": 1}, "latency": "1s"}}]},
		"watch": {"failedStarts": 3},
		"whenNewer": {"terminationWait": "finish", "inProgress": "wait", "minimumObservation": "5m"}}]}`

// choices are other values where a made-up one would not be valid.
var choices = map[string]any{
	"platform.repositoryKey":                        "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-11ee-8c99-0242ac120004",
	"platform.notify.destinations[].services":       []any{"sample-website"},
	"platform.notify.destinations[].webhook.url":    "https://hooks.example/other",
	"platform.notify.destinations[].webhook.secret": "arn:aws:secretsmanager:us-east-1:111122223333:secret:other-AbCdEf",
	"platform.notify.destinations[].slack.channel":  "C0123456780",
	"platform.notify.destinations[].slack.token":    "arn:aws:secretsmanager:us-east-1:111122223333:secret:other-AbCdEf",
	"platform.notify.destinations[].slack.api":      "https://slack.example/api",
	"platform.notify.destinations[].slack.webhook":  "arn:aws:ssm:us-east-1:111122223333:parameter/team/slack",
	"platform.notify.destinations[].stages":         []any{"finished"},
	"platform.notify.destinations[].github.token":   "arn:aws:secretsmanager:us-east-1:111122223333:secret:other-AbCdEf",
	"platform.notify.destinations[].github.api":     "https://git.example/api/v3", "platform.notify.destinations[].github.host": "git.example",
	"platform.notify.destinations[].github.environmentURL": "https://shop.example/",
	"platform.reports.bucket":                              "others", "platform.reports.prefix": "reports/",
	"platform.account": "444455556666", "platform.region": "eu-west-1", "platform.logRetentionDays": 60,
	"services[].task.architecture": "amd64", "services[].task.cpu": 512, "services[].task.memory": 4096,
	"services[].task.platformVersion": "LATEST", "services[].task.taskRole": "arn:aws:iam::111122223333:role/z",
	"services[].task.executionRole":             "arn:aws:iam::111122223333:role/z",
	"services[].task.secrets":                   map[string]any{"TOKEN": "arn:aws:ssm:us-east-1:111122223333:parameter/z"},
	"services[].deployment.config":              "CodeDeployDefault.ECSCanary10Percent5Minutes",
	"services[].deployment.rollback":            []any{"DEPLOYMENT_STOP_ON_ALARM"},
	"services[].whenNewer.inProgress":           "stop",
	"services[].whenNewer.terminationWait":      "wait",
	"services[].verify.version.is":              "revision",
	"services[].verify.checks[].method":         "POST",
	"services[].verify.checks[].name":           "front", // the load names it
	"services[].verify.load.checks":             []any{"front", "front"},
	"services[].verify.load.limits.errors":      0.5,
	"services[].verify.load.limits.p50":         "1500ms",
	"services[].verify.load.limits.p95":         "2500ms",
	"services[].verify.load.limits.p99":         "3500ms",
	"services[].loadBalancer.healthCheck.codes": "200-299",
	"platform.vpc.availabilityZones":            []any{"us-east-1c", "us-east-1d"},
	"platform.vpc.publicSubnets":                []any{"subnet-8", "subnet-9"},
	"platform.vpc.privateSubnets":               []any{"subnet-8", "subnet-9"},
	"platform.vpc.cidr":                         "10.1.0.0/16",
	"platform.vpc.natAddresses":                 []any{"192.0.2.9"},
	"platform.vpc.egress":                       "nat",
	"services[].deployment.blue":                "terminate",
	"platform.topic":                            "arn:aws:sns:us-east-1:111122223333:alarms",
	"services[].loadBalancer.https.certificates": []any{
		"arn:aws:acm:us-east-1:111122223333:certificate/two", "arn:aws:acm:us-east-1:111122223333:certificate/three"},
	"services[].task.environmentFiles":       []any{"arn:aws:s3:::settings/other.env"},
	"services[].task.healthCheck.command":    []any{"CMD", "false"},
	"services[].task.volumes[].fileSystem":   "fs-0b",
	"services[].task.volumes[].accessPoint":  "fsap-0b",
	"services[].task.volumes[].name":         "data2",
	"services[].task.sidecars[].secrets":     map[string]any{"KEY": "arn:aws:ssm:us-east-1:111122223333:parameter/other"},
	"services[].task.sidecars[].volumes":     map[string]any{"scratch": "/var/tmp"},
	"services[].deployment.hooks":            map[string]any{"AfterAllowTraffic": "announce"},
	"services[].loadBalancer.shared":         false,
	"platform.permissionsBoundary":           "arn:aws:iam::111122223333:policy/other",
	"platform.loadBalancer.arn":              "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/new/0a1b",
	"services[].task.capacity[].provider":    "FARGATE_SPOT",
	"services[].existing.roles":              []any{"arn:aws:iam::111122223333:role/other"},
	"services[].existing.productionListener": "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/shop/0a1b/9z",
	"services[].existing.testListener":       "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/shop/0a1b/9z",
	"services[].existing.targetGroups": []any{"arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/other/3e",
		"arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/another/4f"},
}

// exclusive keys cannot be set together with what filled says; they are set in its place.
var exclusive = map[string]func(service map[string]any){
	"services[].observe.alarms":                 func(s map[string]any) { s["observe"] = map[string]any{"alarms": []any{"deadLetters", "errors"}} },
	"services[].observe.refusedFor":             func(s map[string]any) { s["observe"] = map[string]any{"alarms": []any{"refused"}, "refusedFor": "2h"} },
	"services[].observe.busyFor":                func(s map[string]any) { s["observe"] = map[string]any{"alarms": []any{"busy"}, "busyFor": "30m"} },
	"services[].observe.traces":                 func(s map[string]any) { s["observe"] = map[string]any{"traces": true} },
	"services[].observe.dashboard":              func(s map[string]any) { s["observe"] = map[string]any{"dashboard": true} },
	"services[].observe.phases":                 func(s map[string]any) { s["observe"] = map[string]any{"phases": false} },
	"services[].gates.function":                 gating("function", "arn:aws:lambda:us-east-1:111122223333:function:approve"),
	"services[].gates.scan":                     gating("scan", map[string]any{}),
	"services[].gates.scan.allow":               gating("scan", map[string]any{"allow": "low"}),
	"services[].gates.scan.allowUnrated":        gating("scan", map[string]any{"allowUnrated": true}),
	"services[].gates.scan.exceptions[].id":     exceptedBy("id", "CVE-2026-2"),
	"services[].gates.scan.exceptions[].until":  exceptedBy("until", "2027-01-01"),
	"services[].gates.scan.exceptions[].reason": exceptedBy("reason", "other"),
	"services[].gates.freeze[].name":            frozenBy("name", "other"),
	"services[].gates.freeze[].timeZone":        frozenBy("timeZone", "Europe/Berlin"),
	"services[].gates.freeze[].days":            frozenBy("days", []any{"sat"}),
	"services[].gates.freeze[].from":            frozenBy("from", "18:00"),
	"services[].gates.freeze[].to":              frozenBy("to", "18:00"),
	"services[].scaling.min":                    scaled("min", 1),
	"services[].scaling.max":                    scaled("max", 9),
	"services[].scaling.cpu":                    scaled("cpu", 50),
	"services[].scaling.memory":                 scaled("memory", 50),
	"services[].scaling.requests":               scaled("requests", 600),
	"services[].scaling.scaleInCooldown":        scaled("scaleInCooldown", "2m"),
	"services[].scaling.scaleOutCooldown":       scaled("scaleOutCooldown", "2m"),
	"services[].scaling.holdUntil":              scaled("holdUntil", "ended"),
	"services[].verify.version.jmespath": func(s map[string]any) {
		v := s["verify"].(map[string]any)["version"].(map[string]any)
		delete(v, "header")
		v["jmespath"] = "version"
	},
	"services[].settle":               func(s map[string]any) { s["settle"] = "30s" },
	"services[].image.account":        inImage("account", "444455556666"),
	"services[].image.region":         inImage("region", "eu-west-1"),
	"services[].images[].account":     several(map[string]any{"account": "444455556666"}),
	"services[].images[].region":      several(map[string]any{"region": "eu-west-1"}),
	"services[].image.container":      inImage("container", "web"),
	"services[].image.regexp":         instead(map[string]any{"regexp": "main-.*"}),
	"services[].image.extract":        instead(map[string]any{"regexp": "(?P<n>.*)", "extract": "n", "order": "number"}),
	"services[].image.semver":         instead(map[string]any{"semver": ">=1"}),
	"services[].image.preReleases":    instead(map[string]any{"semver": ">=1", "preReleases": true}),
	"services[].image.order":          inImage("order", "text"),
	"services[].images[].container":   several(map[string]any{}),
	"services[].images[].repository":  several(map[string]any{"repository": "others"}),
	"services[].images[].tag":         several(map[string]any{"tag": "v*"}),
	"services[].images[].regexp":      several(map[string]any{"regexp": "main-.*"}),
	"services[].images[].extract":     several(map[string]any{"regexp": "(?P<n>.*)", "extract": "n", "order": "number"}),
	"services[].images[].semver":      several(map[string]any{"semver": ">=1"}),
	"services[].images[].preReleases": several(map[string]any{"semver": ">=1", "preReleases": true}),
	"services[].images[].existing":    several(map[string]any{"existing": true}),
	"services[].images[].order":       several(map[string]any{"tag": "v*", "order": "text"}),

	"services[].stages": func(s map[string]any) {
		s["stages"] = map[string]any{"AfterAllowTraffic": map[string]any{}, "BeforeInstall": map[string]any{"load": map[string]any{"rate": 1}}}
	},
	"services[].verify.serverName":                   inSuite("serverName", "shop.example"),
	"services[].verify.keepCookies":                  inSuite("keepCookies", true),
	"services[].verify.checks[].query":               inCheck("query", map[string]any{"q": "a"}),
	"services[].verify.checks[].cookies":             inCheck("cookies", map[string]any{"c": "a"}),
	"services[].verify.checks[].base64":              inCheck("base64", "YQ=="),
	"services[].verify.checks[].json":                inCheck("json", map[string]any{"a": "b"}),
	"services[].verify.checks[].form":                inCheck("form", map[string]any{"a": "b"}),
	"services[].verify.checks[].http":                inCheck("http", "1.1"),
	"services[].verify.checks[].redirects":           inCheck("redirects", 2),
	"services[].verify.checks[].capture":             inCheck("capture", map[string]any{"id": map[string]any{"header": "X-Id"}}),
	"services[].verify.checks[].failures":            inTries("failures", 1),
	"services[].verify.checks[].successes":           inTries("successes", 2),
	"services[].verify.checks[].every":               inTries("every", "2s"),
	"services[].verify.checks[].timeout":             inTries("timeout", "30s"),
	"services[].verify.checks[].expect.headersMatch": inExpect("headersMatch", map[string]any{"Server": "a.*"}),
	"services[].verify.checks[].expect.matches":      inExpect("matches", "a.*"),
	"services[].verify.checks[].expect.jsonSubset":   inExpect("jsonSubset", map[string]any{"a": "b"}),
	"services[].verify.checks[].expect.minBytes":     inExpect("minBytes", 1),
	"services[].verify.load.requests":                inSuite("load", map[string]any{"rate": 20, "requests": []any{map[string]any{"path": "/"}}}),
	"services[].verify.checks[].expect.maxBytes":     inExpect("maxBytes", 1000),
	"services[].verify.compare.routes":               inComparison("routes", []any{"GET /"}),
	"services[].verify.compare.samples":              inComparison("samples", 200),
	"services[].verify.compare.warmUp":               inComparison("warmUp", 0),
	"services[].verify.compare.rate":                 inComparison("rate", 20),
	"services[].verify.compare.slower.percent":       inComparison("slower", map[string]any{"percent": 25}),
	"services[].verify.compare.slower.by":            inComparison("slower", map[string]any{"by": "10ms"}),
	"services[].verify.compare.errors":               inComparison("errors", 0.05),
	"services[].verify.compare.level":                inComparison("level", 0.05),
	"services[].verify.compare.body":                 inComparison("body", "same"),
	"services[].verify.compare.ignore":               inComparison("ignore", []any{"at"}),
	"services[].verify.compare.inconclusive":         inComparison("inconclusive", "pass"),
	"services[].verify.compare.observe":              inComparison("observe", true),
}

// fromFiles are keys whose files are read into other keys before a stack is made of them.
var fromFiles = []string{"services[].verify.file", "services[].verify.checks[].file"}

// gating sets one gate; frozenBy sets one key of a freeze.
func gating(key string, value any) func(map[string]any) {
	return func(s map[string]any) { s["gates"] = map[string]any{key: value} }
}

func exceptedBy(key string, value any) func(map[string]any) {
	exception := map[string]any{"id": "CVE-2026-1", "until": "2026-12-31", "reason": "no way in"}
	exception[key] = value
	return gating("scan", map[string]any{"exceptions": []any{exception}})
}

func frozenBy(key string, value any) func(map[string]any) {
	freeze := map[string]any{"name": "night"}
	freeze[key] = value
	return gating("freeze", []any{freeze})
}

// scaled lets the service scale, with one key set.
func scaled(key string, value any) func(map[string]any) {
	return func(s map[string]any) {
		delete(s, "desiredCount")
		s["scaling"] = map[string]any{"min": 2, "max": 4, "cpu": 60}
		s["scaling"].(map[string]any)[key] = value
	}
}

// inSuite sets one key of a suite, inComparison of its comparison; inCheck, inTries and inExpect make a check of it.
func inSuite(key string, value any) func(map[string]any) {
	return func(s map[string]any) { s["verify"] = map[string]any{key: value} }
}

func inComparison(key string, value any) func(map[string]any) {
	return inSuite("compare", map[string]any{key: value})
}

func inCheck(key string, value any) func(map[string]any) {
	return inSuite("checks", []any{map[string]any{"method": "POST", "path": "/", key: value}})
}

func inTries(key string, value any) func(map[string]any) {
	return inSuite("checks", []any{map[string]any{"path": "/", "within": "20s", key: value}})
}

func inExpect(key string, value any) func(map[string]any) {
	return inCheck("expect", map[string]any{key: value})
}

// inImage sets one more key of the image; instead replaces how its tags are taken; several adds a second image.
func inImage(key, value string) func(map[string]any) {
	return func(s map[string]any) { s["image"].(map[string]any)[key] = value }
}

func instead(image map[string]any) func(map[string]any) {
	return func(s map[string]any) { s["image"] = image }
}

func several(second map[string]any) func(map[string]any) {
	return func(s map[string]any) {
		delete(s, "image")
		second["container"] = "sidecar"
		s["images"] = []any{map[string]any{"container": "web"}, second}
	}
}

// changed yields, for every key that the document has, a copy in which that key alone is changed.
func changed(t *testing.T, document string) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{}
	for _, path := range keys(reflect.TypeFor[config.Config](), "") {
		var tree map[string]any
		if err := json.Unmarshal([]byte(document), &tree); err != nil {
			t.Fatal(err)
		}
		if change(tree, strings.Split(path, "."), path) {
			out[path] = tree
		} else if set := exclusive[path]; set != nil && document == filled {
			set(tree["services"].([]any)[0].(map[string]any))
			out[path] = tree
		}
	}
	return out
}

// keys are the paths of all leaves of a configuration type, by their JSON names. The requests of a load are made of
// the keys of checks, which are walked there.
func keys(t reflect.Type, path string) []string {
	if strings.HasSuffix(path, "load.requests") {
		return []string{path}
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct {
		return keys(t.Elem(), path+"[]")
	}
	if t.Kind() != reflect.Struct {
		return []string{path}
	}
	var out []string
	for f := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(f).Tag.Get("json"), ",")
		out = append(out, keys(t.Field(f).Type, strings.TrimPrefix(path+"."+name, "."))...)
	}
	return out
}

func change(tree map[string]any, steps []string, path string) bool {
	name, list := strings.CutSuffix(steps[0], "[]")
	value, ok := tree[name]
	if !ok {
		return false
	}
	if len(steps) > 1 {
		if list {
			value = value.([]any)[0]
		}
		return change(value.(map[string]any), steps[1:], path)
	}
	if choice, ok := choices[path]; ok {
		tree[name] = choice
		return true
	}
	tree[name] = other(value)
	return true
}

// other is a value of the same kind.
func other(v any) any {
	switch v := v.(type) {
	case bool:
		return !v
	case float64:
		return v + 1
	case string:
		if strings.HasSuffix(v, "m") && strings.Trim(v, "0123456789") == "m" {
			return "7m"
		}
		if strings.Trim(v, "0123456789") == "h" {
			return "2h"
		}
		if strings.Trim(v, "0123456789") == "s" {
			return "6s"
		}
		return v + "x"
	case []any:
		return append(slices.Clone(v), "other")
	case map[string]any:
		m := maps.Clone(v)
		m["OTHER"] = "other"
		return m
	}
	panic(fmt.Sprintf("%T", v))
}

func parsedAt(t *testing.T, path string, tree map[string]any) config.Config {
	t.Helper()
	document, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse(document, policy.Range)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return c
}
