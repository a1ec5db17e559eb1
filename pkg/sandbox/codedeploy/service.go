package codedeploy

import (
	"context"
	"io"
	"log/slog"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/background"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Options of a Service.
type Options struct {
	// Clock of every wait: "hook", "install", "ready-wait", "traffic-shift", "termination-wait". Default: factor 1.
	Clock *clock.Clock
	// Server through which the engine does its work, and whose account and region it plays. Required.
	Server *wire.Server
	// Changed is taken before each look at ECS, listeners and alarms, and closed when any of them changed.
	// Required for a deployment to get past Install.
	Changed func() <-chan struct{}
	// RoleCaller is the principal of a session of the service role. nil: a session named CodeDeploy.
	RoleCaller func(roleARN string) wire.Caller
	// AssumeRole says whether CodeDeploy may assume a role; an error refuses a deployment group that names it. nil: any.
	AssumeRole func(ctx context.Context, roleARN string) error
	// Emit raises an EventBridge event. nil: nobody listens.
	Emit func(source, detailType string, resources []string, detail any)
	// Assumptions about what AWS does not document. nil: Chosen().
	Assumptions *Assumptions
	// Log of what each deployment does. nil: none.
	Log *slog.Logger
}

// Service holds applications, groups, configurations, revisions and deployments, and runs the deployments.
// Use New; it is safe for concurrent use.
type Service struct {
	opts    Options
	assumes Assumptions
	work    background.Work // deployments
	changed signal.Signal

	mu           sync.Mutex
	applications map[string]*application
	configs      map[string]*types.DeploymentConfigInfo
	deployments  map[string]*deployment
	history      []*deployment // oldest first
	tags         map[string][]types.Tag
}

// application owns its groups and revisions.
type application struct {
	info      types.ApplicationInfo
	groups    map[string]*group
	revisions map[string]*revision // by key
}

// New returns a service with the five predefined ECS deployment configurations and nothing else.
func New(o Options) *Service {
	if o.Clock == nil {
		o.Clock = clock.New(1)
	}
	if o.Changed == nil {
		o.Changed = func() <-chan struct{} { return nil }
	}
	if o.RoleCaller == nil {
		o.RoleCaller = sessionOf
	}
	if o.Emit == nil {
		o.Emit = func(string, string, []string, any) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Assumptions == nil {
		o.Assumptions = new(Chosen())
	}
	s := &Service{
		opts:         o,
		assumes:      *o.Assumptions,
		applications: map[string]*application{},
		configs:      predefined(),
		deployments:  map[string]*deployment{},
		tags:         map[string][]types.Tag{},
	}
	return s
}

// Changed is closed at the next change of any deployment. Take it before looking.
func (s *Service) Changed() <-chan struct{} { return s.changed.Changed() }

// Close ends every deployment where it stands, without rollback, and returns when none runs any more.
func (s *Service) Close() { s.work.Close() }

// Register makes the service answer srv's CodeDeploy operations.
func (s *Service) Register(srv *wire.Server) {
	const name = "codedeploy"
	wire.On(srv, name, s.CreateApplication)
	wire.On(srv, name, s.UpdateApplication)
	wire.On(srv, name, s.GetApplication)
	wire.On(srv, name, s.BatchGetApplications)
	wire.On(srv, name, s.ListApplications)
	wire.On(srv, name, s.DeleteApplication)
	wire.On(srv, name, s.CreateDeploymentGroup)
	wire.On(srv, name, s.UpdateDeploymentGroup)
	wire.On(srv, name, s.GetDeploymentGroup)
	wire.On(srv, name, s.BatchGetDeploymentGroups)
	wire.On(srv, name, s.ListDeploymentGroups)
	wire.On(srv, name, s.DeleteDeploymentGroup)
	wire.On(srv, name, s.CreateDeploymentConfig)
	wire.On(srv, name, s.GetDeploymentConfig)
	wire.On(srv, name, s.ListDeploymentConfigs)
	wire.On(srv, name, s.DeleteDeploymentConfig)
	wire.On(srv, name, s.RegisterApplicationRevision)
	wire.On(srv, name, s.GetApplicationRevision)
	wire.On(srv, name, s.BatchGetApplicationRevisions)
	wire.On(srv, name, s.ListApplicationRevisions)
	wire.On(srv, name, s.CreateDeployment)
	wire.On(srv, name, s.GetDeployment)
	wire.On(srv, name, s.BatchGetDeployments)
	wire.On(srv, name, s.ListDeployments)
	wire.On(srv, name, s.GetDeploymentTarget)
	wire.On(srv, name, s.BatchGetDeploymentTargets)
	wire.On(srv, name, s.ListDeploymentTargets)
	wire.On(srv, name, s.StopDeployment)
	wire.On(srv, name, s.ContinueDeployment)
	wire.On(srv, name, s.SkipWaitTimeForInstanceTermination)
	wire.On(srv, name, s.PutLifecycleEventHookExecutionStatus)
	wire.On(srv, name, s.TagResource)
	wire.On(srv, name, s.UntagResource)
	wire.On(srv, name, s.ListTagsForResource)
}
