package elb

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox/acm"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const (
	certShop = "arn:aws:acm:us-east-1:111122223333:certificate/shop"
	certCafe = "arn:aws:acm:us-east-1:111122223333:certificate/cafe"
)

// secureStage listens on real sockets; the function returned is a client that trusts the stage's authority and asks
// for a name.
func secureStage(t *testing.T) (s *stage, client func(name string, change ...func(*http.Transport)) *http.Client) {
	t.Helper()
	issued, err := acm.New(map[string][]string{certShop: {"shop.example"}, certCafe: {"cafe.example", "*.cafe.example"}})
	if err != nil {
		t.Fatal(err)
	}
	s = newStage(t, func(o *Options) {
		o.Certificate = issued.Certificate
		o.Listen = func(string, int) (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
	})
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(issued.Authority())
	return s, func(name string, change ...func(*http.Transport)) *http.Client {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: name}, ForceAttemptHTTP2: true, DisableKeepAlives: true}
		for _, c := range change {
			c(tr)
		}
		t.Cleanup(tr.CloseIdleConnections)
		return &http.Client{Transport: tr}
	}
}

func (s *stage) https(port int, group string, policy *string) string {
	s.t.Helper()
	return *call[elbv2.CreateListenerOutput](s, &elbv2.CreateListenerInput{
		LoadBalancerArn: &s.lb, Port: ptr(int32(port)), Protocol: types.ProtocolEnumHttps, DefaultActions: to(group, 1), SslPolicy: policy,
		Certificates: []types.Certificate{{CertificateArn: ptr(certShop)}},
	}).Listeners[0].ListenerArn
}

func TestAListenerShowsTheCertificateThatIsAskedFor(t *testing.T) {
	s, client := secureStage(t)
	g := s.group("web")
	l := s.https(443, g, nil)
	s.serve("10.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Proto, " ", r.Header.Get("X-Forwarded-Proto"), " ", r.Header.Get("X-Forwarded-Port"))
	})
	s.register(g, "10.0.0.1")
	at := s.elb.URL(l)
	if !strings.HasPrefix(at, "https://127.0.0.1:") {
		t.Fatal(at)
	}
	if code, body := get(t, client("shop.example"), at); code != 200 || body != "HTTP/1.1 https 443" {
		t.Errorf("%d %s", code, body)
	}
	if _, err := client("cafe.example").Get(at); err == nil || !strings.Contains(err.Error(), "shop.example, not cafe.example") {
		t.Errorf("before its certificate is added: %v", err)
	}
	both := []types.Certificate{{CertificateArn: ptr(certCafe)}, {CertificateArn: ptr(certShop)}}
	call[elbv2.AddListenerCertificatesOutput](s, &elbv2.AddListenerCertificatesInput{ListenerArn: &l, Certificates: both})
	for _, name := range []string{"shop.example", "cafe.example", "www.cafe.example"} {
		if code, _ := get(t, client(name), at); code != 200 {
			t.Errorf("%s: %d", name, code)
		}
	}
	out := call[elbv2.DescribeListenerCertificatesOutput](s, &elbv2.DescribeListenerCertificatesInput{ListenerArn: &l})
	want := []types.Certificate{{CertificateArn: ptr(certShop), IsDefault: ptr(true)}, {CertificateArn: ptr(certCafe), IsDefault: ptr(false)}}
	if d := cmp.Diff(want, out.Certificates, cmp.Comparer(func(a, b types.Certificate) bool {
		return *a.CertificateArn == *b.CertificateArn && *a.IsDefault == *b.IsDefault
	})); d != "" {
		t.Error(d)
	}
	call[elbv2.RemoveListenerCertificatesOutput](s, &elbv2.RemoveListenerCertificatesInput{ListenerArn: &l, Certificates: both[:1]})
	if _, err := client("cafe.example").Get(at); err == nil {
		t.Error("a certificate that was removed is shown on")
	}
}

func TestAnotherDefaultCertificateLeavesActionsAndTheOthersAlone(t *testing.T) {
	s, client := secureStage(t)
	g, other := s.group("web"), s.group("other")
	l := s.https(443, g, nil)
	s.serve("10.0.0.2", says("other"))
	s.register(other, "10.0.0.2")
	call[elbv2.AddListenerCertificatesOutput](s, &elbv2.AddListenerCertificatesInput{ListenerArn: &l, Certificates: []types.Certificate{{CertificateArn: ptr(certCafe)}}})
	s.shift(l, to(other, 1))
	call[elbv2.ModifyListenerOutput](s, &elbv2.ModifyListenerInput{ListenerArn: &l, SslPolicy: ptr("ELBSecurityPolicy-TLS13-1-3-2021-06")})
	if code, body := get(t, client("cafe.example"), s.elb.URL(l)); code != 200 || body != "other" {
		t.Errorf("%d %s", code, body)
	}
	old := func(tr *http.Transport) { tr.TLSClientConfig.MaxVersion = tls.VersionTLS12 }
	if _, err := client("shop.example", old).Get(s.elb.URL(l)); err == nil {
		t.Error("TLS 1.2 is spoken under a policy of TLS 1.3 alone")
	}
	described := call[elbv2.DescribeListenersOutput](s, &elbv2.DescribeListenersInput{ListenerArns: []string{l}}).Listeners[0]
	if described.Protocol != types.ProtocolEnumHttps || *described.SslPolicy != "ELBSecurityPolicy-TLS13-1-3-2021-06" || *described.Certificates[0].CertificateArn != certShop {
		t.Errorf("%+v", described)
	}
}

