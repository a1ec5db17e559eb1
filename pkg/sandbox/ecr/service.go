// Package ecr is the sandbox's Amazon ECR: repositories and images over the SDK's own types, the registry
// protocol to which any client pushes and from which it pulls, and the events of both.
//
// Manifests are in memory, blobs on disk. Scans, on request or on push, find what they are told to. Not in the slice:
// enhanced scanning, replication, pull-through caches, repository policies; lifecycle policies are kept, but expire
// nothing.
package ecr

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/pkg/sandbox/background"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/kms"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Options of a Service.
type Options struct {
	// Dir keeps the blobs. It is made when it is not there; what is in it is left when the service closes.
	Dir string
	// Account and Region that the registry belongs to.
	Account, Region string
	// Host is where the registry is really reached, "127.0.0.1:4566"; repository URIs begin with it.
	Host func() string
	// Emit raises an EventBridge event; nil means that nobody listens.
	Emit func(source, detailType string, resources []string, detail any)
	// Clock of scans.
	Clock *clock.Clock
	// Findings is asked at the end of each scan what it found; nil finds nothing.
	Findings func(repository, digest string, tags []string) Findings
	// Log tells what a person should know; nil means nowhere.
	Log *slog.Logger
}

// Service is one account's registry in one region. Use New.
type Service struct {
	opts    Options
	keys    kms.User
	secret  []byte
	handler http.Handler
	blobs   *blobs
	work    background.Work // scans under way

	mu    sync.RWMutex
	repos map[string]*repository
	seeds map[string][]v1.Image
}

// New returns a registry without repositories. A folder that cannot be used is the error of the first push.
func New(opts Options) *Service {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Emit == nil {
		opts.Emit = func(string, string, []string, any) {}
	}
	if opts.Clock == nil {
		opts.Clock = clock.New(1)
	}
	if opts.Findings == nil {
		opts.Findings = func(string, string, []string) Findings { return Findings{} }
	}
	s := &Service{
		opts: opts, secret: make([]byte, 32), blobs: openBlobs(opts.Dir),
		repos: map[string]*repository{}, seeds: map[string][]v1.Image{},
	}
	_, _ = rand.Read(s.secret) // Never fails: https://pkg.go.dev/crypto/rand#Read
	s.handler = s.dataPlane()
	return s
}

// Close ends the service; its blobs stay on disk.
func (s *Service) Close() {
	s.work.Close()
	s.blobs.close()
}

// Handler serves the registry protocol under /v2/.
func (s *Service) Handler() http.Handler { return s.handler }

// Register makes the operations of the control plane known to srv.
func (s *Service) Register(srv *wire.Server) {
	s.keys = kms.User{Server: srv, Service: "ecr"}
	wire.On(srv, "ecr", s.createRepository)
	wire.On(srv, "ecr", s.describeRepositories)
	wire.On(srv, "ecr", s.deleteRepository)
	wire.On(srv, "ecr", s.putImageTagMutability)
	wire.On(srv, "ecr", s.putLifecyclePolicy)
	wire.On(srv, "ecr", s.getLifecyclePolicy)
	wire.On(srv, "ecr", s.listTagsForResource)
	wire.On(srv, "ecr", s.getAuthorizationToken)
	wire.On(srv, "ecr", s.describeImages)
	wire.On(srv, "ecr", s.listImages)
	wire.On(srv, "ecr", s.batchGetImage)
	wire.On(srv, "ecr", s.getDownloadUrlForLayer)
	wire.On(srv, "ecr", s.putImage)
	wire.On(srv, "ecr", s.batchDeleteImage)
	wire.On(srv, "ecr", s.startImageScan)
	wire.On(srv, "ecr", s.describeImageScanFindings)
}

// repository holds images by digest, and tags that point to them. The service's lock guards it.
type repository struct {
	name       string
	created    time.Time
	mutability types.ImageTagMutability
	exclusions []types.ImageTagMutabilityExclusionFilter
	scanning   *types.ImageScanningConfiguration
	encryption *types.EncryptionConfiguration
	labels     []types.Tag
	lifecycle  string
	images     map[string]*stored
	scans      map[string]*scan  // the newest of each image, by digest
	tags       map[string]string // tag to digest
}

// stored is one manifest.
type stored struct {
	digest, mediaType, artifactType string
	raw                             []byte
	size                            int64
	pushed                          time.Time
	index                           *v1.IndexManifest // nil for an image
	config                          v1.Hash
}

// repo finds a repository; the caller holds the lock.
func (s *Service) repo(name *string, registry *string) (*repository, error) {
	if registry != nil && *registry != s.opts.Account {
		return nil, noRepository(deref(name), *registry)
	}
	r := s.repos[deref(name)]
	if r == nil {
		return nil, noRepository(deref(name), s.opts.Account)
	}
	return r, nil
}

func noRepository(name, account string) error {
	return &types.RepositoryNotFoundException{Message: new(fmt.Sprintf(
		"The repository with name '%s' does not exist in the registry with id '%s'", name, account))}
}

// immutable says whether a tag may not move.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
func (r *repository) immutable(tag string) bool {
	excluded := false
	for _, filter := range r.exclusions {
		excluded = excluded || wildcard(deref(filter.Filter), tag)
	}
	switch r.mutability {
	case types.ImageTagMutabilityImmutable:
		return true
	case types.ImageTagMutabilityImmutableWithExclusion:
		return !excluded
	case types.ImageTagMutabilityMutableWithExclusion:
		return excluded
	}
	return false
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
