package live

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
)

// bundles are where Linux distributions keep the roots they trust, in the order in which crypto/x509 looks. The first
// is Debian's, the second Amazon Linux's.
var bundles = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
}

// ours is in the name of each root that AWS's endpoints chain to, Amazon Root CA 1 to 4:
// https://www.amazontrust.com/repository/
var ours = []byte("Amazon Root CA")

const many = 4

// awsRoots are the roots of the machine's trust store that AWS's endpoints use; nil when the store is not one file.
// Of the 140 or more in it only these are parsed, and no more is read than holds them. Left alone, the first TLS
// connection parses them all, twice over (the bundle, then each file beside it), in the first event: two thirds of
// the time from a start to the first answer over HTTPS, and half a second in a function of 128 MB. No root is added:
// what the machine stops trusting is trusted no more.
func awsRoots(getenv func(string) string) *x509.CertPool {
	files := bundles
	if own := getenv("SSL_CERT_FILE"); own != "" {
		files = []string{own}
	} else if getenv("SSL_CERT_DIR") != "" {
		return nil
	}
	for _, name := range files {
		if bundle, err := os.Open(name); err == nil {
			defer bundle.Close()
			return amazons(bundle)
		}
	}
	return nil
}

// amazons are AWS's roots of a bundle; nil when it has none. A bundle has hundreds of kilobytes, of which no more than
// one certificate is held at a time.
func amazons(bundle io.Reader) *x509.CertPool {
	pool, found := x509.NewCertPool(), 0
	certificates := bufio.NewScanner(bundle)
	certificates.Split(toEnd)
	for found < many && certificates.Scan() {
		block, _ := pem.Decode(certificates.Bytes())
		if block == nil || !bytes.Contains(block.Bytes, ours) {
			continue
		}
		if root, err := x509.ParseCertificate(block.Bytes); err == nil {
			pool.AddCert(root)
			found++
		}
	}
	if found == 0 {
		return nil
	}
	return pool
}

// toEnd splits a bundle behind each certificate. What stands before one is told with it.
func toEnd(data []byte, _ bool) (advance int, token []byte, err error) {
	end := []byte("-----END CERTIFICATE-----")
	if i := bytes.Index(data, end); i >= 0 {
		return i + len(end), data[:i+len(end)], nil
	}
	return 0, nil, nil
}

// dialTLS connects to what has a certificate by one of roots, or, where another authority signs for AWS (a
// company's inspecting proxy, an endpoint of one's own), by any that the machine trusts.
func dialTLS(dial func(context.Context, string, string) (net.Conn, error), roots *x509.CertPool) func(context.Context, string, string) (net.Conn, error) {
	handshake := func(ctx context.Context, network, addr string, roots *x509.CertPool) (net.Conn, error) {
		raw, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			raw.Close()
			return nil, err
		}
		c := tls.Client(raw, &tls.Config{ServerName: host, RootCAs: roots, NextProtos: []string{"h2", "http/1.1"}})
		ctx, cancel := context.WithTimeout(ctx, handshakes)
		defer cancel()
		if err := c.HandshakeContext(ctx); err != nil {
			raw.Close()
			return nil, err
		}
		return c, nil
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := handshake(ctx, network, addr, roots)
		if unknown := (x509.UnknownAuthorityError{}); roots != nil && errors.As(err, &unknown) {
			return handshake(ctx, network, addr, nil)
		}
		return c, err
	}
}