func TestAListenerOfHTTPLeadsToHTTPS(t *testing.T) {
	s, client := secureStage(t)
	l := s.listener(80, []types.Action{{Type: types.ActionTypeEnumRedirect, RedirectConfig: &types.RedirectActionConfig{
		Protocol: ptr("HTTPS"), Port: ptr("443"), StatusCode: types.RedirectActionStatusCodeEnumHttp301}}})
	c := client("shop.example")
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	req, err := http.NewRequest(http.MethodGet, s.elb.URL(l)+"a?b=c", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "shop.example"
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if to := res.Header.Get("Location"); res.StatusCode != 301 || to != "https://shop.example:443/a?b=c" {
		t.Errorf("%d %s", res.StatusCode, to)
	}
	// The same listener, then over TLS on the same port.
	call[elbv2.ModifyListenerOutput](s, &elbv2.ModifyListenerInput{ListenerArn: &l, Protocol: types.ProtocolEnumHttps,
		Certificates: []types.Certificate{{CertificateArn: ptr(certShop)}}})
	res, err = c.Get(s.elb.URL(l))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 301 || res.TLS == nil {
		t.Errorf("%d, TLS %v", res.StatusCode, res.TLS)
	}
}

func TestFunctionsReachTLSThroughTheProxysTunnel(t *testing.T) {
	s, client := secureStage(t)
	g := s.group("web")
	s.https(8443, g, nil)
	s.serve("10.0.0.1", says("green"))
	s.register(g, "10.0.0.1")
	front := httptest.NewServer(s.elb.Proxy())
	defer front.Close()
	at, _ := url.Parse(front.URL)
	through := func(tr *http.Transport) { tr.Proxy = http.ProxyURL(at) }
	dns := "web-" + s.lb[strings.LastIndexByte(s.lb, '/')+1:] + ".elb.localhost"
	if code, body := get(t, client("shop.example", through), "https://"+dns+":8443/"); code != 200 || body != "green" {
		t.Errorf("%d %s", code, body)
	}
	if _, err := client("shop.example", through).Get("https://example.com/"); err == nil || !strings.Contains(err.Error(), "Forbidden") {
		t.Errorf("a tunnel out of the sandbox: %v", err)
	}
}

func TestWhatAListenerCannotSecureIsRefusedInAWSsCodes(t *testing.T) {
	s, _ := secureStage(t)
	g := s.group("web")
	secure, plain := s.https(443, g, nil), s.listener(80, to(g, 1))
	create := func(protocol types.ProtocolEnum, policy *string, certificates ...string) any {
		in := &elbv2.CreateListenerInput{LoadBalancerArn: &s.lb, Port: ptr(int32(9000)), Protocol: protocol, SslPolicy: policy, DefaultActions: to(g, 1)}
		for _, arn := range certificates {
			in.Certificates = append(in.Certificates, types.Certificate{CertificateArn: &arn})
		}
		return in
	}
	for name, c := range map[string]struct {
		in   any
		want string
	}{
		"no certificate":          {create("HTTPS", nil), "ValidationError"},
		"two defaults":            {create("HTTPS", nil, certShop, certCafe), "ValidationError"},
		"an unknown certificate":  {create("HTTPS", nil, "arn:x"), "CertificateNotFound"},
		"an unknown policy":       {create("HTTPS", ptr("modern"), certShop), "SSLPolicyNotFound"},
		"a certificate for HTTP":  {create("HTTP", nil, certShop), "ValidationError"},
		"a protocol not built":    {create("TLS", nil, certShop), "UnsupportedProtocol"},
		"the default taken away":  {&elbv2.RemoveListenerCertificatesInput{ListenerArn: &secure, Certificates: []types.Certificate{{CertificateArn: ptr(certShop)}}}, "OperationNotPermitted"},
		"certificates of HTTP":    {&elbv2.AddListenerCertificatesInput{ListenerArn: &plain, Certificates: []types.Certificate{{CertificateArn: ptr(certShop)}}}, "ValidationError"},
		"an unknown one is added": {&elbv2.AddListenerCertificatesInput{ListenerArn: &secure, Certificates: []types.Certificate{{CertificateArn: ptr("arn:x")}}}, "CertificateNotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			switch c.in.(type) {
			case *elbv2.CreateListenerInput:
				_, err = wire.Call[elbv2.CreateListenerOutput](t.Context(), s.srv, c.in)
			case *elbv2.AddListenerCertificatesInput:
				_, err = wire.Call[elbv2.AddListenerCertificatesOutput](t.Context(), s.srv, c.in)
			default:
				_, err = wire.Call[elbv2.RemoveListenerCertificatesOutput](t.Context(), s.srv, c.in)
			}
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != c.want {
				t.Errorf("got %v", err)
			}
		})
	}
}
