package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// front stands between a program and the sandbox: it lets each call take as long as a call to AWS does, and tells
// when a deployment was accepted.
type front struct {
	*httptest.Server
	accepted chan time.Time
}

func (y *yard) front(host string, delay time.Duration) *front {
	f := &front{accepted: make(chan time.Time, 1)}
	onward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: host})
			r.Out.Host = r.In.Host // signatures hold for the address that the client meant
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
	}
	onward.ModifyResponse = func(r *http.Response) error {
		time.Sleep(delay)
		if strings.HasSuffix(r.Request.Header.Get("X-Amz-Target"), ".CreateDeployment") && r.StatusCode == http.StatusOK {
			f.accepted <- time.Now()
		}
		return nil
	}
	f.Server = httptest.NewUnstartedServer(onward)
	f.Config.ErrorLog = log.New(y.log, "", 0) // of programs that are killed when they have answered
	y.defers(f.Close)
	return f
}

// remember answers what has been asked before from memory, so that what is measured is the program that asks and not
// the sandbox. It is for programs that only read, of a sandbox in which nothing happens.
func (f *front) remember() {
	var lock sync.Mutex
	heard := map[string]*httptest.ResponseRecorder{}
	onward := f.Config.Handler
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		question := r.Method + " " + r.URL.String() + " " + r.Header.Get("X-Amz-Target") + " " + string(body)
		lock.Lock()
		answer, ok := heard[question]
		lock.Unlock()
		if !ok {
			answer = httptest.NewRecorder()
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			onward.ServeHTTP(answer, r)
			if answer.Code == http.StatusOK {
				lock.Lock()
				heard[question] = answer
				lock.Unlock()
			}
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
}

// secure starts the front with a certificate by an authority that stands, beside those of this machine, in a bundle
// of roots. It is called as AWS's are, because it stands for them.
func (f *front) secure(dir string) (bundle string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Amazon Root CA of the bench"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	root, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		return "", err
	}
	leaf, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, ca, key.Public(), key)
	if err != nil {
		return "", err
	}
	f.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf}, PrivateKey: key}}}
	f.StartTLS()
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})
	for _, system := range []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"} {
		if roots, err := os.ReadFile(system); err == nil {
			own = append(own, roots...)
			break
		}
	}
	bundle = filepath.Join(dir, "roots.pem")
	return bundle, os.WriteFile(bundle, own, 0o600)
}
