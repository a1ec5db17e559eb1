package elb

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// check is how a target group's health is asked for.
type check struct {
	path, port         string // port is "traffic-port" or a number
	codes              string // as written: "200", "200,202", "200-299"
	spans              [][2]int
	interval, timeout  time.Duration
	healthy, unhealthy int
}

// defaultCheck has the defaults of a group of type ip: API_CreateTargetGroup.
func defaultCheck() check {
	return check{
		path: "/", port: "traffic-port", codes: "200", spans: [][2]int{{200, 200}},
		interval: 30 * time.Second, timeout: 5 * time.Second, healthy: 5, unhealthy: 2,
	}
}

// healthWish is what a call asks to change; nil and empty leave as it is.
type healthWish struct {
	enabled                               *bool
	protocol                              types.ProtocolEnum
	path, port                            *string
	interval, timeout, healthy, unhealthy *int32
	matcher                               *types.Matcher
}

// with applies a wish within AWS's limits: API_CreateTargetGroup.
func (c check) with(w healthWish) (check, error) {
	if w.enabled != nil && !*w.enabled {
		return c, invalid("Health checks cannot be disabled for target groups with target type 'ip'")
	}
	if w.protocol != "" && w.protocol != types.ProtocolEnumHttp {
		return c, invalid("health checks over '%s' are not part of the sandbox; HTTP is", w.protocol)
	}
	for _, n := range []struct {
		name     string
		wish     *int32
		low, top int32
	}{
		{"Health check interval", w.interval, 5, 300}, {"Health check timeout", w.timeout, 2, 120},
		{"Healthy threshold count", w.healthy, 2, 10}, {"Unhealthy threshold count", w.unhealthy, 2, 10},
	} {
		if n.wish != nil && (*n.wish < n.low || *n.wish > n.top) {
			return c, invalid("%s '%d' must be between '%d' and '%d'", n.name, *n.wish, n.low, n.top)
		}
	}
	seconds(&c.interval, w.interval)
	seconds(&c.timeout, w.timeout)
	if w.healthy != nil {
		c.healthy = int(*w.healthy)
	}
	if w.unhealthy != nil {
		c.unhealthy = int(*w.unhealthy)
	}
	if c.timeout >= c.interval {
		return c, invalid("Health check interval must be greater than the timeout.")
	}
	if w.path != nil {
		c.path = *w.path
	}
	if !strings.HasPrefix(c.path, "/") || len(c.path) > 1024 {
		return c, invalid("Health check path '%s' must start with / and have at most 1024 characters", c.path)
	}
	if w.port != nil {
		c.port = *w.port
	}
	if n, err := strconv.Atoi(c.port); c.port != "traffic-port" && (err != nil || n < 1 || n > 65535) {
		return c, invalid("Health check port '%s' must be in the range 1-65535 or equal to 'traffic-port'", c.port)
	}
	if w.matcher != nil {
		if w.matcher.GrpcCode != nil {
			return c, invalid("gRPC codes are not part of the sandbox")
		}
		c.codes = str(w.matcher.HttpCode)
	}
	var err error
	c.spans, err = spans(c.codes)
	return c, err
}

func (c check) equal(o check) bool {
	return c.path == o.path && c.port == o.port && c.codes == o.codes && c.interval == o.interval &&
		c.timeout == o.timeout && c.healthy == o.healthy && c.unhealthy == o.unhealthy
}

func (c check) accepts(status int) bool {
	for _, s := range c.spans {
		if s[0] <= status && status <= s[1] {
			return true
		}
	}
	return false
}

// spans reads "200", "200,202" and "200-299"; AWS takes 200 to 499.
func spans(codes string) ([][2]int, error) {
	var out [][2]int
	for part := range strings.SplitSeq(codes, ",") {
		low, top, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			top = low
		}
		a, errA := strconv.Atoi(low)
		b, errB := strconv.Atoi(top)
		if errA != nil || errB != nil || a < 200 || b > 499 || a > b {
			return nil, invalid("Health check matcher HTTP code '%s' must be within '200-499' and in the form of '200', '200,202' or '200-299'", codes)
		}
		out = append(out, [2]int{a, b})
	}
	return out, nil
}

func seconds(d *time.Duration, wish *int32) {
	if wish != nil {
		*d = time.Duration(*wish) * time.Second
	}
}
