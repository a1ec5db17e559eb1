package config

import (
	"fmt"
	"strings"
)

var (
	functionName = lazily(`^[A-Za-z0-9_-]{1,64}$`)
	certificate  = lazily(`^arn:aws[a-z-]*:(acm:[a-z0-9-]+:\d{12}:certificate/|iam::\d{12}:server-certificate/).+`)
	keyARN       = lazily(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/.+`)
	policyARN    = lazily(`^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/.+`)
	topicARN     = lazily(`^(new|arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256})$`)
	balancerARN  = lazily(`^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/app/[^/]+/[^/]+$`)
	groupID      = lazily(`^sg-[0-9a-z]+$`)
	sslPolicy    = lazily(`^ELBSecurityPolicy-[A-Za-z0-9-]+$`)
	ecrHost      = lazily(`^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/`)
	imageInECR   = lazily(`^[a-z0-9]+([._/-][a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})$`)
)

// checkWay asks whether the hook of a service could reach its test listener, and AWS.
func (c Config) checkWay(path string, s Service, f *Findings) {
	if s.Adopted() {
		c.checkExistingWay(s, f)
		return
	}
	internal := s.LoadBalancer.Internal
	if s.LoadBalancer.Shared {
		internal = c.Platform.LoadBalancer.Internal
		if s.LoadBalancer.Internal {
			f.add(path+".loadBalancer.internal", "is platform.loadBalancer's to say: this service shares that one")
		}
	}
	v := c.Platform.VPC
	switch {
	case internal:
	case v.ID != "" && len(v.NATAddresses) == 0:
		f.add("platform.vpc.natAddresses", "must name the public addresses that the private subnets leave by: "+
			"the hook of %q reaches its internet-facing test listener from there. Or make its load balancer internal", s.Name)
	case v.Egress == Endpoints:
		f.add(path+".loadBalancer.internal", "must be true: the private subnets have no way to the internet, where the test "+
			"listener of an internet-facing load balancer is")
	}
	if v.Egress != Endpoints {
		return
	}
	if c.Platform.Placeholder == "" {
		f.add("platform.placeholder", "is missing: without a way to the internet the public placeholder cannot be pulled; "+
			"copy it into this account's ECR and name it here")
	}
	for i, sidecar := range s.Task.Sidecars {
		if !ecrHost().MatchString(sidecar.Image) {
			f.add(fmt.Sprintf("%s.task.sidecars[%d].image", path, i), "%q cannot be pulled without a way to the internet; copy it into this account's ECR", sidecar.Image)
		}
	}
}

// checkPorts asks that no two listeners of one load balancer have the same port.
func (c Config) checkPorts(f *Findings) {
	taken := map[int]string{}
	for i, s := range c.Services {
		l, path := s.LoadBalancer, fmt.Sprintf("services[%d].loadBalancer", i)
		own := map[int]string{}
		if l.Shared {
			own = taken
		}
		ports := []struct {
			key  string
			port int
		}{{".productionPort", l.ProductionPort}, {".testPort", l.TestPort}}
		if l.HTTPS.RedirectPort != nil {
			ports = append(ports, struct {
				key  string
				port int
			}{".https.redirectPort", *l.HTTPS.RedirectPort})
		}
		for _, p := range ports {
			if p.port == 0 {
				continue
			}
			if other, is := own[p.port]; is {
				f.add(path+p.key, "%d is %s already; each listener of a load balancer needs a port of its own", p.port, other)
				continue
			}
			own[p.port] = path + p.key
		}
	}
}

// mostListeners is AWS's quota of listeners for one load balancer.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
const mostListeners = 50

// checkShared asks that the shared load balancer has room for all its listeners.
func (c Config) checkShared(f *Findings) {
	listeners, certificates := 0, 0
	for _, s := range c.Services {
		l := s.LoadBalancer
		if !l.Shared {
			continue
		}
		listeners += 2
		if l.HTTPS.RedirectPort != nil && *l.HTTPS.RedirectPort != 0 {
			listeners++
		}
		certificates += 2 * len(l.HTTPS.Certificates)
	}
	if listeners > mostListeners {
		f.add("platform.loadBalancer", "would have %d listeners, and AWS gives a load balancer %d unless asked for more: let some services have their own", listeners, mostListeners)
	}
	if certificates > mostCertificates {
		f.add("platform.loadBalancer", "would have %d further certificates, and AWS gives a load balancer %d unless asked for more", certificates, mostCertificates)
	}
}

// mostCertificates is AWS's quota of certificates beside the defaults for one load balancer.
const mostCertificates = 25

func (l SharedLoadBalancer) check(path string, f *Findings) {
	matches(f, path+".arn", l.ARN, balancerARN, "the ARN of an application load balancer")
	matches(f, path+".securityGroup", l.SecurityGroup, groupID, "a security group's id, sg-…")
	matches(f, path+".dnsName", l.DNSName, hostName, "the load balancer's DNS name")
	switch {
	case l.ARN != "" && l.SecurityGroup == "":
		f.add(path+".securityGroup", "is missing: services admit their users and verify functions in the security group of the load balancer that stands")
	case l.ARN != "" && l.DNSName == "":
		f.add(path+".dnsName", "is missing: it is the address that the outputs tell")
	case l.ARN == "" && l.SecurityGroup+l.DNSName != "":
		f.add(path+".arn", "is missing: securityGroup and dnsName belong to a load balancer that stands")
	}
}

func (h HTTPS) check(path string, s Service, f *Findings) {
	if !h.On() {
		if len(h.Certificates) > 0 || h.Policy != "" || h.RedirectPort != nil {
			f.add(path+".certificate", "is missing: a listener speaks HTTPS with a default certificate only")
		}
		return
	}
	matches(f, path+".certificate", h.Certificate, certificate, "the ARN of a certificate in ACM, in this region, or of a server certificate in IAM")
	if len(h.Certificates)*2 > mostCertificates {
		f.add(path+".certificates", "are %d for two listeners; a load balancer takes %d in all", len(h.Certificates), mostCertificates)
	}
	seen := map[string]bool{h.Certificate: true}
	for i, arn := range h.Certificates {
		at := fmt.Sprintf("%s.certificates[%d]", path, i)
		matches(f, at, arn, certificate, "the ARN of a certificate in ACM, in this region, or of a server certificate in IAM")
		if seen[arn] {
			f.add(at, "is shown already; name each certificate once")
		}
		seen[arn] = true
	}
	matches(f, path+".policy", h.Policy, sslPolicy, "a security policy of ELB such as ELBSecurityPolicy-TLS13-1-2-2021-06")
	if h.RedirectPort != nil {
		port(f, path+".redirectPort", *h.RedirectPort)
	}
	if s.Verify.ServerName == "" && s.Verify.File == "" {
		f.add(strings.TrimSuffix(path, ".loadBalancer.https")+".verify.serverName", "is missing: with HTTPS it is the name that the certificate is for, such as shop.example; "+
			"no certificate is for the load balancer's own name")
	}
}
