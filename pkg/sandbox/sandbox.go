// Package sandbox is a local AWS of just the slice that deploying Amazon ECS services blue/green needs: one process,
// no account, no Docker, no root. It is created from a CDK app's own cloud assembly, and independent clients (the AWS
// CLI, boto3, the SDKs, a registry client) work against it unchanged.
//
// What runs in it is real: functions are the compiled bootstraps on the Lambda Runtime API, tasks are processes from
// the root file systems of pushed images, listeners forward HTTP and HTTPS by weight. Exactly two properties of a template are
// replaced, the functions' architecture and the tasks' runtimePlatform, by this machine's, and Notes says so.
//
// Control-plane waits are divided by one clock's factor and can be skipped; timestamps are real. It knows AWS and
// nothing of who uses it. An operation outside the slice answers an error that names it.
package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/pkg/sandbox/cfn"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
	"github.com/cutover-ecs/cutover/pkg/sandbox/iam"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// The account and region that a sandbox plays. The region is one in which version 1 of the AWS CLI has no endpoint
// of its own for SQS; in others `aws sqs` ignores AWS_ENDPOINT_URL and would leave the sandbox.
const (
	Account = "111122223333"
	Region  = "eu-central-2"
)

// Options of a sandbox.
type Options struct {
	// Listen is the endpoint's address. Default 127.0.0.1:0, a free port.
	Listen string
	// Clock divides every control-plane wait. Default 1.
	Clock float64
	// Hold tells by its name whether a wait ends only when it is skipped, from the first on. nil: none does.
	Hold func(wait string) bool
	// Assembly is a cloud assembly whose stacks are created, in an account that was bootstrapped for CDK. nil: an empty
	// account.
	Assembly fs.FS
	// Bootstrap tells the executable behind a function's asset: name is the path that the app shows for it, path
	// where it stands in the assembly.
	Bootstrap func(name, path string) (executable string, err error)
	// Images are public images by reference, since there is no way to a public registry.
	Images map[string]v1.Image
	// Secrets are the values behind the ARNs that task definitions name.
	Secrets map[string]string
	// Certificates are the names that the certificates behind the ARNs of a template are for. They are issued by an
	// authority of this sandbox's own, which functions trust; for people it stands in the file AuthorityFile.
	Certificates map[string][]string
	// Objects are in S3 before the stacks, with their buckets: texts by ARN, such as those of environment files.
	Objects map[string]string
	// Keys are KMS keys that are there before the stacks: their policies by ARN, an empty one being KMS's own default.
	Keys map[string]string
	// Isolation of tasks: "auto" (the default), "namespaces" or "process".
	Isolation string
	// Init is the program that each task's init is; it must link a sandbox too. Default: this one.
	Init string
	// Remember is how many calls the trail remembers, and how many decisions IAM does. Default 10,000.
	Remember int
	// Seed of the faults' draws.
	Seed uint64
	// Throttle refuses calls that come too often for the token buckets that AWS publishes; see fault.Throttle.
	Throttle bool
	// Log of what happens. nil: none.
	Log *slog.Logger
	// FunctionLog takes each line that a function logs. nil: none.
	FunctionLog func(function, line string)
}

// Sandbox is a running local AWS. Close it.
type Sandbox struct {
	opts     Options
	clock    *clock.Clock
	dir      string
	services *services
	listener net.Listener // the endpoint
	proxy    net.Listener // the functions' way to the load balancers
	servers  [2]*http.Server
	work     sync.WaitGroup
	ready    atomic.Bool
	notes    []string
}

// Start runs a sandbox and creates its stacks. An error leaves nothing behind.
func Start(ctx context.Context, opts Options) (*Sandbox, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Listen == "" {
		opts.Listen = "127.0.0.1:0"
	}
	s := &Sandbox{opts: opts, clock: clock.New(opts.Clock)}
	s.clock.HoldIf(opts.Hold)
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Sandbox) start(ctx context.Context) (err error) {
	if s.listener, err = net.Listen("tcp", s.opts.Listen); err != nil {
		return fmt.Errorf("the sandbox cannot listen on %s; is another one running? Choose an address with --listen: %w", s.opts.Listen, err)
	}
	if s.proxy, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "sandbox-"); err != nil {
		return err
	}
	if s.services, err = newServices(s); err != nil {
		return err
	}
	s.serve(0, s.listener, s.handler())
	s.serve(1, s.proxy, s.services.elb.Proxy())
	for reference, image := range s.opts.Images {
		if err := s.services.ecr.Seed(reference, image); err != nil {
			return fmt.Errorf("seed image %s: %w", reference, err)
		}
		s.note("%s is seeded from this machine", reference)
	}
	for _, arn := range s.services.acm.ARNs() {
		s.note("the certificate %s is issued by an authority of this sandbox's own, %s", arn, s.AuthorityFile())
	}
	s.note("tasks are isolated by %s", s.services.runner.Mode())
	if s.opts.Assembly != nil {
		if err := s.create(ctx); err != nil {
			return err
		}
	}
	if s.opts.Throttle { // what made the stacks has taken nothing out
		if _, err := s.Faults().Add(fault.Throttle{}); err != nil {
			return err
		}
	}
	s.ready.Store(true)
	return nil
}

