package config

// LoadBalancer is an application load balancer with its two listeners and two target groups.
type LoadBalancer struct {
	// Internal load balancers have private addresses only. Default false.
	Internal bool `json:"internal,omitempty"`
	// Shared puts the service's listeners on the platform's load balancer, each on a port that no other service has.
	// Default false: the service has a load balancer of its own.
	Shared bool `json:"shared,omitempty"`
	// ProductionPort is where users arrive. Default 80, with HTTPS 443.
	ProductionPort int `json:"productionPort,omitempty"`
	// TestPort is where the hook judges green, closed to the world. Default 8080, with HTTPS 8443.
	TestPort int `json:"testPort,omitempty"`
	// HTTPS makes both listeners speak it. Default: HTTP.
	HTTPS HTTPS `json:"https,omitzero"`
	// HealthCheck is how both target groups find a target healthy.
	HealthCheck HealthCheck `json:"healthCheck,omitzero"`
	// DeregistrationDelay lets requests under way end. Default 30s, at most 1h.
	DeregistrationDelay Duration `json:"deregistrationDelay,omitempty"`
}

// HealthCheck is a target group's; see
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html.
type HealthCheck struct {
	// Path asked for. Default "/".
	Path string `json:"path,omitempty"`
	// Interval between checks, 5s to 300s. Default 10s.
	Interval Duration `json:"interval,omitempty"`
	// Timeout of one check, 2s to 120s and below Interval. Default 5s.
	Timeout Duration `json:"timeout,omitempty"`
	// HealthyThreshold is how many good answers in a row make a target healthy, 2 to 10. Default 2.
	HealthyThreshold int `json:"healthyThreshold,omitempty"`
	// UnhealthyThreshold is how many bad ones make it unhealthy, 2 to 10. Default 2.
	UnhealthyThreshold int `json:"unhealthyThreshold,omitempty"`
	// Codes that count as healthy, as ELB writes them. Default "200-399".
	Codes string `json:"codes,omitempty"`
	// GracePeriod after a task's start in which ECS ignores bad checks. Default 0s.
	GracePeriod Duration `json:"gracePeriod,omitempty"`
}

// HTTPS is how the listeners of a service speak TLS.
type HTTPS struct {
	// Certificate is the ARN of the certificate in ACM or IAM that both listeners show to whoever asks for no name they
	// know. It stays for the service's life: ACM renews it under the same ARN, and others are added in certificates.
	Certificate string `json:"certificate,omitempty"`
	// Certificates are the ARNs of further ones, at most 25, shown to clients that ask for their names. They may change
	// at any time.
	Certificates []string `json:"certificates,omitempty"`
	// Policy is ELB's security policy. Default "ELBSecurityPolicy-TLS13-1-2-2021-06".
	Policy string `json:"policy,omitempty"`
	// RedirectPort is a port that answers HTTP with the way to HTTPS; 0 is none. Default 80 for production on port 443
	// of a load balancer of the service's own, else none.
	RedirectPort *int `json:"redirectPort,omitempty"`
}

// On reports whether the listeners speak TLS.
func (h HTTPS) On() bool { return h.Certificate != "" }

// SharedLoadBalancer stands in the platform's stack, or stood before.
type SharedLoadBalancer struct {
	// Internal load balancers have private addresses only. Default false.
	Internal bool `json:"internal,omitempty"`
	// ARN of one that stands already; then securityGroup is needed too. Default: a new one.
	ARN string `json:"arn,omitempty"`
	// SecurityGroup of the one that stands: services admit their users and their verify functions there.
	SecurityGroup string `json:"securityGroup,omitempty"`
	// DNSName of the one that stands, for the outputs.
	DNSName string `json:"dnsName,omitempty"`
}
