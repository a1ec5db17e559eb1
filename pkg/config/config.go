// Package config is the one description of a service that an operator writes down, in cdk.json under
// context.cutover, and that the CDK app, the functions, the command line and the tests read.
//
// Parse is strict: unknown keys, wrong types and impossible combinations are reported together, each with
// its path and what would be right. What Parse returns is complete: every default is filled in, so no reader
// has to know one. Names derive from the service's name alone (see Names) and are the same everywhere.
package config

import "github.com/cutover-ecs/cutover/pkg/appspec"

// Config is everything under context.cutover.
type Config struct {
	// Platform is what all services share.
	Platform Platform `json:"platform,omitzero"`
	// Services are deployed side by side, a stack each. At least one.
	Services []Service `json:"services"`
}

// Platform is the network, the cluster and the account-wide choices that services share.
type Platform struct {
	// Name prefixes the platform's stack and names its cluster. Default "cutover".
	Name string `json:"name,omitempty"`
	// Account is the twelve-digit AWS account to deploy to. Empty: that of the deploying credentials.
	Account string `json:"account,omitempty"`
	// Region is the AWS region to deploy to. Empty: that of the deploying credentials.
	Region string `json:"region,omitempty"`
	// VPC is the network; by default a new one of two zones with one NAT gateway.
	VPC VPC `json:"vpc,omitzero"`
	// Cluster is the ECS cluster's name. Default: Name.
	Cluster string `json:"cluster,omitempty"`
	// ReserveConcurrency gives every release function a reserved concurrency of 1, so that a service has one
	// writer. Default true; false only for accounts whose Lambda quota leaves nothing to reserve.
	ReserveConcurrency *bool `json:"reserveConcurrency,omitempty"`
	// LogRetentionDays is how long functions' and tasks' logs are kept. Default 30; a value CloudWatch Logs knows.
	LogRetentionDays int `json:"logRetentionDays,omitempty"`
	// Reports, when given, are where the reports of verifications are kept; {} for a bucket of the platform's own.
	// Without it a verification is told in the function's log alone.
	Reports *Reports `json:"reports,omitempty"`
}

// VPC is a new network (all fields empty) or an existing one, given whole by its ids, never by look-up.
type VPC struct {
	// ID is an existing VPC's id; empty makes a new VPC.
	ID string `json:"id,omitempty"`
	// AvailabilityZones of the existing VPC, in the order of the subnets.
	AvailabilityZones []string `json:"availabilityZones,omitempty"`
	// PublicSubnets of the existing VPC, one a zone: load balancers stand there.
	PublicSubnets []string `json:"publicSubnets,omitempty"`
	// PrivateSubnets of the existing VPC, one a zone, with a way out: tasks and the verify function stand there.
	PrivateSubnets []string `json:"privateSubnets,omitempty"`
	// NATAddresses are the public addresses the existing VPC's private subnets leave by. An internet-facing
	// load balancer's test listener admits them, because the hook arrives from there.
	NATAddresses []string `json:"natAddresses,omitempty"`
	// CIDR of a new VPC. Default "10.0.0.0/16".
	CIDR string `json:"cidr,omitempty"`
}

// Service is one ECS service behind its load balancer, deployed blue/green by its image's pushes.
type Service struct {
	// Name is lower-case letters, digits and hyphens, at most 27 characters (a target group's name is this
	// name and five characters more, and ELB allows 32). Every other name derives from it.
	Name string `json:"name"`
	// Image says which pushes are this service's: one image, for the container that the traffic goes to.
	Image Image `json:"image,omitzero"`
	// Images are those of several containers, in place of image. The container that the traffic goes to is one of
	// them. At most 5: each takes a tag of the revision, of which AWS allows 50.
	Images []Image `json:"images,omitempty"`
	// Settle is how long the newest push must be old before it is released, so that a burst of pushes, or pushes to
	// several repositories, make one release. Whole seconds, at most 1h; after ten times as long a burst that does not
	// end is released all the same. Up to 2m the push itself brings the release, beyond that the schedule does.
	// Default: none, every push is released at once.
	Settle Duration `json:"settle,omitempty"`
	// Task is the task definition's own settings.
	Task Task `json:"task,omitzero"`
	// DesiredCount is how many tasks serve. Default 1. It does not go with scaling.
	DesiredCount *int `json:"desiredCount,omitempty"`
	// Scaling lets Application Auto Scaling change the desired count, which the stack then leaves alone. Default: none.
	Scaling *Scaling `json:"scaling,omitempty"`
	// LoadBalancer is the way in, for users and for the test.
	LoadBalancer LoadBalancer `json:"loadBalancer,omitzero"`
	// Deployment is how traffic moves and what happens to blue.
	Deployment Deployment `json:"deployment,omitzero"`
	// Verify is the suite that judges green at AfterAllowTestTraffic.
	Verify Suite `json:"verify,omitzero"`
	// Stages are suites at other lifecycle events, by the event: BeforeInstall and AfterInstall ask the production
	// listener, where what serves now answers; BeforeAllowTraffic asks the test listener and AfterAllowTraffic the
	// production listener, where the new version does. One that fails ends the deployment, and rolls it back. Each has
	// a function of its own.
	Stages map[appspec.Event]Suite `json:"stages,omitempty"`
	// WhenNewer says what a newer image does to a deployment that is still active.
	WhenNewer WhenNewer `json:"whenNewer,omitzero"`
	// Revisions says what becomes of task definition revisions that never went live.
	Revisions Revisions `json:"revisions,omitzero"`
	// Schedule is how often the release loop looks by itself, whole minutes. Default 5m.
	Schedule Duration `json:"schedule,omitempty"`
	// Tags are put on the service's stack.
	Tags map[string]string `json:"tags,omitempty"`
}

