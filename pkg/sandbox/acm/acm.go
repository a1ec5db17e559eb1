// Package acm holds the sandbox's certificates: those that a person names by their ARNs before the start, issued by an
// authority that is thrown away with the sandbox. Who trusts Authority trusts them.
//
// It has no operations of AWS Certificate Manager: what is issued there outlives every sandbox.
package acm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"time"
)

// lifetime is longer than any sandbox runs; skew allows for clocks that are behind.
const (
	lifetime = 30 * 24 * time.Hour
	skew     = time.Hour
)

// Service issues certificates once, at New, and is safe for concurrent use.
type Service struct {
	authority []byte // PEM
	issued    map[string]*tls.Certificate
}

// New makes an authority and a certificate for each ARN, for the DNS names that stand with it: "shop.example",
// "*.shop.example".
func New(certificates map[string][]string) (*Service, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	root := template(pkix.Name{CommonName: "The sandbox's throw-away authority"})
	root.IsCA, root.BasicConstraintsValid, root.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, root, root, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make the authority: %w", err)
	}
	s := &Service{
		authority: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		issued:    map[string]*tls.Certificate{},
	}
	for _, arn := range slices.Sorted(maps.Keys(certificates)) {
		if s.issued[arn], err = issue(root, key, certificates[arn]); err != nil {
			return nil, fmt.Errorf("issue the certificate %s: %w", arn, err)
		}
	}
	return s, nil
}

func issue(root *x509.Certificate, authority *ecdsa.PrivateKey, names []string) (*tls.Certificate, error) {
	if len(names) == 0 {
		return nil, fmt.Errorf("it is for no name")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	leaf := template(pkix.Name{CommonName: names[0]})
	leaf.DNSNames, leaf.KeyUsage, leaf.ExtKeyUsage = names, x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, leaf, root, &key.PublicKey, authority)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: parsed}, nil
}

func template(subject pkix.Name) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // never fails, see crypto/rand
	now := time.Now()
	return &x509.Certificate{SerialNumber: serial, Subject: subject, NotBefore: now.Add(-skew), NotAfter: now.Add(lifetime)}
}

// Authority is the authority's own certificate in PEM: what a client trusts.
func (s *Service) Authority() []byte { return s.authority }

// Certificate is the one behind an ARN; nil when there is none.
func (s *Service) Certificate(arn string) *tls.Certificate { return s.issued[arn] }

// ARNs of all certificates, in order.
func (s *Service) ARNs() []string { return slices.Sorted(maps.Keys(s.issued)) }
