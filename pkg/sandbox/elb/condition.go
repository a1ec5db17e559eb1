package elb

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// matcher says whether a request meets one condition of a rule.
type matcher func(*http.Request) bool

// conditions checks a rule's conditions, gives them the form in which AWS describes them (Values beside the config
// for path-pattern and host-header) and compiles them.
func conditions(in []types.RuleCondition) ([]types.RuleCondition, []matcher, error) {
	if len(in) == 0 {
		return nil, nil, invalid("A rule must have at least one condition")
	}
	var out []types.RuleCondition
	var match []matcher
	for _, c := range in {
		m, err := condition(&c)
		if err != nil {
			return nil, nil, err
		}
		out, match = append(out, c), append(match, m)
	}
	return out, match, nil
}

func condition(c *types.RuleCondition) (matcher, error) {
	if len(c.RegexValues) > 0 {
		return nil, invalid("regular expressions in conditions are not part of the sandbox")
	}
	values := c.Values
	var m matcher
	switch field := str(c.Field); field {
	case "path-pattern":
		if c.PathPatternConfig != nil {
			values = c.PathPatternConfig.Values
		}
		c.Values, c.PathPatternConfig = values, &types.PathPatternConditionConfig{Values: values}
		m = func(r *http.Request) bool { return anyWild(values, r.URL.EscapedPath()) }
	case "host-header":
		if c.HostHeaderConfig != nil {
			values = c.HostHeaderConfig.Values
		}
		c.Values, c.HostHeaderConfig = values, &types.HostHeaderConditionConfig{Values: values}
		lower := lowered(values)
		m = func(r *http.Request) bool { return anyWild(lower, strings.ToLower(hostOf(r.Host))) }
	case "http-header":
		if c.HttpHeaderConfig == nil {
			return nil, invalid("A condition with field 'http-header' must have HttpHeaderConfig")
		}
		values = c.HttpHeaderConfig.Values
		name, lower := str(c.HttpHeaderConfig.HttpHeaderName), lowered(values)
		m = func(r *http.Request) bool {
			return slices.ContainsFunc(r.Header.Values(name), func(v string) bool { return anyWild(lower, strings.ToLower(v)) })
		}
	case "http-request-method":
		if c.HttpRequestMethodConfig != nil {
			values = c.HttpRequestMethodConfig.Values
		}
		m = func(r *http.Request) bool { return slices.Contains(values, r.Method) }
	case "query-string":
		if c.QueryStringConfig == nil || len(c.QueryStringConfig.Values) == 0 {
			return nil, invalid("A condition with field 'query-string' must have QueryStringConfig")
		}
		return queryMatcher(c.QueryStringConfig.Values), nil
	case "source-ip":
		if c.SourceIpConfig != nil {
			values = c.SourceIpConfig.Values
		}
		var err error
		if m, err = sourceMatcher(values); err != nil {
			return nil, err
		}
	default:
		return nil, invalid("Condition field '%s' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'", field)
	}
	if len(values) == 0 {
		return nil, invalid("A condition with field '%s' must have at least one value", str(c.Field))
	}
	return m, nil
}

func queryMatcher(pairs []types.QueryStringKeyValuePair) matcher {
	return func(r *http.Request) bool {
		for key, values := range r.URL.Query() {
			for _, p := range pairs {
				if p.Key != nil && !wild(strings.ToLower(*p.Key), strings.ToLower(key)) {
					continue
				}
				if slices.ContainsFunc(values, func(v string) bool { return wild(strings.ToLower(str(p.Value)), strings.ToLower(v)) }) {
					return true
				}
			}
		}
		return false
	}
}

func sourceMatcher(ranges []string) (matcher, error) {
	var nets []netip.Prefix
	for _, v := range ranges {
		p, err := netip.ParsePrefix(v)
		if err != nil {
			return nil, invalid("Source IP '%s' must be in CIDR format", v)
		}
		nets = append(nets, p)
	}
	return func(r *http.Request) bool {
		ap, err := netip.ParseAddrPort(r.RemoteAddr)
		return err == nil && slices.ContainsFunc(nets, func(p netip.Prefix) bool { return p.Contains(ap.Addr().Unmap()) })
	}, nil
}

func anyWild(patterns []string, s string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return wild(p, s) })
}

// wild matches with * for any characters and ? for one, in time linear in len(p)*len(s) at worst.
func wild(p, s string) bool {
	star, mark, i, j := -1, 0, 0, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == s[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

func lowered(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strings.ToLower(v)
	}
	return out
}

// hostOf is the host without its port.
func hostOf(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return host
}
