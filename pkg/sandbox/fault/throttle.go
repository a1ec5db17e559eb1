package fault

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	"golang.org/x/time/rate"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Throttle lets the account's token buckets, of which AWS publishes sizes and refills, refuse what comes too often.
// Without it calls are never throttled. Calls that a service makes by itself, such as CodeDeploy's, take nothing out:
// such services have buckets of their own.
//
// Buckets refill as fast as the sandbox's clock goes: where an hour is a minute, an hour's calls come in a minute.
type Throttle struct {
	Service string `arg:"" optional:"" help:"Only this service's buckets, by its signing name; * matches. Those of ecs and elasticloadbalancing are published."`
}

// Kind implements Fault.
func (Throttle) Kind() string { return "throttle" }

func (Throttle) when() when { return when{} }

func (f Throttle) check() error {
	if !slices.ContainsFunc(buckets, func(b bucket) bool { return like(f.Service, b.service) }) {
		return fmt.Errorf("AWS publishes no token buckets of %q", f.Service)
	}
	return checkPattern(f.Service)
}

// bucket is one of an account's in a region.
type bucket struct {
	service, name string
	actions       []string // "Describe*" is every one that begins so
	burst         int
	refill        float64 // tokens a second
}

// buckets as AWS publishes them. Operations that no row names have no published bucket, and are not throttled:
// those on task sets, CodeDeploy's, and those that change load balancers.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
// https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html
var buckets = []bucket{
	{"ecs", "cluster modify actions", []string{"CreateCluster", "DeleteCluster", "PutClusterCapacityProviders", "UpdateCluster", "UpdateClusterSettings"}, 20, 1},
	{"ecs", "cluster read actions", []string{"DescribeClusters", "ListClusters"}, 50, 20},
	{"ecs", "task definition modify actions", []string{"DeregisterTaskDefinition", "RegisterTaskDefinition"}, 20, 1},
	{"ecs", "task definition read actions", []string{"DescribeTaskDefinition", "ListTaskDefinitions", "ListTaskDefinitionFamilies"}, 50, 20},
	{"ecs", "task definition deletion actions", []string{"DeleteTaskDefinitions"}, 5, 1},
	{"ecs", "tag modify actions", []string{"TagResource", "UntagResource"}, 20, 10},
	{"ecs", "tag read actions", []string{"ListTagsForResource"}, 50, 20},
	{"ecs", "cluster resource modify actions", []string{"ExecuteCommand", "RunTask", "StartTask", "StopTask"}, 100, 40},
	{"ecs", "cluster resource read actions", []string{"DescribeTasks", "ListTasks"}, 100, 20},
	{"ecs", "service modify actions", []string{"CreateService", "DeleteService", "UpdateService"}, 50, 5},
	{"ecs", "service read actions", []string{"DescribeServices", "ListServices"}, 100, 20},
	{"elasticloadbalancing", "non-mutating actions", []string{"Describe*"}, 40, 10},
}

func (b bucket) holds(service, action string) bool {
	return b.service == service && slices.ContainsFunc(b.actions, func(a string) bool {
		begin, open := strings.CutSuffix(a, "*")
		return a == action || open && strings.HasPrefix(action, begin)
	})
}

// throttled takes a token for a call, or is the error of AWS's throttling and what the trail tells of it.
func (p *Plan) throttled(service, action string, by wire.Caller) (told string, err error) {
	if by.AccessKey == "" {
		return "", nil
	}
	at := slices.IndexFunc(buckets, func(b bucket) bool { return b.holds(service, action) })
	if at < 0 {
		return "", nil
	}
	b := buckets[at]
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.entries {
		if f, ok := e.fault.(Throttle); !ok || !like(f.Service, service) {
			continue
		}
		e.seen++
		if e.limits == nil {
			e.limits = map[string]*rate.Limiter{}
		}
		limit := e.limits[b.name]
		if limit == nil {
			limit = rate.NewLimiter(rate.Limit(b.refill*p.opts.Clock.Factor()), b.burst)
			e.limits[b.name] = limit
		}
		if !limit.Allow() {
			e.hits++
			return fmt.Sprintf("throttled: the bucket of %s, %d tokens and %g a second, is empty", b.name, b.burst, b.refill),
				&smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded", Fault: smithy.FaultClient}
		}
	}
	return "", nil
}
