package sandbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/acm"
	"github.com/cutover-ecs/cutover/pkg/sandbox/autoscaling"
	"github.com/cutover-ecs/cutover/pkg/sandbox/cfn"
	"github.com/cutover-ecs/cutover/pkg/sandbox/cloudwatch"
	"github.com/cutover-ecs/cutover/pkg/sandbox/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/sandbox/contract"
	"github.com/cutover-ecs/cutover/pkg/sandbox/ec2"
	"github.com/cutover-ecs/cutover/pkg/sandbox/ecr"
	"github.com/cutover-ecs/cutover/pkg/sandbox/ecs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/elb"
	"github.com/cutover-ecs/cutover/pkg/sandbox/events"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
	"github.com/cutover-ecs/cutover/pkg/sandbox/iam"
	"github.com/cutover-ecs/cutover/pkg/sandbox/kms"
	"github.com/cutover-ecs/cutover/pkg/sandbox/lambda"
	"github.com/cutover-ecs/cutover/pkg/sandbox/logs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/network"
	"github.com/cutover-ecs/cutover/pkg/sandbox/s3"
	"github.com/cutover-ecs/cutover/pkg/sandbox/scheduler"
	"github.com/cutover-ecs/cutover/pkg/sandbox/secretsmanager"
	"github.com/cutover-ecs/cutover/pkg/sandbox/sns"
	"github.com/cutover-ecs/cutover/pkg/sandbox/sqs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/ssm"
	"github.com/cutover-ecs/cutover/pkg/sandbox/task"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// services are the parts of a sandbox, in the order in which they are made.
type services struct {
	faults     *fault.Plan
	wire       *wire.Server
	iam        *iam.Service
	events     *events.Service
	kms        *kms.Service
	logs       *logs.Service
	sqs        *sqs.Service
	sns        *sns.Service
	secrets    *secretsmanager.Service
	parameters *ssm.Service
	s3         *s3.Service
	ec2        *ec2.Service
	cloudwatch *cloudwatch.Service
	network    *network.Network
	acm        *acm.Service
	elb        *elb.Service
	ecr        *ecr.Service
	runner     *task.Runner
	ecs        *ecs.Service
	lambda     *lambda.Service
	scheduler  *scheduler.Service
	scaling    *autoscaling.Service
	codedeploy *codedeploy.Service
	cfn        *cfn.Service
	assets     *assets
	changes    *changes // what CodeDeploy waits for
	all        *changes // that, CodeDeploy itself and stacks
}

