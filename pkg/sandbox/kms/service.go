// Package kms keeps symmetric keys with their policies and grants: enough of AWS KMS for what other services do with a
// customer's key in somebody's name, and for who looks at the key.
//
// Data keys and ciphertexts are real, AES-256-GCM with the encryption context as associated data; nothing leaves memory.
// Who may do what is package iam's to decide: a key's policy comes first, and a role's own policies count only where it
// lets the account in. DataKey and Open are how the sandbox's services use a key for their callers.
//
// Keys of other specs and usages are kept and described, and refuse to encrypt. Not built: aliases, rotation, imported
// material, key stores, replicas, grants' sources and tokens. Asking for one of them is an error.
package kms

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Options of a Service.
type Options struct {
	// Account and Region of the keys' ARNs.
	Account, Region string
	// Given are keys that are there from the beginning: their policies by ARN, of whatever account and region. An empty
	// policy is KMS's own default.
	Given map[string]string
	// Check tells what is wrong with a key's policy; nil takes every JSON.
	Check func(policy string) error
}

// Service holds keys. Use New; a Service is safe for concurrent use.
type Service struct {
	opts Options

	mu   sync.Mutex
	keys map[string]*key // by ARN
}

// key is guarded by Service.mu but for its material, which never changes.
type key struct {
	arn, id, description string
	policy               string
	spec                 types.KeySpec
	usage                types.KeyUsageType
	state                types.KeyState
	created              time.Time
	deletion             *time.Time
	material             [32]byte
	grants               []types.GrantListEntry
}

// New returns a service with the keys that were given.
func New(opts Options) *Service {
	s := &Service{opts: opts, keys: map[string]*key{}}
	for arn, policy := range opts.Given {
		s.add(arn, policy)
	}
	return s
}

// Register puts the operations on srv.
func (s *Service) Register(srv *wire.Server) {
	wire.On(srv, "kms", s.createKey)
	wire.On(srv, "kms", s.describeKey)
	wire.On(srv, "kms", s.listKeys)
	wire.On(srv, "kms", s.getKeyPolicy)
	wire.On(srv, "kms", s.putKeyPolicy)
	wire.On(srv, "kms", s.enableKey)
	wire.On(srv, "kms", s.disableKey)
	wire.On(srv, "kms", s.scheduleKeyDeletion)
	wire.On(srv, "kms", s.cancelKeyDeletion)
	wire.On(srv, "kms", s.encrypt)
	wire.On(srv, "kms", s.decrypt)
	wire.On(srv, "kms", s.generateDataKey)
	wire.On(srv, "kms", s.createGrant)
	wire.On(srv, "kms", s.listGrants)
	wire.On(srv, "kms", s.revokeGrant)
}

func (s *Service) arn(id string) string {
	return fmt.Sprintf("arn:aws:kms:%s:%s:key/%s", s.opts.Region, s.opts.Account, id)
}

// add makes an enabled symmetric key.
func (s *Service) add(arn, policy string) *key {
	if policy == "" {
		policy = s.defaultPolicy()
	}
	k := &key{
		arn: arn, id: arn[strings.LastIndexByte(arn, '/')+1:], policy: policy, spec: types.KeySpecSymmetricDefault, usage: types.KeyUsageTypeEncryptDecrypt,
		state: types.KeyStateEnabled, created: time.Now(),
	}
	_, _ = rand.Read(k.material[:]) // never fails
	s.keys[arn] = k
	return k
}

var keyID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w-]+$`) })

// find is a key by its id or ARN; the caller holds mu.
func (s *Service) find(id *string) (*key, error) {
	arn := s.whole(aws.ToString(id))
	if k := s.keys[arn]; k != nil {
		return k, nil
	}
	switch {
	case strings.HasPrefix(arn, "alias/") || strings.Contains(arn, ":alias/"):
		return nil, &types.NotFoundException{Message: aws.String("Alias " + arn + " is not found: the sandbox has no aliases.")}
	case !strings.HasPrefix(arn, "arn:"):
		return nil, &types.NotFoundException{Message: aws.String("Invalid keyId " + arn)}
	}
	return nil, &types.NotFoundException{Message: aws.String("Key '" + arn + "' does not exist")}
}

// whole is the ARN of a key that is named by its id.
func (s *Service) whole(name string) string {
	if keyID().MatchString(name) {
		return s.arn(name)
	}
	return name
}

// usable refuses what a key's state, usage or spec does not allow, in the words of
// https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
func (k *key) usable() error {
	switch {
	case k.state == types.KeyStateDisabled:
		return &types.DisabledException{Message: aws.String(k.arn + " is disabled.")}
	case k.state == types.KeyStatePendingDeletion:
		return &types.KMSInvalidStateException{Message: aws.String(k.arn + " is pending deletion.")}
	case k.usage != types.KeyUsageTypeEncryptDecrypt || k.spec != types.KeySpecSymmetricDefault:
		return &types.InvalidKeyUsageException{Message: aws.String(k.arn + " key usage is " + string(k.usage) + " and its spec " + string(k.spec) +
			", which is not valid for this operation.")}
	}
	return nil
}

func unsupported(what string) error {
	return &types.UnsupportedOperationException{Message: aws.String("The sandbox has no " + what + ".")}
}

func invalid(message string) error {
	return &smithy.GenericAPIError{Code: "ValidationException", Message: message, Fault: smithy.FaultClient}
}
