// Package iam keeps roles and policies, and tells who is calling.
//
// Roles and policies are those of AWS's IAM API; policy documents are kept as written. A session of a role gets
// an access key of AWS's shape, by which the wire finds the role again: signatures are not checked, so a key that
// nobody issued counts as the operator's own and means the account's root.
//
// Authorize decides whether a caller may make a call, by the policies of its role and of the resource, and records by
// which statement (Decisions); Unused are the grants that no call needed. That is a check against permissions that
// were forgotten or are too many, not a proof: tags of resources, permission boundaries, session policies and
// organizations are unknown to it.
package iam

import (
	"crypto/rand"
	"regexp"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/recent"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Options of a Service.
type Options struct {
	// Account whose roles these are: twelve digits.
	Account string
	// Region of the resources that Authorize decides about.
	Region string
	// Remember is how many decisions are remembered. Default 10,000.
	Remember int
	// Lookups by which Authorize finds what stands elsewhere.
	Lookups
}

// Service is the account's IAM and STS. Use New; a Service is safe for concurrent use.
type Service struct {
	opts Options

	mu       sync.Mutex
	roles    map[string]*role    // by name
	policies map[string]*managed // by ARN
	sessions map[session]*credentials
	callers  map[string]wire.Caller // by access key

	record record
}

type role struct {
	types.Role
	inline   map[string]string // policy document by name
	attached []string          // ARNs of managed policies, in the order in which they came
}

// managed is a managed policy, the account's or AWS's own.
type managed struct {
	types.Policy
	document string
}

// New returns an account without roles; AWS's managed policies that deployments of ECS need are there.
func New(opts Options) *Service {
	if opts.Remember == 0 {
		opts.Remember = 10_000
	}
	return &Service{
		opts:     opts,
		roles:    map[string]*role{},
		policies: awsManaged(),
		sessions: map[session]*credentials{},
		callers:  map[string]wire.Caller{},
		record:   record{decisions: recent.New[Decision](opts.Remember)},
	}
}

// Close does nothing: a Service holds no resources.
func (s *Service) Close() {}

// Register registers the operations of IAM and STS.
func (s *Service) Register(srv *wire.Server) {
	wire.On(srv, "iam", s.createRole)
	wire.On(srv, "iam", s.getRole)
	wire.On(srv, "iam", s.listRoles)
	wire.On(srv, "iam", s.deleteRole)
	wire.On(srv, "iam", s.updateAssumeRolePolicy)
	wire.On(srv, "iam", s.tagRole)
	wire.On(srv, "iam", s.untagRole)
	wire.On(srv, "iam", s.listRoleTags)
	wire.On(srv, "iam", s.putRolePolicy)
	wire.On(srv, "iam", s.getRolePolicy)
	wire.On(srv, "iam", s.listRolePolicies)
	wire.On(srv, "iam", s.deleteRolePolicy)
	wire.On(srv, "iam", s.createPolicy)
	wire.On(srv, "iam", s.getPolicy)
	wire.On(srv, "iam", s.getPolicyVersion)
	wire.On(srv, "iam", s.deletePolicy)
	wire.On(srv, "iam", s.attachRolePolicy)
	wire.On(srv, "iam", s.detachRolePolicy)
	wire.On(srv, "iam", s.listAttachedRolePolicies)
	wire.On(srv, "sts", s.getCallerIdentity)
	wire.On(srv, "sts", s.assumeRole)
}

// nameRule is what IAM takes as a name: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
var nameRule = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@-]{1,128}$`) })

func checkName(member string, name *string, limit int) error {
	if !nameRule().MatchString(aws.ToString(name)) || len(*name) > limit {
		return invalid("The specified value for %s is invalid. It must contain only alphanumeric characters and/or "+
			"the following: +=,.@_- and have 1 to %d of them", member, limit)
	}
	return nil
}

// uniqueID is an id of AWS's shape: a prefix that tells the kind, and capitals and digits.
func uniqueID(prefix string, length int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	raw := make([]byte, length)
	rand.Read(raw)
	for i := range raw {
		raw[i] = letters[raw[i]%32]
	}
	return prefix + string(raw[len(prefix):])
}

func clientFault(code, message string) error {
	return &smithy.GenericAPIError{Code: code, Message: message, Fault: smithy.FaultClient}
}

// CheckResourcePolicy tells what is wrong with the policy of a resource.
func CheckResourcePolicy(document string) error {
	_, err := ReadDocument(document, Resource)
	return err
}
