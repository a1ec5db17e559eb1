package elb

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Register makes the service answer the operations of elasticloadbalancing that the sandbox has.
func (s *Service) Register(srv *wire.Server) {
	on(srv, s.createLoadBalancer)
	on(srv, s.describeLoadBalancers)
	on(srv, s.describeLoadBalancerAttributes)
	on(srv, s.modifyLoadBalancerAttributes)
	on(srv, s.deleteLoadBalancer)
	on(srv, s.createTargetGroup)
	on(srv, s.describeTargetGroups)
	on(srv, s.modifyTargetGroup)
	on(srv, s.describeTargetGroupAttributes)
	on(srv, s.modifyTargetGroupAttributes)
	on(srv, s.deleteTargetGroup)
	on(srv, s.createListener)
	on(srv, s.describeListeners)
	on(srv, s.modifyListener)
	on(srv, s.deleteListener)
	on(srv, s.addListenerCertificates)
	on(srv, s.describeListenerCertificates)
	on(srv, s.removeListenerCertificates)
	on(srv, s.createRule)
	on(srv, s.describeRules)
	on(srv, s.modifyRule)
	on(srv, s.deleteRule)
	on(srv, s.registerTargets)
	on(srv, s.deregisterTargets)
	on(srv, s.describeTargetHealth)
	on(srv, s.describeTags)
	on(srv, s.addTags)
	on(srv, s.removeTags)
}

func on[In, Out any](srv *wire.Server, handle func(*In) (*Out, error)) {
	wire.On(srv, "elasticloadbalancing", func(_ context.Context, in *In) (*Out, error) { return handle(in) })
}

// page cuts one page out of a list. A marker is the index at which the next page starts.
func page[T any](all []T, marker *string, size *int32) ([]T, *string, error) {
	limit := 400 // the most, and the default, that AWS gives: API_DescribeListeners
	if size != nil {
		limit = int(*size)
	}
	if limit < 1 || limit > 400 {
		return nil, nil, invalid("Page size must be between 1 and 400, inclusive")
	}
	from := 0
	if marker != nil && *marker != "" {
		n, err := strconv.Atoi(*marker)
		if err != nil || n < 0 || n > len(all) {
			return nil, nil, invalid("Marker '%s' is not valid", *marker)
		}
		from = n
	}
	to := min(len(all), from+limit)
	if to == len(all) {
		return all[from:], nil, nil
	}
	return all[from:to], text("%d", to), nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func str(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