// Image names a repository, the tags whose pushes release this service and their order, and the container that they
// go into. Tags are taken by tag, by regexp, by semver, or by regexp and semver together.
type Image struct {
	// Container that the image goes into. Default: that of the task, which the traffic goes to; in images each names
	// its own.
	Container string `json:"container,omitempty"`
	// Repository in ECR. Default: the service's name; in images, the container's. Of this account and region it is made
	// with the platform's stack.
	Repository string `json:"repository,omitempty"`
	// Account of the repository, where it is another's. Its policy must let the release function look and the tasks'
	// execution role pull; a rule there that forwards its events saves the wait for the schedule.
	Account string `json:"account,omitempty"`
	// Region of the repository, where it is another one. Nearer is better: replication into the service's own region makes
	// it needless.
	Region string `json:"region,omitempty"`
	// Tag is an exact tag ("latest", the default) or a glob with * and ? ("v*"). With an exact tag the tag is
	// the wish, whatever it points at; with a glob the newest push wins, unless order says otherwise.
	Tag string `json:"tag,omitempty"`
	// Regexp takes the tags that it matches as a whole, in Go's syntax (https://pkg.go.dev/regexp/syntax):
	// "main-[0-9a-f]+-(?P<build>[0-9]+)".
	Regexp string `json:"regexp,omitempty"`
	// Extract is the name of the group of regexp whose text is ordered, and compared with semver. Default: the first
	// group; the whole tag when there is none.
	Extract string `json:"extract,omitempty"`
	// Semver takes versions in this range (https://github.com/Masterminds/semver#checking-version-constraints):
	// ">=1.2.0 <3". Only whole versions count, 1.2.3 or v1.2.3: a tag such as 1.2 moves from one to the next.
	Semver string `json:"semver,omitempty"`
	// PreReleases takes versions such as 1.2.3-rc.1 too. Default false: only where the range names one itself.
	PreReleases bool `json:"preReleases,omitempty"`
	// Order says which of the tags taken is the newest: by "pushed", the time of the push (the default without
	// semver); by "version" (the default with it); by "number", which the extract must be; by "text". What is equal
	// goes by the time of the push. A service never goes back to an older image by itself.
	Order string `json:"order,omitempty"`
}

// The orders of an Image. An exact tag has none: the tag itself is the wish.
const (
	ByPushed  = "pushed"
	ByVersion = "version"
	ByNumber  = "number"
	ByText    = "text"
)

// Task is the container that the image runs in.
type Task struct {
	// CPU units, a value Fargate knows. Default 256.
	CPU int `json:"cpu,omitempty"`
	// Memory in MiB, a value Fargate allows with CPU. Default 512.
	Memory int `json:"memory,omitempty"`
	// Architecture is "arm64" (the default) or "amd64".
	Architecture string `json:"architecture,omitempty"`
	// Port the container listens on. Default 80.
	Port int `json:"port,omitempty"`
	// Container is the container's name. Default: the service's name.
	Container string `json:"container,omitempty"`
	// Environment are plain variables of the container.
	Environment map[string]string `json:"environment,omitempty"`
	// Secrets are variables whose values ECS reads at start: variable name to the ARN of a Secrets Manager
	// secret or an SSM parameter.
	Secrets map[string]string `json:"secrets,omitempty"`
	// Command replaces the image's own command.
	Command []string `json:"command,omitempty"`
	// StopTimeout is how long a task may take to end after TERM. Default 30s, at most 120s.
	StopTimeout Duration `json:"stopTimeout,omitempty"`
	// PlatformVersion of Fargate. Default "LATEST".
	PlatformVersion string `json:"platformVersion,omitempty"`
	// Roles of the service's own tasks; empty makes new ones.
	TaskRole      string `json:"taskRole,omitempty"`
	ExecutionRole string `json:"executionRole,omitempty"`
}

