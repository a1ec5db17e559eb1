package groups

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// mostAnswer is the largest answer that is read: a page of a thousand rules has less than one MiB.
const mostAnswer = 8 << 20

// send makes a call until it is answered, as often as the configuration's retryer would.
func (c *Client) send(ctx context.Context, ask url.Values, into any) error {
	retryer := aws.Retryer(retry.NewStandard())
	if c.cfg.Retryer != nil {
		retryer = c.cfg.Retryer()
	}
	for attempt := 1; ; attempt++ {
		err := c.once(ctx, ask, into)
		if err == nil || attempt >= retryer.MaxAttempts() || !retryer.IsErrorRetryable(err) {
			return err
		}
		delay, refused := retryer.RetryDelay(attempt, err)
		if refused != nil {
			return errors.Join(err, refused)
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

func (c *Client) once(ctx context.Context, ask url.Values, into any) error {
	if c.cfg.Credentials == nil {
		return errors.New("no credentials are configured")
	}
	credentials, err := c.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("get credentials: %w", err)
	}
	body := []byte(ask.Encode())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(sum[:]), "ec2", c.cfg.Region, time.Now()); err != nil {
		return err
	}
	return c.answer(r, into)
}

// answer reads what EC2 says; no redirect is followed.
func (c *Client) answer(r *http.Request, into any) error {
	client := c.cfg.HTTPClient
	if client == nil {
		client = awshttp.NewBuildableClient()
	}
	resp, err := client.Do(r)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusOK {
		return xml.Unmarshal(text, into)
	}
	var told struct {
		Code    string `xml:"Errors>Error>Code"`
		Message string `xml:"Errors>Error>Message"`
		Request string `xml:"RequestID"`
	}
	if xml.Unmarshal(text, &told) != nil || told.Code == "" {
		told.Code, told.Message = "UnknownError", http.StatusText(resp.StatusCode)
	}
	return &awshttp.ResponseError{RequestID: told.Request, ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: resp}, Err: &smithy.GenericAPIError{Code: told.Code, Message: told.Message},
	}}
}

// endpointOf is where EC2 is asked: what the environment or a profile names for EC2, else for all services, else
// AWS's own of the region (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
func endpointOf(cfg aws.Config) string {
	_, forAll := os.LookupEnv("AWS_ENDPOINT_URL")
	_, forIt := os.LookupEnv("AWS_ENDPOINT_URL_EC2")
	if !forAll || forIt {
		for _, source := range cfg.ConfigSources {
			named, ok := source.(interface {
				GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
			})
			if !ok {
				continue
			}
			if endpoint, found, err := named.GetServiceBaseEndpoint(context.Background(), "EC2"); err == nil && found {
				return endpoint
			}
		}
	}
	if cfg.BaseEndpoint != nil {
		return *cfg.BaseEndpoint
	}
	return "https://ec2." + cfg.Region + "." + domainOf(cfg.Region)
}

// domains are those of the partitions whose regions begin so
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html, and the SDKs' partitions.json).
var domains = map[string]string{
	"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu", "us-iso-": "c2s.ic.gov", "us-isob-": "sc2s.sgov.gov",
	"eu-isoe-": "cloud.adc-e.uk", "us-isof-": "csp.hci.ic.gov",
}

func domainOf(region string) string {
	for prefix, domain := range domains {
		if strings.HasPrefix(region, prefix) {
			return domain
		}
	}
	return "amazonaws.com"
}
