package live

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// authority is a root that signs for 127.0.0.1, and a server with its certificate.
func authority(t *testing.T, owner string) (root []byte, server *httptest.Server) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: owner}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	server = httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), server
}

func asked(t *testing.T, client *http.Client, url string) error {
	t.Helper()
	defer client.CloseIdleConnections()
	res, err := client.Get(url)
	if err == nil {
		res.Body.Close()
	}
	return err
}

func TestOfTheTrustStoreOnlyTheRootsOfAWSAreRead(t *testing.T) {
	aws, endpoint := authority(t, "Amazon Root CA 9")
	other, elsewhere := authority(t, "Somebody Else Root CA")
	bundle := filepath.Join(t.TempDir(), "bundle.pem")
	if err := os.WriteFile(bundle, append(append([]byte("# roots\n"), other...), aws...), 0o600); err != nil {
		t.Fatal(err)
	}
	want := x509.NewCertPool()
	want.AppendCertsFromPEM(aws)
	roots := awsRoots(environment(map[string]string{"SSL_CERT_FILE": bundle}))
	if !want.Equal(roots) {
		t.Error("the pool is not AWS's root alone")
	}
	if err := asked(t, httpClient(roots), endpoint.URL); err != nil {
		t.Error(err)
	}
	// Not in this machine's store either, where it is looked for then.
	if err := asked(t, httpClient(roots), elsewhere.URL); err == nil {
		t.Error("an authority that the machine does not trust was trusted")
	}
}

func TestOfTheTrustStoreNoMoreIsReadThanHoldsTheRootsOfAWS(t *testing.T) {
	var bundle bytes.Buffer
	want := x509.NewCertPool()
	for i := range many {
		root, _ := authority(t, fmt.Sprintf("Amazon Root CA %d", i+1))
		want.AppendCertsFromPEM(root)
		bundle.WriteString("# Windows writes lines so\r\n")
		bundle.Write(bytes.ReplaceAll(root, []byte("\n"), []byte("\r\n")))
	}
	const others = 1 << 20
	bundle.Write(make([]byte, others))
	if !want.Equal(amazons(&bundle)) {
		t.Error("the pool has not AWS's four roots")
	}
	if bundle.Len() < others*9/10 {
		t.Errorf("%d of %d bytes behind the last root were read", others-bundle.Len(), others)
	}
}

// The store is read once in a process, so each case is one.
func TestAnotherAuthorityThatTheMachineTrustsIsTrusted(t *testing.T) {
	if url := os.Getenv("CUTOVER_TEST_URL"); url != "" {
		if err := asked(t, httpClient(awsRoots(os.Getenv)), url); err != nil {
			t.Error(err)
		}
		return
	}
	aws, _ := authority(t, "Amazon Root CA 9")
	company, inspected := authority(t, "The Company's Proxy")
	for name, bundle := range map[string][]byte{"beside AWS's": append(company, aws...), "alone": company} {
		file := filepath.Join(t.TempDir(), "bundle.pem")
		if err := os.WriteFile(file, bundle, 0o600); err != nil {
			t.Fatal(err)
		}
		again := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
		again.Env = append(os.Environ(), "CUTOVER_TEST_URL="+inspected.URL, "SSL_CERT_FILE="+file)
		if said, err := again.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
	}
}

func TestAStoreThatIsNotOneFileIsLeftToGo(t *testing.T) {
	if awsRoots(environment(map[string]string{"SSL_CERT_DIR": "/somewhere"})) != nil {
		t.Error("a directory was asked for, and a file was read")
	}
	if awsRoots(environment(map[string]string{"SSL_CERT_FILE": filepath.Join(t.TempDir(), "none")})) != nil {
		t.Error("roots from a file that is not there")
	}
	if amazons(bytes.NewReader(bytes.Repeat([]byte("no certificate\n"), 9))) != nil {
		t.Error("roots from a file without any")
	}
}
