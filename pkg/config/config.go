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
	// ExistingCluster is set when a cluster of that name stands already; by default the platform's stack makes it.
	ExistingCluster bool `json:"existingCluster,omitempty"`
	// LoadBalancer is the one that all services share whose loadBalancer.shared is true, each on its own pair of ports.
	LoadBalancer SharedLoadBalancer `json:"loadBalancer,omitzero"`
	// Placeholder is the image in this account's ECR, repository:tag, that a service runs until its first release, and
	// that answers "caddy respond" on port 80 as its command. Default: the public caddy image. A network without a way
	// out to the internet needs a copy of it.
	Placeholder string `json:"placeholder,omitempty"`
	// ReserveConcurrency gives every release function a reserved concurrency of 1, so that a service has one
	// writer. Default true; false only for accounts whose Lambda quota leaves nothing to reserve.
	ReserveConcurrency *bool `json:"reserveConcurrency,omitempty"`
	// LogRetentionDays is how long functions' and tasks' logs are kept. Default 30; a value CloudWatch Logs knows.
	LogRetentionDays int `json:"logRetentionDays,omitempty"`
	// Reports, when given, are where the reports of verifications are kept; {} for a bucket of the platform's own.
	// Without it a verification is told in the function's log alone.
	Reports *Reports `json:"reports,omitempty"`
	// Key is the ARN of a KMS key for logs, dead letters, the functions' environment and the platform's own bucket of
	// reports. Its policy must admit the services that docs/security.md lists. Default: each service's own key.
	Key string `json:"key,omitempty"`
	// RepositoryKey is the ARN of a KMS key for the images in the repositories that are made here; it may be the same.
	// It is for a new platform: a repository keeps the encryption that it was created with, so that setting, changing
	// or removing this later is refused by CloudFormation, and by `cutover doctor --stack` before. Default: ECR's own.
	RepositoryKey string `json:"repositoryKey,omitempty"`
	// PermissionsBoundary is the ARN of the IAM policy that bounds every role that is made here.
	PermissionsBoundary string `json:"permissionsBoundary,omitempty"`
	// KeepLogs leaves logs and dead letters behind when a stack is deleted. Repositories always stay. Default false.
	KeepLogs bool `json:"keepLogs,omitempty"`
	// Topic is the ARN of an SNS topic that is told when an alarm of a service's stack goes off, or "new" for one of
	// the platform's own.
	Topic string `json:"topic,omitempty"`
	// Notify, when given, makes the function that tells what becomes of each push; {} for events on the default bus alone.
	Notify *Notify `json:"notify,omitempty"`
	// Tags are put on all stacks. A service's own tags win.
	Tags map[string]string `json:"tags,omitempty"`
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
	// Egress is how a new VPC's private subnets reach AWS: "nat" (the default), one NAT gateway; "nat-per-zone", one in
	// each zone; "endpoints", VPC endpoints alone and no way to the internet, for internal load balancers.
	Egress string `json:"egress,omitempty"`
}

// The ways out of a new VPC's private subnets.
const (
	NAT        = "nat"
	NATPerZone = "nat-per-zone"
	Endpoints  = "endpoints"
)

// Service is one ECS service behind its load balancer, deployed blue/green by its image's pushes.
type Service struct {
	// Name is lower-case letters, digits and hyphens, at most 27 characters (a target group's name is this
	// name and five characters more, and ELB allows 32). Every other name derives from it.
	Name string `json:"name"`
	// Existing, when given, names a service that stands already and that CodeDeploy deploys. The stack then makes only
	// what watches over it, and keys that speak of resources it would otherwise make are refused (docs/adopt.md).
	Existing *Existing `json:"existing,omitempty"`
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
	// Watch stops a deployment whose new version cannot start, with the cause, in place of waiting for an hour.
	Watch Watch `json:"watch,omitzero"`
	// WhenNewer says what a newer image does to a deployment that is still active.
	WhenNewer WhenNewer `json:"whenNewer,omitzero"`
	// Revisions says what becomes of task definition revisions that never went live.
	Revisions Revisions `json:"revisions,omitzero"`
	// Gates are what else must agree before anything is released. Default: none.
	Gates Gates `json:"gates,omitzero"`
	// Observe is how its deployments are watched over.
	Observe Observe `json:"observe,omitzero"`
	// Schedule is how often the release loop looks by itself, whole minutes. Default 5m.
	Schedule Duration `json:"schedule,omitempty"`
	// Tags are put on the service's stack, over those of the platform.
	Tags map[string]string `json:"tags,omitempty"`
}

// Watch says when a new version has failed to start often enough.
type Watch struct {
	// FailedStarts is after how many failed starts of the new version's tasks its deployment is stopped and rolled back;
	// at least half of the tasks that are wanted must have failed. At most 100; 0 waits as long as CodeDeploy does, an
	// hour. Default 3.
	FailedStarts *int `json:"failedStarts,omitempty"`
}

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
