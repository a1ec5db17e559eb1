package cloudwatch

import (
	"sync"
	"time"
)

// Balancer returns a function that takes one value of a metric of a load balancer (full names, as in the metrics'
// dimensions) and counts it for the load balancer and, when one is named, for its target group too, as AWS does.
// It is called several times for every request, so what a metric is called is made out only once.
func (s *Service) Balancer() func(metric, loadBalancer, targetGroup string, value float64) {
	type name struct{ metric, loadBalancer, targetGroup string }
	var known sync.Map // of name to []named
	return func(metric, loadBalancer, targetGroup string, value float64) {
		n := name{metric, loadBalancer, targetGroup}
		found, ok := known.Load(n)
		if !ok {
			const namespace = "AWS/ApplicationELB"
			all := []named{naming(id{namespace, metric, map[string]string{"LoadBalancer": loadBalancer}})}
			if targetGroup != "" {
				all = append(all, naming(id{namespace, metric, map[string]string{"LoadBalancer": loadBalancer, "TargetGroup": targetGroup}}))
			}
			found, _ = known.LoadOrStore(n, all)
		}
		now := time.Now()
		for _, m := range found.([]named) {
			s.add(m, now, point{count: 1, sum: value, low: value, high: value})
		}
	}
}
