package config

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// pattern is compiled at its first use. The functions link this package and never check: compiling all patterns at
// their start would be a third of what their packages need to get ready.
type pattern func() *regexp.Regexp

func lazily(expression string) pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// Patterns of names, each as its service documents it.
var (
	serviceName = lazily(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	platform    = lazily(`^[A-Za-z][A-Za-z0-9-]{0,49}$`)
	accountID   = lazily(`^\d{12}$`)
	regionName  = lazily(`^[a-z]{2}(-[a-z]+)+-\d$`)
	repository  = lazily(`^[a-z0-9]+([._/-][a-z0-9]+)*$`)
	tagPattern  = lazily(`^[A-Za-z0-9_*?][A-Za-z0-9_.*?-]{0,127}$`)
	container   = lazily(`^[A-Za-z0-9_-]{1,255}$`)
	variable    = lazily(`^[A-Za-z_][A-Za-z0-9_]*$`)
	secretARN   = lazily(`^arn:aws[a-z-]*:(secretsmanager:[^:]+:\d{12}:secret:|ssm:[^:]+:\d{12}:parameter/).+`)
	roleARN     = lazily(`^arn:aws[a-z-]*:iam::\d{12}:role/.+`)
	fargate     = lazily(`^(LATEST|\d+\.\d+\.\d+)$`)
	bucket      = lazily(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	keyPrefix   = lazily(`^([A-Za-z0-9_.-]+/)+$`)
	configName  = lazily(`^[A-Za-z0-9._+=,@-]{1,100}$`)
	codes       = lazily(`^[2-4]\d\d([-,][2-4]\d\d)*$`)
)

// retentions are the days that CloudWatch Logs knows
// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html).
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func (c Config) check(ranges Ranges, f *Findings) {
	c.Platform.check(f, !c.onlyAdopted())
	if len(c.Services) == 0 {
		f.add("services", `is empty; name at least one, such as [{"name": "sample-website"}]`)
	}
	seen, adopted := map[string]int{}, map[string]int{}
	for i, s := range c.Services {
		path := fmt.Sprintf("services[%d]", i)
		if first, twice := seen[s.Name]; twice && s.Name != "" {
			f.add(path+".name", "%q is the name of services[%d] already", s.Name, first)
		}
		seen[s.Name] = i
		if s.Adopted() && s.Existing.Service != "" {
			at := s.Existing.Cluster + "/" + s.Existing.Service
			if first, twice := adopted[at]; twice {
				f.add(path+".existing.service", "%q is adopted by services[%d] already", s.Existing.Service, first)
			}
			adopted[at] = i
		}
		s.check(path, ranges, f)
		for n, i := range s.Wanted() {
			if r := c.Platform.Region; r != "" && i.Region != "" && partition(r) != partition(i.Region) {
				at := path + ".image.region"
				if len(s.Images) > 0 {
					at = fmt.Sprintf("%s.images[%d].region", path, n)
				}
				f.add(at, "%q is of another partition than %q, from which ECS can pull nothing: replicate or copy the images", i.Region, r)
			}
		}
		c.checkWay(path, s, f)
	}
	c.Platform.checkNotify(c.Services, f)
	c.checkPorts(f)
	c.checkShared(f)
}

// partition of a region (https://docs.aws.amazon.com/general/latest/gr/rande.html).
func partition(region string) string {
	for _, prefix := range []string{"cn-", "us-gov-", "us-iso"} {
		if strings.HasPrefix(region, prefix) {
			return prefix
		}
	}
	return "aws"
}

func (p Platform) check(f *Findings, balancers bool) {
	matches(f, "platform.name", p.Name, platform, "letters, digits and hyphens, a letter first, at most 50")
	matches(f, "platform.account", p.Account, accountID, "twelve digits")
	matches(f, "platform.region", p.Region, regionName, "a region such as us-east-1")
	matches(f, "platform.cluster", p.Cluster, container, "letters, digits, hyphens and underscores")
	if p.LogRetentionDays != 0 && !slices.Contains(retentions, p.LogRetentionDays) {
		f.add("platform.logRetentionDays", "%d is not a retention that CloudWatch Logs knows: %v", p.LogRetentionDays, retentions)
	}
	if p.Reports != nil {
		p.Reports.check("platform.reports", f)
	}
	matches(f, "platform.placeholder", p.Placeholder, imageInECR, "an image in this account's ECR: repository:tag or repository@sha256:…")
	matches(f, "platform.key", p.Key, keyARN, "the ARN of a KMS key; an alias does not do, because CloudWatch Logs takes none")
	matches(f, "platform.repositoryKey", p.RepositoryKey, keyARN, "the ARN of a KMS key; an alias may come to name another, and ECR would not follow it")
	matches(f, "platform.permissionsBoundary", p.PermissionsBoundary, policyARN, "the ARN of an IAM policy")
	matches(f, "platform.topic", p.Topic, topicARN, `"new" or the ARN of an SNS topic`)
	checkTags("platform.tags", p.Tags, f)
	p.VPC.check(f, balancers)
	p.LoadBalancer.check("platform.loadBalancer", f)
}

// check asks of an existing VPC what load balancers need too, where the stacks make any.
func (v VPC) check(f *Findings, balancers bool) {
	for i, a := range v.NATAddresses {
		if _, err := netip.ParseAddr(a); err != nil {
			f.add(fmt.Sprintf("platform.vpc.natAddresses[%d]", i), "%q is not an IP address", a)
		}
	}
	if v.ID == "" {
		if len(v.AvailabilityZones)+len(v.PublicSubnets)+len(v.PrivateSubnets)+len(v.NATAddresses) > 0 {
			f.add("platform.vpc.id", "is missing: subnets, zones and NAT addresses belong to an existing VPC")
		}
		oneOf(f, "platform.vpc.egress", v.Egress, NAT, NATPerZone, Endpoints)
		if v.CIDR != "" {
			if p, err := netip.ParsePrefix(v.CIDR); err != nil || !p.Addr().Is4() || p.Bits() < 16 || p.Bits() > 24 {
				f.add("platform.vpc.cidr", "%q must be an IPv4 block from /16 to /24, such as 10.0.0.0/16", v.CIDR)
			}
		}
		return
	}
	if v.CIDR != "" {
		f.add("platform.vpc.cidr", "is for a new VPC; an existing one has its own")
	}
	if v.Egress != "" {
		f.add("platform.vpc.egress", "is for a new VPC; an existing one has its own ways out")
	}
	zones := len(v.AvailabilityZones)
	if !balancers && zones == 0 {
		if len(v.PrivateSubnets) == 0 {
			f.add("platform.vpc.privateSubnets", "is empty: the verify functions stand there")
		}
		return
	}
	if zones < 2 {
		f.add("platform.vpc.availabilityZones", "must name at least two zones: a load balancer needs two")
	}
	if len(v.PublicSubnets) != zones {
		f.add("platform.vpc.publicSubnets", "must be %d, one a zone, not %d", zones, len(v.PublicSubnets))
	}
	if len(v.PrivateSubnets) != zones {
		f.add("platform.vpc.privateSubnets", "must be %d, one a zone, not %d", zones, len(v.PrivateSubnets))
	}
}

func (s Service) check(path string, ranges Ranges, f *Findings) {
	switch {
	case s.Name == "":
		f.add(path+".name", `is missing; every service has one, such as "sample-website"`)
	case len(s.Name) > 27:
		f.add(path+".name", "%q has %d characters; at most 27, because a target group's name adds five and may have 32", s.Name, len(s.Name))
	default:
		matches(f, path+".name", s.Name, serviceName, "lower-case letters, digits and single hyphens, a letter first")
	}
	if s.Adopted() {
		s.Existing.check(path+".existing", f)
	}
	s.checkImages(path, ranges, f)
	switch n := s.DesiredCount; {
	case n != nil && s.Scaling != nil:
		f.add(path+".desiredCount", "stands beside scaling, which changes the count: say the fewest tasks in scaling.min")
	case n != nil && (*n < 1 || *n > mostTasks):
		f.add(path+".desiredCount", "%d must be 1 to %d: a green without tasks cannot be judged", *n, mostTasks)
	}
	if n := s.Revisions.Keep; n != nil && (*n < 0 || *n > 10) {
		f.add(path+".revisions.keep", "%d must be 0 to 10: a deployment older than the last dozen is not remembered for this", *n)
	}
	s.Scaling.check(path+".scaling", f)
	s.Gates.check(path+".gates", f)
	s.Observe.check(path+".observe", f)
	whole(f, path+".schedule", s.Schedule, time.Minute, time.Minute, 24*time.Hour)
	s.Task.check(path+".task", f)
	for i, sidecar := range s.Task.Sidecars {
		if slices.ContainsFunc(s.Images, func(image Image) bool { return image.Container == sidecar.Name }) {
			f.add(fmt.Sprintf("%s.task.sidecars[%d].name", path, i), "%q is a container of images too; a sidecar is what no push releases", sidecar.Name)
		}
	}
	s.LoadBalancer.check(path+".loadBalancer", f)
	s.LoadBalancer.HTTPS.check(path+".loadBalancer.https", s, f)
	s.Deployment.check(path+".deployment", f)
	if n := s.Watch.FailedStarts; n != nil && (*n < 0 || *n > 100) {
		f.add(path+".watch.failedStarts", "%d must be 0, for never, to 100", *n)
	}
	s.WhenNewer.check(path+".whenNewer", f)
	s.Verify.check(path+".verify", f)
	s.checkStages(path+".stages", f)
	s.checkHooks(path, f)
	checkTags(path+".tags", s.Tags, f)
}

// mostTags leaves room for those that CloudFormation, ECS and Cutover add: AWS allows 50 a resource.
const mostTags = 40

func checkTags(path string, tags map[string]string, f *Findings) {
	if len(tags) > mostTags {
		f.add(path, "are %d; at most %d, because CloudFormation adds its own and AWS allows 50", len(tags), mostTags)
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if len(key) == 0 || len(key) > 128 || len(key) >= 4 && strings.EqualFold(key[:4], "aws:") {
			f.add(path+"."+key, "must have 1 to 128 characters and not begin with aws:")
		}
		if len(tags[key]) > 256 {
			f.add(path+"."+key, "has %d characters; at most 256", len(tags[key]))
		}
	}
}

func (w WhenNewer) check(path string, f *Findings) {
	oneOf(f, path+".terminationWait", w.TerminationWait, Finish, Wait)
	oneOf(f, path+".inProgress", w.InProgress, Wait, Stop)
}

// Predefined are CodeDeploy's own deployment configurations for ECS
// (https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html).
var Predefined = []string{
	"CodeDeployDefault.ECSAllAtOnce",
	"CodeDeployDefault.ECSCanary10Percent5Minutes",
	"CodeDeployDefault.ECSCanary10Percent15Minutes",
	"CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
	"CodeDeployDefault.ECSLinear10PercentEvery3Minutes",
}

func matches(f *Findings, path, value string, p pattern, wanted string) {
	if value != "" && !p().MatchString(value) {
		f.add(path, "%q must be %s", value, wanted)
	}
}

func oneOf(f *Findings, path, value string, choices ...string) {
	if value != "" && !slices.Contains(choices, value) {
		f.add(path, "%q must be one of %v", value, choices)
	}
}

// whole asks for a multiple of unit between least and most.
func whole(f *Findings, path string, d Duration, unit, least, most time.Duration) {
	v := d.Std()
	if v != 0 && (v%unit != 0 || v < least || v > most) {
		f.add(path, "%s must be a multiple of %s from %s to %s", d, unit, least, most)
	}
}
