package release

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	aas "github.com/cutover-ecs/cutover/pkg/call/applicationautoscaling"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// Observed is everything that the loop looks at, in AWS's own words. What does not exist is nil.
type Observed struct {
	// At is when the look began.
	At time.Time
	// Service with its tags and task sets.
	Service *ecstypes.Service
	// Target is what Application Auto Scaling scales, where the service's description lets it.
	Target *aas.ScalableTarget
	// Group is the deployment group.
	Group *cdtypes.DeploymentGroupInfo
	// Repository tells whether all repositories exist, and Absent names those that do not; Images are those that may be
	// wished for, of all repositories.
	Repository bool
	Absent     []string
	Images     []ecr.ImageDetail
	// Indexes are those image indexes among the images wished for that were read, by digest.
	Indexes map[string]oci.Index
	// Labels are those of images that would be released, by digest, where a suite proves its version by them.
	Labels map[string]Label
	// Asked is the image that an operator's order names and that is not among Images.
	Asked *ecr.ImageDetail
	// Scans are what the registry's scans say of images that would be released, by digest, where they were asked for.
	Scans map[string]Scan
	// Gate is what the operator's gate function answered, by the wish that it was asked about.
	Gate map[live.Hash]GateAnswer
	// Base is the stack's own revision, or PRIMARY's of a service that stood already, Latest the family's newest that is active, Primary what production runs.
	Base, Latest, Primary *live.Revision
	// Deployments of the group, newest first, at most 25.
	Deployments []cdtypes.DeploymentInfo
	// Listener is the production listener.
	Listener *elb.Listener
	// Firing are the names of the group's alarms that are in ALARM.
	Firing []string
	// Moved is when production traffic had moved in a deployment that waits to terminate blue; zero otherwise.
	Moved time.Time
}

// newestDeployments is how many deployments are remembered: BatchGetDeployments takes no more
// (https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeployments.html).
const newestDeployments = 25

// observe makes one round of parallel reads, a second that needs the first's answers, and a third of one call
// only while a deployment waits to terminate blue. The base could be read in the first as well, but each call of one
// service at a time is a connection of its own, whose handshake costs more than the decision.
func (l *Loop) observe(ctx context.Context) (Observed, error) {
	o := Observed{At: l.now()}
	var ids []string
	err := l.sideBySide(ctx,
		func(ctx context.Context) (err error) { o.Service, err = l.service(ctx); return },
		func(ctx context.Context) (err error) { o.Target, err = l.target(ctx); return },
		func(ctx context.Context) (err error) { o.Group, err = l.group(ctx); return },
		func(ctx context.Context) (err error) { o.Images, o.Absent, err = l.images(ctx); return },
		func(ctx context.Context) (err error) { o.Latest, err = l.revision(ctx, l.names.Family); return },
		func(ctx context.Context) (err error) { ids, err = l.deploymentIDs(ctx); return },
	)
	if err != nil {
		return Observed{}, err
	}
	o.Repository = len(o.Absent) == 0
	primary, _ := live.Primary(o.Service)
	first := o
	named := o.orderedFrom(Wanted(l.deployed, o.Images)).image
	if named == "" && o.Service != nil && l.deployed.Service.Gates.Any() && o.hand().Pin == nil && o.hand().Blocked != nil {
		named = o.hand().Blocked.To // what is newest may be held
	}
	err = l.sideBySide(ctx,
		func(ctx context.Context) (err error) { o.Primary, err = l.primary(ctx, primary, o.Latest); return },
		func(ctx context.Context) (err error) { o.Base, err = l.base(ctx); return },
		func(ctx context.Context) (err error) { o.Deployments, err = l.deployments(ctx, ids); return },
		func(ctx context.Context) (err error) { o.Listener, err = l.listener(ctx, o.Group); return },
		func(ctx context.Context) (err error) { o.Firing, err = l.firing(ctx, o.Group); return },
		func(ctx context.Context) (err error) { o.Indexes, err = l.indexes(ctx, first); return },
		func(ctx context.Context) (err error) { o.Asked, err = l.askedImage(ctx, named, o.Images); return },
	)
	if err != nil {
		return Observed{}, err
	}
	if l.deployed.Service.Adopted() {
		o.Base = o.Primary
	}
	if active, ok := o.active(); ok && active.InstanceTerminationWaitTimeStarted {
		o.Moved, err = l.moved(ctx, aws.ToString(active.DeploymentId))
	}
	return o, err
}

// sideBySide runs reads at the same time; the first error ends it.
func sideBySide(ctx context.Context, reads ...func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, read := range reads {
		g.Go(func() error { return read(ctx) })
	}
	return g.Wait()
}
