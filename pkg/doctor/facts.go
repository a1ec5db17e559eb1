package doctor

import (
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"

	elbcall "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/doctor/groups"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

// part is a part of a live set-up that is read by itself.
type part string

const (
	ofService     part = "the service"
	ofRevision    part = "PRIMARY's revision"
	ofGroup       part = "the deployment group"
	ofDeployments part = "the newest deployments"
	ofListeners   part = "the listeners"
	ofRules       part = "the listeners' rules"
	ofDoors       part = "who may come to the load balancer"
	ofTargets     part = "the target groups"
	ofAlarms      part = "the alarms"
	ofRole        part = "CodeDeploy's role"
	ofHooks       part = "the hooks' functions"
	ofScaling     part = "the scaling"
	ofSchedule    part = "the schedule"
	ofEvents      part = "the rules for events"
	ofStarts      part = "the rule for tasks that did not start"
	ofKeys        part = "the KMS keys"
	ofKeyPolicies part = "the KMS keys' policies"
)

// subject is whose set-up is looked at.
type subject struct {
	described config.Service
	names     config.Names
	// hooks are the functions that CodeDeploy calls.
	hooks []string
	// platform and topic are its own settings.
	platform, topic string
	// region of everything; keys are what is encrypted under them.
	region string
	keys   []key
}

func subjectOf(p Plan) subject {
	s := subject{
		described: p.Service, names: p.Service.Names(p.Platform.Cluster), platform: p.Platform.Name, topic: p.Platform.Topic, keys: keysOf(p.Platform),
	}
	for _, e := range p.Service.Hooked() {
		s.hooks = append(s.hooks, s.names.Hook(e))
	}
	for _, function := range p.Service.Deployment.Hooks {
		s.hooks = append(s.hooks, function)
	}
	slices.Sort(s.hooks)
	return s
}

// facts are a live set-up in AWS's own words. What does not exist is nil.
type facts struct {
	subject
	service     *ecstypes.Service
	primary     *live.Revision
	group       *cdtypes.DeploymentGroupInfo
	deployments []cdtypes.DeploymentInfo
	production  *elbcall.Listener
	test        *elbcall.Listener
	rules       []elbtypes.Rule // of the production listener
	balancer    *elbtypes.LoadBalancer
	doors       []groups.Rule // of the load balancer's security groups
	targets     []elbtypes.TargetGroup
	attributes  map[string]map[string]string // of target groups, by ARN
	alarms      []cwtypes.MetricAlarm
	composites  []cwtypes.CompositeAlarm
	attached    []string // names of managed policies of CodeDeploy's role
	inline      []string // names of inline ones
	hooked      map[string]*lambda.GetFunctionConfigurationOutput
	scaling     *aastypes.ScalableTarget
	schedule    *scheduler.GetScheduleOutput
	events      []*eventbridge.DescribeRuleOutput
	starts      *eventbridge.DescribeRuleOutput // wakes the watch function

	mu     sync.Mutex
	failed map[part]error
}

// fail notes that a part could not be read.
func (f *facts) fail(of part, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.failed[of] = err
	}
}

// has tells whether all of the parts could be read.
func (f *facts) has(parts []part) bool {
	return !slices.ContainsFunc(parts, func(p part) bool { return f.failed[p] != nil })
}

// stands tells whether there is something to look at: a service with a PRIMARY task set, and its group.
func (f *facts) stands() bool {
	if f.service == nil || f.group == nil {
		return false
	}
	_, ok := live.Primary(f.service)
	return ok
}

// unread are the parts that could not be read, with the pitfalls that could not be checked for it. Where nothing
// stands only the service, its group and the keys, which are there before it, are told.
func (f *facts) unread(live bool) []Unread {
	all := []Unread{}
	for _, of := range []part{ofService, ofGroup, ofRevision, ofDeployments, ofListeners, ofRules, ofDoors, ofTargets, ofAlarms, ofRole, ofHooks, ofScaling, ofSchedule, ofEvents, ofStarts, ofKeys, ofKeyPolicies} {
		err := f.failed[of]
		if err == nil || !live && of != ofService && of != ofGroup && of != ofKeys && of != ofKeyPolicies {
			continue
		}
		u := Unread{Why: string(of) + " could not be read: " + err.Error(), Pitfalls: []int{}}
		for _, p := range Pitfalls {
			if slices.Contains(p.reads, of) {
				u.Pitfalls = append(u.Pitfalls, p.Number)
			}
		}
		all = append(all, u)
	}
	return all
}

// observed is what the release loop's own pre-flight looks at.
func (f *facts) observed() (release.Desired, release.Observed) {
	o := release.Observed{Service: f.service, Group: f.group, Primary: f.primary, Base: f.primary, Listener: f.production, Deployments: f.deployments}
	for _, a := range f.alarms {
		if a.StateValue == cwtypes.StateValueAlarm {
			o.Firing = append(o.Firing, aws.ToString(a.AlarmName))
		}
	}
	for _, a := range f.composites {
		if a.StateValue == cwtypes.StateValueAlarm {
			o.Firing = append(o.Firing, aws.ToString(a.AlarmName))
		}
	}
	d := release.Wanted(config.Deployed{Service: f.described, Cluster: f.names.Cluster, Base: f.primary.ARN()}, nil)
	return d, o
}

// again is what brings the deployment group to what it should be: its stack, or who made it by hand.
func (f *facts) again() string {
	if f.described.Adopted() {
		return "change it with aws deploy update-deployment-group"
	}
	return "deploy the stack again"
}

// idle tells that no deployment is under way.
func (f *facts) idle() bool {
	return !slices.ContainsFunc(f.deployments, func(d cdtypes.DeploymentInfo) bool { return !(live.Deployment{DeploymentInfo: d}).Ended() })
}

// serving is the ARN of the target group that PRIMARY's tasks are in.
func (f *facts) serving() string {
	primary, _ := live.Primary(f.service)
	return live.TargetGroup(primary)
}

// pair are the names of the deployment group's two target groups.
func (f *facts) pair() []string {
	var names []string
	if f.group != nil && f.group.LoadBalancerInfo != nil {
		for _, p := range f.group.LoadBalancerInfo.TargetGroupPairInfoList {
			for _, g := range p.TargetGroups {
				names = append(names, aws.ToString(g.Name))
			}
		}
	}
	return names
}