func newServices(s *Sandbox) (*services, error) {
	log, c := s.opts.Log, s.clock
	v := &services{network: &network.Network{}, assets: &assets{bootstrap: s.opts.Bootstrap}}
	v.faults = fault.New(fault.Options{
		Seed: s.opts.Seed, Clock: c,
		Server: func() *wire.Server { return v.wire },
		Crash:  func(function string) int { return v.lambda.Crash(function) },
	})
	c.SkipIf(v.faults.Skips)
	v.iam = iam.New(iam.Options{Account: Account, Region: Region, Remember: s.opts.Remember, Lookups: iam.Lookups{
		FunctionPolicy: func(name string) string { return v.lambda.Policy(name) },
		QueuePolicy:    func(url string) string { return v.sqs.Policy(url) },
		TopicPolicy:    func(arn string) string { return v.sns.Policy(arn) },
		Key:            func(id string, sealed []byte) (arn, policy string) { return v.kms.Policy(id, sealed) },
		Granted: func(key, principal, operation string, about map[string]string) string {
			return v.kms.Granted(key, principal, operation, about)
		},
		TaskRoles:        func(revision string) []string { return v.ecs.Roles(revision) },
		Deployment:       func(id string) (string, string) { return v.codedeploy.GroupOf(id) },
		DeploymentConfig: func(application, group string) string { return v.codedeploy.ConfigOf(application, group) },
		Source:           func(ctx context.Context) string { return wire.CallerOf(ctx).Source },
	}})
	v.wire = wire.New(wire.Options{
		Account: Account, Region: Region, TrailSize: s.opts.Remember, Identify: v.iam.Identify, Around: v.faults.Around,
		Check: contract.New().Check, Before: v.iam.Authorize, Log: log,
	})
	v.kms = kms.New(kms.Options{Account: Account, Region: Region, Given: s.opts.Keys, Check: iam.CheckResourcePolicy})
	v.events = events.New(events.Options{Clock: c, Account: Account, Region: Region, Endpoint: s.Endpoint, Disturb: v.faults.Event, Log: log})
	v.logs = logs.New(logs.Options{Account: Account, Region: Region})
	v.sqs = sqs.New(sqs.Options{Account: Account, Region: Region, Endpoint: s.Endpoint})
	v.sns = sns.New(sns.Options{Account: Account, Region: Region, Endpoint: s.Endpoint, Log: log})
	v.secrets = secretsmanager.New(secretsmanager.Options{Account: Account, Region: Region, Given: s.opts.Secrets})
	v.parameters = ssm.New(ssm.Options{Account: Account, Region: Region, Given: s.opts.Secrets})
	v.s3 = s3.New(s3.Options{Account: Account, Region: Region, Allow: v.iam.Check, Given: s.opts.Objects})
	v.ec2 = ec2.New(ec2.Options{Account: Account, Region: Region, Allow: v.iam.Check})
	v.cloudwatch = cloudwatch.New(cloudwatch.Options{Clock: c, Account: Account, Region: Region, Emit: v.events.Emit, Gauge: v.sqs.Gauge, Log: log})
	if err := v.certify(s); err != nil {
		return v, err
	}
	v.elb = elb.New(elb.Options{
		Clock: c, Account: Account, Region: Region, Dial: v.network.Dial, Listen: listen, Observe: v.cloudwatch.Balancer(), Log: log,
		Disturb: v.faults.Target, Spread: elb.Spread, Certificate: v.acm.Certificate,
	})
	v.ecr = ecr.New(ecr.Options{Dir: filepath.Join(s.dir, "registry"), Account: Account, Region: Region, Host: s.Host, Emit: v.events.Emit,
		Clock: c, Findings: v.faults.Findings})
	runner, err := task.New(task.Options{Mode: s.opts.Isolation, Dir: filepath.Join(s.dir, "tasks"), Init: s.opts.Init, Log: log})
	if err != nil {
		return v, fmt.Errorf("tasks cannot run on this machine: %w", err)
	}
	v.runner = runner
	v.ecs = ecs.New(ecs.Options{
		Clock: c, Account: Account, Region: Region, Images: v.ecr, Runner: v.faults.Runner(ecs.Tasks(runner)), Network: v.network,
		Attached: v.faults.Attached, Balancer: v.elb, Secrets: secrets(s.opts.Secrets), File: v.file, Mount: v.mount, Logs: v.logs.Write, Emit: v.events.Emit, Log: log, Allow: v.allow,
	})
	v.lambda = lambda.New(lambda.Options{
		Clock: c, Account: Account, Region: Region, Endpoint: s.Endpoint,
		Proxy:     func() string { return "http://" + s.proxy.Addr().String() },
		Authority: s.AuthorityFile(),
		Code:      v.assets.code, Credentials: v.iam.Issue, Log: s.functionLog, Write: v.logs.Write,
		Allow: v.allow, Throttled: v.faults.Throttled, Disturb: v.faults.Execution,
		Count: func(function, metric string, value float64) {
			v.cloudwatch.Put("AWS/Lambda", metric, map[string]string{"FunctionName": function}, value)
		},
	})
	v.scheduler = scheduler.New(scheduler.Options{Clock: c, Account: Account, Region: Region, Endpoint: s.Endpoint, Log: log})
	v.scaling = autoscaling.New(autoscaling.Options{Clock: c, Account: Account, Region: Region, Metric: v.cloudwatch.Statistic, Log: log})
	v.changes = watch(v.ecs.Changed, v.elb.Changed, v.cloudwatch.Changed)
	v.codedeploy = codedeploy.New(codedeploy.Options{
		Clock: c, Server: v.wire, Changed: v.changes.Changed,
		RoleCaller: func(role string) wire.Caller { return v.iam.RoleCaller(role, "CodeDeploy") },
		Emit:       v.events.Emit, Log: log,
	})
	v.cfn = cfn.New(cfn.Options{Server: v.wire, Buckets: v.s3, Groups: v.ec2, Emit: v.events.Emit, Changed: v.ecs.Changed, Log: log})
	v.all = watch(v.changes.Changed, v.codedeploy.Changed, v.cfn.Changed)
	v.register()
	return v, nil
}