// LoadBalancer is an application load balancer with its two listeners and two target groups.
type LoadBalancer struct {
	// Internal load balancers have private addresses only. Default false.
	Internal bool `json:"internal,omitempty"`
	// ProductionPort is where users arrive, HTTP. Default 80.
	ProductionPort int `json:"productionPort,omitempty"`
	// TestPort is where the hook judges green, closed to the world. Default 8080.
	TestPort int `json:"testPort,omitempty"`
	// HealthCheck is how both target groups find a target healthy.
	HealthCheck HealthCheck `json:"healthCheck,omitzero"`
	// DeregistrationDelay lets requests under way end. Default 30s, at most 1h.
	DeregistrationDelay Duration `json:"deregistrationDelay,omitempty"`
}

// HealthCheck is a target group's; see
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html.
type HealthCheck struct {
	// Path asked for. Default "/".
	Path string `json:"path,omitempty"`
	// Interval between checks, 5s to 300s. Default 10s.
	Interval Duration `json:"interval,omitempty"`
	// Timeout of one check, 2s to 120s and below Interval. Default 5s.
	Timeout Duration `json:"timeout,omitempty"`
	// HealthyThreshold is how many good answers in a row make a target healthy, 2 to 10. Default 2.
	HealthyThreshold int `json:"healthyThreshold,omitempty"`
	// UnhealthyThreshold is how many bad ones make it unhealthy, 2 to 10. Default 2.
	UnhealthyThreshold int `json:"unhealthyThreshold,omitempty"`
	// Codes that count as healthy, as ELB writes them. Default "200-399".
	Codes string `json:"codes,omitempty"`
	// GracePeriod after a task's start in which ECS ignores bad checks. Default 0s.
	GracePeriod Duration `json:"gracePeriod,omitempty"`
}

// Deployment is what the CodeDeploy deployment group is told.
type Deployment struct {
	// Config is a deployment configuration's name. Default "CodeDeployDefault.ECSAllAtOnce".
	Config string `json:"config,omitempty"`
	// TerminationWait is how long blue stays after production moved, whole minutes, at most 48h. Default 1h.
	TerminationWait *Duration `json:"terminationWait,omitempty"`
	// Rollback are the events that roll back. Default: all three.
	Rollback []string `json:"rollback,omitempty"`
	// Alarms are the names of further CloudWatch alarms that stop a deployment, beside the two of the stack.
	// CodeDeploy takes ten in all.
	Alarms []string `json:"alarms,omitempty"`
}

// The rollback events of a deployment group, in CodeDeploy's words.
const (
	OnFailure = "DEPLOYMENT_FAILURE"
	OnAlarm   = "DEPLOYMENT_STOP_ON_ALARM"
	OnRequest = "DEPLOYMENT_STOP_ON_REQUEST"
)

// WhenNewer is what happens to an active deployment when something newer is wished for.
type WhenNewer struct {
	// TerminationWait is "finish" (the default): end the wait of a deployment that is live and has been
	// observed for MinimumObservation with no alarm firing; or "wait".
	TerminationWait string `json:"terminationWait,omitempty"`
	// InProgress is "wait" (the default) or "stop": stop with rollback a deployment that has not ended its shift.
	InProgress string `json:"inProgress,omitempty"`
	// MinimumObservation is how long production must have been on green before its wait is ended. Default 5m.
	MinimumObservation *Duration `json:"minimumObservation,omitempty"`
}

// Revisions are the task definition revisions that releases leave behind. Those that went live and stayed are never
// touched, nor is the newest, one that any task set of the service uses, or one that is not Cutover's.
type Revisions struct {
	// Deregister takes revisions out of use whose deployments all failed or were stopped, or that got none. Default true;
	// false keeps them all, and the function is then not permitted to deregister.
	Deregister *bool `json:"deregister,omitempty"`
	// Keep is how many whose deployments failed or were stopped stay for a look, the newest, while they are among the
	// last dozen deployments. Default 5, at most 10.
	Keep *int `json:"keep,omitempty"`
}

// The choices of WhenNewer.
const (
	Finish = "finish"
	Wait   = "wait"
	Stop   = "stop"
)
