package live

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	// attempt bounds one HTTP request to AWS, answer included. The SDK makes up to three for a read.
	attempt = 10 * time.Second
	// handshakes bounds what TLS adds to a new connection.
	handshakes = 5 * time.Second
)

// AppID is told with each call, so that CloudTrail's records and AWS's support can tell Cutover's calls from others
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html).
const AppID = "cutover"

// FromEnvironment is the SDK's configuration from the variables that Lambda sets: AWS_REGION, AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, and AWS_ENDPOINT_URL where AWS is somewhere else. It is built by hand
// because config.LoadDefaultConfig links single sign-on, instance metadata and an INI parser into the function
// and makes its start dearer. All that is missing is reported at once.
//
// Lambda's credentials are good for as long as the process lives.
func FromEnvironment(getenv func(string) string) (aws.Config, error) {
	var missing []error
	required := func(name string) string {
		v := getenv(name)
		if v == "" {
			missing = append(missing, errors.New(name+" is not set; Lambda sets it in every function"))
		}
		return v
	}
	region := required("AWS_REGION")
	credentials := aws.Credentials{
		AccessKeyID:     required("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: required("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	if err := errors.Join(missing...); err != nil {
		return aws.Config{}, err
	}
	cfg := aws.Config{
		Region: region,
		AppID:  AppID,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return credentials, nil
		}),
		HTTPClient: httpClient(awsRoots(getenv)),
	}
	if endpoint := getenv("AWS_ENDPOINT_URL"); endpoint != "" {
		cfg.BaseEndpoint = aws.String(endpoint)
	}
	return cfg, nil
}

// inOnePiece sends a request's header and body together. The SDK's own reader of the body is unknown to net/http, which
// therefore sends the header first: two system calls, two TLS records and two wake-ups of the other side. An answer that
// comes before net/http has looked for a surplus in the body, as from an AWS on this machine, also finds that reader
// closed, which is taken for a failed request (smithy-go v1.28.8, safeReadCloser.WriteTo); it never finds ours so.
type inOnePiece struct{ *http.Transport }

func (t inOnePiece) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return t.Transport.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err := errors.Join(err, r.Body.Close()); err != nil {
		return nil, err
	}
	whole := *r // a RoundTripper leaves the request as it is
	whole.Body = io.NopCloser(bytes.NewReader(body))
	return t.Transport.RoundTrip(&whole)
}

// httpClient has one transport for all services, because a connection to an endpoint is worth keeping between
// invocations, and opens them with the roots that were read before the first event. It follows no redirect: no AWS API
// that we call sends one.
func httpClient(roots *x509.CertPool) *http.Client {
	dialer := &net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{
		Transport: inOnePiece{&http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            dialer.DialContext,
			DialTLSContext:         dialTLS(dialer.DialContext, roots), // through a proxy TLSHandshakeTimeout and all roots hold
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    handshakes,
			ResponseHeaderTimeout:  attempt,
			MaxIdleConns:           32,
			MaxIdleConnsPerHost:    8,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		}},
		Timeout:       attempt,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
