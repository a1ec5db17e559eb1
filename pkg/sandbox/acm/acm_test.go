package acm

import (
	"crypto/x509"
	"strings"
	"testing"
)

func TestACertificateIsForItsNamesAndTrustedByWhoTrustsTheAuthority(t *testing.T) {
	const arn = "arn:aws:acm:us-east-1:111122223333:certificate/a"
	s, err := New(map[string][]string{arn: {"shop.example", "*.shop.example"}})
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.Authority()) {
		t.Fatal("the authority cannot be read")
	}
	for name, want := range map[string]bool{"shop.example": true, "www.shop.example": true, "example": false, "a.b.shop.example": false} {
		if _, err := s.Certificate(arn).Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: pool}); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.Certificate("arn:other") != nil {
		t.Error("there is a certificate that nobody named")
	}
	if _, err := New(map[string][]string{arn: nil}); err == nil || !strings.Contains(err.Error(), arn) {
		t.Errorf("without a name: %v", err)
	}
}
