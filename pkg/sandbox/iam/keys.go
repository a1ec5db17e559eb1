package iam

import (
	"context"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// keys of a request: the global ones, and its own. The sandbox speaks HTTP, yet aws:SecureTransport is true, or every
// policy that insists on TLS would deny. There are no resource tags and no source of a VPC.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (s *Service) keys(ctx context.Context, who Principal, own keys) keys {
	now := time.Now().UTC()
	out := keys{
		"aws:securetransport":       {"true"},
		"aws:currenttime":           {now.Format(time.RFC3339)},
		"aws:epochtime":             {strconv.FormatInt(now.Unix(), 10)},
		"aws:requestedregion":       {s.opts.Region},
		"aws:resourceaccount":       {s.opts.Account},
		"aws:principalaccount":      {s.opts.Account},
		"aws:principalisawsservice": {strconv.FormatBool(who.Service != "")},
		"aws:viaawsservice":         {"false"},
	}
	if who.Service == "" {
		out["kms:calleraccount"] = []string{s.opts.Account}
	}
	if who.Service != "" {
		delete(out, "aws:principalaccount")
		out["aws:principalservicename"] = []string{who.Service}
		if s.opts.Source != nil {
			maps.Copy(out, sourceKeys(s.opts.Source(ctx), s.opts.Account))
		}
	}
	if via := wire.CallerOf(ctx).Via; via != "" {
		out["kms:viaservice"] = []string{via}
		out["aws:viaawsservice"] = []string{"true"}
	}
	if wire.CallerOf(ctx).AccessKey != "" {
		out["aws:sourceip"] = []string{"127.0.0.1"}
	}
	if who.Role != "" {
		maps.Copy(out, s.sessionKeys(who))
	}
	maps.Copy(out, own)
	return out
}

func (s *Service) sessionKeys(who Principal) keys {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := keys{
		"aws:principaltype": {"AssumedRole"}, "aws:principalarn": {who.Role},
		"aws:userid": {s.roleID(who.Role) + ":" + who.ARN[strings.LastIndexByte(who.ARN, '/')+1:]},
	}
	if r := s.roles[roleName(who.Role)]; r != nil {
		for _, tag := range r.Tags {
			out["aws:principaltag/"+strings.ToLower(aws.ToString(tag.Key))] = []string{aws.ToString(tag.Value)}
		}
	}
	return out
}

// sourceKeys tell on whose behalf a service calls; an ARN without an account is one of this account.
func sourceKeys(arn, account string) keys {
	if arn == "" {
		return nil
	}
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 && parts[4] != "" {
		account = parts[4]
	}
	return keys{"aws:sourcearn": {arn}, "aws:sourceaccount": {account}}
}
