package iam

import "strings"

// unlocked decides about a KMS key. An explicit denial wins. Otherwise a grant allows, or the key's policy where it names
// the caller; a role's own policies count only where the key's policy lets the account in, and so does being root.
// https://docs.aws.amazon.com/kms/latest/developerguide/control-access-overview.html
func (s *Service) unlocked(q Request, identity, policy []Policy) Verdict {
	own, direct := Evaluate(q, identity, nil), Evaluate(q, nil, policy)
	for _, v := range []Verdict{own, direct} {
		if !v.Allowed && v.By != (Statement{}) {
			return v
		}
	}
	if s.opts.Granted != nil && q.Principal.Role != "" {
		if id := s.opts.Granted(q.Resource, q.Principal.Role, strings.TrimPrefix(q.Action, "kms:"), contextOf(q)); id != "" {
			return Verdict{Allowed: true, By: Statement{Holder: q.Resource, Policy: "grants", Label: id}, Resource: true}
		}
	}
	if direct.Allowed || q.Principal.Service != "" {
		return resourceBased(direct)
	}
	if len(policy) == 0 { // there is no such key, which the call itself says to whom may know
		own.Allowed = own.Allowed || q.Principal.Role == ""
		return own
	}
	q.Principal = Principal{ARN: rootOf(q.Principal.Account), Account: q.Principal.Account}
	if Evaluate(q, nil, policy).Allowed {
		return own
	}
	return resourceBased(Verdict{})
}

// resourceBased says that what is missing, if anything is, is missing in the resource's policy.
func resourceBased(v Verdict) Verdict {
	v.Resource = true
	return v
}

// contextOf is the encryption context that a request tells.
func contextOf(q Request) map[string]string {
	about := map[string]string{}
	for key, values := range q.Keys {
		if name, is := strings.CutPrefix(key, "kms:encryptioncontext:"); is && len(values) == 1 {
			about[name] = values[0]
		}
	}
	return about
}