// create makes the assembly's stacks as the account's root, as a person who deploys does.
func (s *Sandbox) create(ctx context.Context) error {
	err := s.stacks(ctx, s.opts.Assembly, func(ctx context.Context, stack cfn.Stack) error {
		_, err := s.services.cfn.Create(ctx, stack)
		return err
	})
	if err != nil {
		return err
	}
	for _, replaced := range s.services.cfn.Replaced() {
		s.note("%s, because this machine is one", replaced)
	}
	return nil
}

// UpdateStacks brings the stacks to what another assembly says, as `cdk deploy --all` does: each after those that it
// depends on, those that stand updated and the others created. It stops at the first that fails, which is rolled back.
func (s *Sandbox) UpdateStacks(ctx context.Context, assembly fs.FS) error {
	return s.stacks(ctx, assembly, func(ctx context.Context, stack cfn.Stack) error {
		if !slices.ContainsFunc(s.Stacks(), func(c cfn.Created) bool { return c.Name == stack.Name }) {
			_, err := s.services.cfn.Create(ctx, stack)
			return err
		}
		if _, err := s.services.cfn.Update(ctx, stack); !errors.Is(err, cfn.ErrUnchanged) {
			return err
		}
		return nil
	})
}

// DeleteStack deletes a stack and tells what its deletion policies left.
func (s *Sandbox) DeleteStack(ctx context.Context, name string) (left []cfn.Resource, err error) {
	return s.services.cfn.Delete(asRoot(ctx), name)
}

func (s *Sandbox) stacks(ctx context.Context, assembly fs.FS, do func(context.Context, cfn.Stack) error) error {
	stacks, err := cfn.Read(assembly)
	if err != nil {
		return err
	}
	for _, stack := range stacks {
		s.services.assets.add(stack.Assets)
		s.services.parameters.Keep(cmp.Or(stack.Bootstrap, bootstrapParameter), bootstrapVersion)
		if err := do(asRoot(ctx), stack); err != nil {
			return err
		}
	}
	return nil
}

// CDK's bootstrap stack says its version in a parameter, by which tools see whether an account is ready: of CDK's own
// qualifier where an assembly names none, and as aws-cdk 2.1148.1 makes it
// (https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html).
const (
	bootstrapParameter = "/cdk-bootstrap/hnb659fds/version"
	bootstrapVersion   = "33"
)

func asRoot(ctx context.Context) context.Context {
	return wire.WithCaller(ctx, wire.Caller{ARN: "arn:aws:iam::" + Account + ":root"})
}

func (s *Sandbox) serve(i int, l net.Listener, h http.Handler) {
	s.servers[i] = &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	s.work.Go(func() { s.servers[i].Serve(l) })
}

func (s *Sandbox) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// Notes are what differs here from AWS on this machine, as sentences.
func (s *Sandbox) Notes() []string { return s.notes }

// Authority is the certificate, in PEM, of the authority that issued the certificates of this sandbox's listeners.
func (s *Sandbox) Authority() []byte { return s.services.acm.Authority() }

// AuthorityFile holds the same; it goes with the sandbox.
func (s *Sandbox) AuthorityFile() string { return filepath.Join(s.dir, "authority.pem") }

// Clock of every wait.
func (s *Sandbox) Clock() *clock.Clock { return s.clock }

// Host is the endpoint's host and port; images are pushed there too.
func (s *Sandbox) Host() string { return s.listener.Addr().String() }

// Endpoint is the URL of every AWS service: what AWS_ENDPOINT_URL is set to.
func (s *Sandbox) Endpoint() string { return "http://" + s.Host() }

// Stacks that stand, with their outputs.
func (s *Sandbox) Stacks() []cfn.Created { return s.services.cfn.Stacks() }

// Faults are what is to befall the sandbox.
func (s *Sandbox) Faults() *fault.Plan { return s.services.faults }

// Trail of every call that was made, and of every fault that struck.
func (s *Sandbox) Trail() []wire.Entry { return s.services.wire.Trail() }

// TrailSince is what the trail got after its first seen entries, as far back as it is remembered; next is what to ask
// with afterwards, and changed is closed when there is more.
func (s *Sandbox) TrailSince(seen int) (entries []wire.Entry, next int, changed <-chan struct{}) {
	return s.services.wire.TrailSince(seen)
}

// Operations that the sandbox has, in order.
func (s *Sandbox) Operations() []wire.Operation { return s.services.wire.Operations() }

// URL is where a person opens a listener: its declared port may need root.
func (s *Sandbox) URL(listenerARN string) string { return s.services.elb.URL(listenerARN) }

// Close ends everything that the sandbox started and removes what it wrote. It waits until nothing is left.
func (s *Sandbox) Close() error {
	s.ready.Store(false)
	if s.services != nil {
		s.services.close()
	}
	for _, server := range s.servers {
		if server != nil {
			server.Close()
		}
	}
	for _, l := range []net.Listener{s.listener, s.proxy} {
		if l != nil {
			l.Close()
		}
	}
	s.work.Wait()
	if s.dir == "" {
		return nil
	}
	return os.RemoveAll(s.dir)
}

// Decisions of IAM, oldest first.
func (s *Sandbox) Decisions() []iam.Decision { return s.services.iam.Decisions() }

// Unused are the grants of roles that no call has used.
func (s *Sandbox) Unused() []iam.Grant { return s.services.iam.Unused() }
