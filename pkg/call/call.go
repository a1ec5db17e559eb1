// Package call makes single requests to AWS with the parts of the SDK's core that its own clients are made of: the stack
// of middleware, the signer, the retryer and its quota, the correction of clocks, the types of errors. What is left out of
// a client is what makes each start of a function dear: the table of a service's endpoints, which is compiled before main,
// the code of all operations that nobody calls, and twice as many steps of middleware. Of the bytes that a function
// allocates before main, and of its package over an empty handler's, that was 620 of 898 KB and 0.27 of 1.57 for the
// release function, 720 of 804 KB and 0.20 of 1.44 for notify, 260 of 338 KB and 0.13 of 1.42 for verify, 350 of 428 KB
// for watch.
//
// Services whose documents are large, ECS and CodeDeploy, are asked in the SDK's types (Shapes), the others in types that
// have the members that are read.
//
// Errors are the SDK's: smithy.OperationError around aws/transport/http.ResponseError around smithy.APIError, with the
// request's id. An error that a service declares has no type of its own here; its code tells it.
//
// No redirect is followed, unless the configuration brings an HTTP client that does, and no answer of more than 32 MiB is read.
// FIPS and dual-stack endpoints are not looked for; AWS_ENDPOINT_URL_<SERVICE> can name them. Of a configuration's other
// settings the options of middleware are heeded, and its logging, interceptors and options of services are not.
package call

import (
	"net/http"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Service is whom a Client asks, as the service's model says it.
type Service struct {
	// ID is the service's name in errors, and in the environment's AWS_ENDPOINT_URL_<ID>: "Elastic Load Balancing v2".
	ID string
	// Endpoint is the first label of its host in every region, and its name in the scope of signatures unless Signing is set.
	Endpoint, Signing string
	// Version of the API, of those that speak the query protocol.
	Version string
	// Target is what an operation's name stands behind in X-Amz-Target, and JSON the version of those that speak JSON.
	Target, JSON string
	// QueryCodes asks a service that speaks JSON for the codes of errors that it had in the query protocol.
	QueryCodes bool
	// OnePath is set for S3, which takes a path as it is sent, where others escape it once more before they sign, and which
	// wants the body's hash in a header.
	OnePath bool
}

// Client asks one service. Use New; a Client is safe for concurrent use.
type Client struct {
	service  Service
	cfg      aws.Config
	endpoint string
	http     smithyhttp.ClientDo
	signer   *v4.Signer
	retryer  aws.Retryer
	// skew is by how much this machine's clock is late.
	skew *atomic.Int64
}

// New is a client in the region of a configuration, or at the endpoint that it names. Retries have one quota a client,
// as the SDK's have.
func New(cfg aws.Config, s Service) *Client {
	c := &Client{service: s, cfg: cfg, endpoint: endpointOf(cfg, s), http: cfg.HTTPClient, skew: new(atomic.Int64)}
	switch h := cfg.HTTPClient.(type) {
	case nil:
		c.http = staying(awshttp.NewBuildableClient())
	case *awshttp.BuildableClient:
		c.http = staying(h)
	}
	c.signer = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = s.OnePath })
	if cfg.Retryer != nil {
		c.retryer = cfg.Retryer()
	} else {
		c.retryer = retry.NewStandard()
	}
	if cfg.RetryMaxAttempts > 0 {
		c.retryer = retry.AddWithMaxAttempts(c.retryer, cfg.RetryMaxAttempts)
	}
	return c
}

// In is the client in another region, with which it shares the quota of retries and what is known of the clock; itself
// for "".
func (c *Client) In(region string) *Client {
	if region == "" || region == c.cfg.Region {
		return c
	}
	there := *c
	there.cfg.Region = region
	there.endpoint = endpointOf(there.cfg, c.service)
	return &there
}

// staying is the SDK's own HTTP client, which would follow some redirects, without that.
func staying(b *awshttp.BuildableClient) *http.Client {
	return &http.Client{
		Transport: b.GetTransport(), Timeout: b.GetTimeout(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Request is one of a service's operations, ready to be sent.
type Request struct {
	// Operation as the service calls it.
	Operation string
	// Method is POST unless it is set. Path is below the endpoint, escaped already.
	Method, Path string
	Header       map[string]string
	Body         []byte
	// Once makes no further attempt after one that failed, whatever the configuration's retryer says.
	Once bool

	decode func(body []byte) error
}

// Answer is a whole one, of a status from 200 to 299.
type Answer struct {
	Header http.Header
	Body   []byte
}
