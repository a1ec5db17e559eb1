package elb

import (
	"crypto/tls"
	"net"
	"net/http"
	"slices"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// secured is what makes a listener speak TLS: its policy, its default certificate, and those that it shows to clients
// that ask for their names.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
type secured struct {
	policy  string
	arns    []string // the default first
	shown   []*tls.Certificate
	version uint16 // the least
}

// mostCertificates beside the default, AWS's quota.
const mostCertificates = 25

// defaultPolicy is what a listener has that is made without one.
const defaultPolicy = "ELBSecurityPolicy-2016-08"

// policies are the security policies with the least version of TLS that each takes; the sandbox leaves the ciphers to
// Go. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
var policies = map[string]uint16{
	"ELBSecurityPolicy-TLS13-1-3-2021-06":           tls.VersionTLS13,
	"ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04":      tls.VersionTLS13,
	"ELBSecurityPolicy-TLS13-1-2-2021-06":           tls.VersionTLS12,
	"ELBSecurityPolicy-TLS13-1-2-Res-2021-06":       tls.VersionTLS12,
	"ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06":      tls.VersionTLS12,
	"ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06":      tls.VersionTLS12,
	"ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04":      tls.VersionTLS12,
	"ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04":  tls.VersionTLS12,
	"ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-2023-04": tls.VersionTLS12,
	"ELBSecurityPolicy-TLS13-1-2-Ext1-FIPS-2023-04": tls.VersionTLS12,
	"ELBSecurityPolicy-TLS13-1-2-Ext2-FIPS-2023-04": tls.VersionTLS12,
	"ELBSecurityPolicy-TLS13-1-1-2021-06":           tls.VersionTLS11,
	"ELBSecurityPolicy-TLS13-1-0-2021-06":           tls.VersionTLS10,
	"ELBSecurityPolicy-TLS-1-2-2017-01":             tls.VersionTLS12,
	"ELBSecurityPolicy-TLS-1-2-Ext-2018-06":         tls.VersionTLS12,
	"ELBSecurityPolicy-TLS-1-1-2017-01":             tls.VersionTLS11,
	"ELBSecurityPolicy-FS-2018-06":                  tls.VersionTLS10,
	"ELBSecurityPolicy-FS-1-1-2019-08":              tls.VersionTLS11,
	"ELBSecurityPolicy-FS-1-2-2019-08":              tls.VersionTLS12,
	"ELBSecurityPolicy-FS-1-2-Res-2019-08":          tls.VersionTLS12,
	"ELBSecurityPolicy-FS-1-2-Res-2020-10":          tls.VersionTLS12,
	"ELBSecurityPolicy-2016-08":                     tls.VersionTLS10,
}

// secure checks what a listener is told of TLS; nil is a listener without.
func (s *Service) secure(protocol types.ProtocolEnum, policy *string, certificates []types.Certificate) (*secured, error) {
	switch protocol {
	case types.ProtocolEnumHttp:
		if len(certificates) > 0 || str(policy) != "" {
			return nil, invalid("Certificates and security policies are for listeners of protocol HTTPS")
		}
		return nil, nil
	case types.ProtocolEnumHttps:
	default:
		return nil, &types.UnsupportedProtocolException{Message: text("listeners of protocol '%s' are not part of the sandbox; HTTP and HTTPS are", protocol)}
	}
	if len(certificates) != 1 {
		return nil, invalid("A certificate must be specified for HTTPS listeners, and no more than one: the default")
	}
	sec := &secured{policy: defaultPolicy}
	if p := str(policy); p != "" {
		sec.policy = p
	}
	least, known := policies[sec.policy]
	if !known {
		return nil, &types.SSLPolicyNotFoundException{Message: text("SSL policy '%s' not found", sec.policy)}
	}
	sec.version = least
	return sec, s.show(sec, str(certificates[0].CertificateArn))
}

// resecure is what a listener speaks after a call that may change it. A new default takes the old one's place, and what
// the call does not say stays.
func (s *Service) resecure(l *listener, in *elbv2.ModifyListenerInput) (*secured, error) {
	was := l.secured.Load()
	protocol, policy, certificates := in.Protocol, in.SslPolicy, in.Certificates
	if was != nil && protocol != types.ProtocolEnumHttp {
		if protocol == "" {
			protocol = types.ProtocolEnumHttps
		}
		if policy == nil {
			policy = &was.policy
		}
		if len(certificates) == 0 {
			certificates = []types.Certificate{{CertificateArn: &was.arns[0]}}
		}
	}
	if protocol == "" {
		protocol = types.ProtocolEnumHttp
	}
	sec, err := s.secure(protocol, policy, certificates)
	if sec == nil || err != nil || was == nil {
		return sec, err
	}
	for _, arn := range was.arns[1:] {
		if err := s.show(sec, arn); err != nil {
			return nil, err
		}
	}
	return sec, nil
}

// show adds a certificate to those of a listener.
func (s *Service) show(sec *secured, arn string) error {
	if slices.Contains(sec.arns, arn) {
		return nil
	}
	var c *tls.Certificate
	if s.opts.Certificate != nil {
		c = s.opts.Certificate(arn)
	}
	if c == nil {
		return &types.CertificateNotFoundException{Message: text("Certificate '%s' not found", arn)}
	}
	if len(sec.arns) > mostCertificates {
		return &types.TooManyCertificatesException{Message: text("A listener takes at most %d certificates beside its default", mostCertificates)}
	}
	sec.arns, sec.shown = append(slices.Clone(sec.arns), arn), append(slices.Clone(sec.shown), c)
	return nil
}

// hello answers a client with what the listener shows by now: its certificates and policy may change while it serves.
func (l *listener) hello(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	sec := l.secured.Load()
	chosen := sec.shown[0]
	for _, c := range sec.shown {
		if hello.SupportsCertificate(c) == nil {
			chosen = c
			break
		}
	}
	return &tls.Config{
		Certificates: []tls.Certificate{*chosen}, MinVersion: sec.version, NextProtos: []string{"h2", "http/1.1"},
	}, nil
}

// scheme is that of the listener's URLs.
func (l *listener) scheme() string {
	if l.secured.Load() == nil {
		return "http"
	}
	return "https"
}

// serve serves a listener's socket until it is closed.
func (l *listener) serve(server *http.Server, socket net.Listener) {
	if l.secured.Load() == nil {
		_ = server.Serve(socket) // ends with ErrServerClosed, or when the socket is closed from outside
		return
	}
	server.TLSConfig = &tls.Config{GetConfigForClient: l.hello, NextProtos: []string{"h2", "http/1.1"}}
	_ = server.ServeTLS(socket, "", "")
}

func (s *Service) addListenerCertificates(in *elbv2.AddListenerCertificatesInput) (*elbv2.AddListenerCertificatesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, sec, err := s.https(str(in.ListenerArn))
	if err != nil {
		return nil, err
	}
	for _, c := range in.Certificates {
		if err := s.show(sec, str(c.CertificateArn)); err != nil {
			return nil, err
		}
	}
	l.secured.Store(sec)
	s.changed.Raise()
	return &elbv2.AddListenerCertificatesOutput{Certificates: sec.describe()[1:]}, nil
}

func (s *Service) removeListenerCertificates(in *elbv2.RemoveListenerCertificatesInput) (*elbv2.RemoveListenerCertificatesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, sec, err := s.https(str(in.ListenerArn))
	if err != nil {
		return nil, err
	}
	for _, c := range in.Certificates {
		switch i := slices.Index(sec.arns, str(c.CertificateArn)); i {
		case -1:
		case 0:
			return nil, &types.OperationNotPermittedException{Message: text("Default certificate '%s' cannot be removed", sec.arns[0])}
		default:
			sec.arns, sec.shown = slices.Delete(slices.Clone(sec.arns), i, i+1), slices.Delete(slices.Clone(sec.shown), i, i+1)
		}
	}
	l.secured.Store(sec)
	s.changed.Raise()
	return &elbv2.RemoveListenerCertificatesOutput{}, nil
}

func (s *Service) describeListenerCertificates(in *elbv2.DescribeListenerCertificatesInput) (*elbv2.DescribeListenerCertificatesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, sec, err := s.https(str(in.ListenerArn))
	if err != nil {
		return nil, err
	}
	all, next, err := page(sec.describe(), in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &elbv2.DescribeListenerCertificatesOutput{Certificates: all, NextMarker: next}, nil
}

// https is a listener that has certificates, and a copy of them to change; the caller holds s.mu.
func (s *Service) https(arn string) (*listener, *secured, error) {
	l, err := s.listener(arn)
	if err != nil {
		return nil, nil, err
	}
	sec := l.secured.Load()
	if sec == nil {
		return nil, nil, invalid("Listener '%s' is of protocol HTTP and has no certificates", arn)
	}
	copied := *sec
	return l, &copied, nil
}

// describe tells all certificates, the default first.
func (sec *secured) describe() []types.Certificate {
	var all []types.Certificate
	for i, arn := range sec.arns {
		isDefault := i == 0
		all = append(all, types.Certificate{CertificateArn: text("%s", arn), IsDefault: &isDefault})
	}
	return all
}
