// Package s3 is the slice of Amazon S3 that keeps documents: private buckets whose objects are put, read, listed and
// deleted, over S3's own REST and XML, by path and by virtual host.
//
// It stands beside the sandbox's wire, whose operations have the SDK's types: S3's bodies are no documents. What it does
// is seen in the trail, decided by policies and open to injected faults all the same. Bucket policies and lifecycles are
// kept and told, but decide nothing and expire nothing: what a policy of ours asks, TLS, the sandbox does not speak.
//
// Objects have tags, which policies may ask about. Those under a KMS key, the bucket's or one that the request names, ask
// it when they are put and got; they are kept in clear.
//
// Not built: versions, multipart uploads, ACLs, presigned requests' expiry, copies, ranges. Asking for one is an error.
package s3

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/kms"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Options of a Service.
type Options struct {
	Account, Region string
	// Allow tells what allows an action on a resource, or refuses it; nil allows everything.
	Allow func(ctx context.Context, action, resource string, keys map[string][]string) (allowed string, err error)
	// Given are objects that are there from the beginning, with their buckets: texts by ARN.
	Given map[string]string
}

// Service holds buckets. Use New; a Service is safe for concurrent use.
type Service struct {
	opts  Options
	srv   *wire.Server
	locks kms.User

	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	created  time.Time
	objects  map[string]object
	settings map[string]string // policy, lifecycle: documents as they came
}

// object is one that was put; its body is never changed.
type object struct {
	body        []byte
	contentType string
	encoding    string
	tags        map[string]string // replaced, never changed
	etag        string
	at          time.Time
	under       sealed
}

// MostBody is the size in bytes that an object may have.
const MostBody = wire.BodyLimit

// New returns a service with what was given; a name that no bucket can have is left out.
func New(opts Options) *Service {
	s := &Service{opts: opts, buckets: map[string]*bucket{}}
	for arn, text := range opts.Given {
		name, key := placeOf(arn)
		if s.buckets[name] != nil || s.CreateBucket(name) == nil {
			_, _ = s.put(name, key, object{body: []byte(text), contentType: "binary/octet-stream"}) // the bucket is there
		}
	}
	return s
}

// placeOf an object by its ARN.
func placeOf(arn string) (bucket, key string) {
	_, at, _ := strings.Cut(arn, ":::")
	bucket, key, _ = strings.Cut(at, "/")
	return bucket, key
}

// Register mounts the service on srv, whose trail it writes.
func (s *Service) Register(srv *wire.Server) {
	s.srv, s.locks = srv, kms.User{Server: srv, Service: "s3"}
	srv.Handle("s3", s)
}

// fault is an error in S3's words (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
type fault struct {
	status        int
	code, message string
}

func (f fault) Error() string        { return f.code + ": " + f.message }
func (f fault) ErrorCode() string    { return f.code }
func (f fault) ErrorMessage() string { return f.message }

// ErrorFault is whose fault it is.
func (f fault) ErrorFault() smithy.ErrorFault {
	if f.status >= http.StatusInternalServerError {
		return smithy.FaultServer
	}
	return smithy.FaultClient
}

func fails(status int, code, format string, args ...any) error {
	return fault{status, code, fmt.Sprintf(format, args...)}
}

// bucketName is the rule of names, less its exceptions
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// CreateBucket makes a bucket. One that is there already is the caller's own, for there is one account; in the region
// us-east-1 that is a success and elsewhere BucketAlreadyOwnedByYou.
func (s *Service) CreateBucket(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !bucketName.MatchString(name) {
		return fails(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.")
	}
	if s.buckets[name] != nil {
		if s.opts.Region == "us-east-1" {
			return nil
		}
		return fails(http.StatusConflict, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.")
	}
	s.buckets[name] = &bucket{created: time.Now(), objects: map[string]object{}, settings: map[string]string{}}
	return nil
}

// DeleteBucket removes a bucket, which must be empty.
func (s *Service) DeleteBucket(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(name)
	if err != nil {
		return err
	}
	if len(b.objects) > 0 {
		return fails(http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty")
	}
	delete(s.buckets, name)
	return nil
}

// Put sets a document of a bucket, such as its policy; the empty one takes it away.
func (s *Service) Put(name, setting, document string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(name)
	if err != nil {
		return err
	}
	if b.settings[setting] = document; document == "" {
		delete(b.settings, setting)
	}
	return nil
}

// bucket is one that is there; the lock is held.
func (s *Service) bucket(name string) (*bucket, error) {
	b := s.buckets[name]
	if b == nil {
		return nil, fails(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	}
	return b, nil
}

func (s *Service) put(name, key string, o object) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(name)
	if err != nil {
		return o, err
	}
	sum := md5.Sum(o.body)
	o.etag, o.at = `"`+hex.EncodeToString(sum[:])+`"`, time.Now()
	b.objects[key] = o
	return o, nil
}

func (s *Service) get(name, key string) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(name)
	if err != nil {
		return object{}, err
	}
	o, ok := b.objects[key]
	if !ok {
		return o, noKey()
	}
	return o, nil
}

func noKey() error {
	return fails(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
}

func (s *Service) remove(name, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(name)
	if err == nil {
		delete(b.objects, key)
	}
	return err
}

// keys are those of a bucket with a prefix, after another, in order.
func (s *Service) keys(name, prefix, after string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(name)
	if err != nil {
		return nil, err
	}
	var all []string
	for key := range b.objects {
		if strings.HasPrefix(key, prefix) && key > after {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return all, nil
}