// certify issues the certificates, and writes down whom to trust for them.
func (v *services) certify(s *Sandbox) (err error) {
	if v.acm, err = acm.New(s.opts.Certificates); err != nil {
		return err
	}
	return os.WriteFile(s.AuthorityFile(), v.acm.Authority(), 0o644)
}

// allow decides about what AWS does as a role by itself, such as pulling a task's image, and puts it into the trail.
func (v *services) allow(ctx context.Context, role, session, action, resource string) error {
	return v.allowWith(ctx, role, session, action, resource, nil)
}

// mount decides about a file system that AWS mounts as a task's role.
func (v *services) mount(ctx context.Context, role, session, action, fileSystem, accessPoint string) error {
	keys := map[string][]string{"elasticfilesystem:AccessedViaMountTarget": {"true"}}
	if accessPoint != "" {
		keys["elasticfilesystem:AccessPointArn"] = []string{accessPoint}
	}
	return v.allowWith(ctx, role, session, action, fileSystem, keys)
}

func (v *services) allowWith(ctx context.Context, role, session, action, resource string, keys map[string][]string) error {
	e := wire.Entry{Caller: v.iam.RoleCaller(role, session), Subject: resource}
	e.Service, e.Action, _ = strings.Cut(action, ":")
	var err error
	if e.Allowed, err = v.iam.Check(wire.WithCaller(ctx, e.Caller), action, resource, keys); err != nil {
		e.Error = "AccessDeniedException"
	}
	e.Time = time.Now()
	v.wire.Record(e)
	return err
}

// file reads an object of S3 as AWS does as a role by itself, such as a task's environment file.
func (v *services) file(ctx context.Context, role, session, arn string) ([]byte, error) {
	return v.s3.Read(wire.WithCaller(ctx, v.iam.RoleCaller(role, session)), arn)
}

func (v *services) register() {
	for _, service := range []interface{ Register(*wire.Server) }{
		v.iam, v.kms, v.events, v.logs, v.sqs, v.sns, v.secrets, v.parameters, v.s3, v.ec2, v.cloudwatch, v.elb, v.ecr, v.ecs, v.lambda, v.scheduler, v.scaling, v.codedeploy, v.cfn,
	} {
		service.Register(v.wire)
	}
	v.wire.Handle("lambda", v.lambda.Handler())
	v.wire.Handle("scheduler", v.scheduler.Handler())
}

// close ends what makes others work first.
func (v *services) close() {
	v.cfn.Close()
	v.scheduler.Close()
	v.scaling.Close()
	v.events.Close()
	v.codedeploy.Close()
	v.lambda.Close()
	v.ecs.Close()
	v.all.close()
	v.changes.close()
	v.elb.Close()
	v.cloudwatch.Close()
	v.sqs.Close()
	v.logs.Close()
	v.ecr.Close()
	v.runner.Close()
}

// listen opens a listener for people: ten thousand above its declared port, which needs no root, or any free one.
// Functions reach it by its declared port through the proxy.
func listen(_ string, port int) (net.Listener, error) {
	if high := port + 10_000; high < 1<<16 {
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(high)); err == nil {
			return l, nil
		}
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

func secrets(values map[string]string) func(context.Context, string) (string, error) {
	return func(_ context.Context, from string) (string, error) {
		if v, ok := values[from]; ok {
			return v, nil
		}
		return "", errors.New("the sandbox was given no value for it")
	}
}

func (s *Sandbox) functionLog(function, _, line string) {
	s.services.cloudwatch.Line(line)
	if s.opts.FunctionLog != nil {
		s.opts.FunctionLog(function, line)
	}
}

// assets finds the executables of functions by the S3 keys that templates name.
type assets struct {
	bootstrap func(name, path string) (string, error)
	mu        sync.Mutex
	origin    map[string]cfn.Asset
}

func (a *assets) add(origin map[string]cfn.Asset) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.origin == nil {
		a.origin = map[string]cfn.Asset{}
	}
	maps.Copy(a.origin, origin)
}

func (a *assets) code(bucket, key string) (string, error) {
	a.mu.Lock()
	origin, ok := a.origin[key]
	a.mu.Unlock()
	if a.bootstrap == nil {
		return "", fmt.Errorf("the assembly has no asset for s3://%s/%s", bucket, key)
	}
	if !ok { // of a function that was created by hand
		origin.Name, origin.Path = key, key
	}
	return a.bootstrap(origin.Name, origin.Path)
}
