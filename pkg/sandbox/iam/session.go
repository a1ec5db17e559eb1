package iam

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// session is one use of a role.
type session struct{ role, name string }

type credentials struct{ accessKey, secret, token string }

// Issue returns credentials whose calls come from a session of the role. The same session of the same role always
// gets the same ones; they do not expire.
func (s *Service) Issue(roleARN, name string) (accessKey, secret, token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := session{role: roleARN, name: name}
	c := s.sessions[key]
	if c == nil {
		c = &credentials{
			accessKey: uniqueID("ASIA", 20), secret: uniqueID("", 40), token: uniqueID("", 120),
		}
		s.sessions[key] = c
		caller := s.RoleCaller(roleARN, name)
		caller.AccessKey = c.accessKey
		s.callers[c.accessKey] = caller
	}
	return c.accessKey, c.secret, c.token
}

// Identify finds the principal that an access key was issued to. For a key that nobody issued it returns the
// account's root, the operator, and false.
func (s *Service) Identify(accessKey string) (wire.Caller, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.callers[accessKey]; ok {
		return c, true
	}
	return wire.Caller{ARN: "arn:aws:iam::" + s.opts.Account + ":root", AccessKey: accessKey}, false
}

// RoleCaller is the principal of a role's session, for calls within the sandbox. The role's path is no part of
// the session's ARN, as in AWS.
func (s *Service) RoleCaller(roleARN, name string) wire.Caller {
	return wire.Caller{
		ARN:  "arn:aws:sts::" + s.opts.Account + ":assumed-role/" + roleName(roleARN) + "/" + name,
		Role: roleARN,
	}
}

func roleName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func (s *Service) getCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	c := wire.CallerOf(ctx)
	if c.ARN == "" {
		c.ARN = "arn:aws:iam::" + s.opts.Account + ":root"
	}
	id := s.opts.Account
	if c.Role != "" {
		s.mu.Lock()
		id = s.roleID(c.Role) + ":" + c.ARN[strings.LastIndexByte(c.ARN, '/')+1:]
		s.mu.Unlock()
	}
	return &sts.GetCallerIdentityOutput{
		Account: aws.String(s.opts.Account), Arn: aws.String(c.ARN), UserId: aws.String(id),
	}, nil
}

// roleID is a role's id; a role that is not kept here has one of zeroes. The lock is held.
func (s *Service) roleID(arn string) string {
	if r := s.roles[roleName(arn)]; r != nil {
		return *r.RoleId
	}
	return "AROA" + strings.Repeat("0", 17)
}

// sessionRule is what STS takes as a session's name:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
var sessionRule = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@-]{2,64}$`) })

func (s *Service) assumeRole(ctx context.Context, in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	arn, name := aws.ToString(in.RoleArn), aws.ToString(in.RoleSessionName)
	if !sessionRule().MatchString(name) {
		return nil, invalid("RoleSessionName must have 2 to 64 alphanumeric characters and/or +=,.@_-")
	}
	s.mu.Lock()
	r := s.roles[roleName(arn)]
	s.mu.Unlock()
	if r == nil || *r.Arn != arn {
		// AWS does not tell a missing role from a forbidden one.
		return nil, clientFault("AccessDenied", "User: "+wire.CallerOf(ctx).ARN+
			" is not authorized to perform: sts:AssumeRole on resource: "+arn)
	}
	life := time.Hour
	if in.DurationSeconds != nil {
		life = time.Duration(*in.DurationSeconds) * time.Second
	}
	accessKey, secret, token := s.Issue(arn, name)
	return &sts.AssumeRoleOutput{
		AssumedRoleUser: &types.AssumedRoleUser{
			Arn: aws.String(s.RoleCaller(arn, name).ARN), AssumedRoleId: aws.String(*r.RoleId + ":" + name),
		},
		Credentials: &types.Credentials{
			AccessKeyId: aws.String(accessKey), SecretAccessKey: aws.String(secret), SessionToken: aws.String(token),
			Expiration: aws.Time(time.Now().Add(life).UTC()),
		},
	}, nil
}
