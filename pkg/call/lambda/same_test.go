package lambda_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/cutover-ecs/cutover/pkg/call/lambda"
)

// cloud answers with one answer and keeps what it was sent.
type cloud struct {
	status int
	header map[string]string
	body   string
	sent   []*http.Request
	bodies []string
}

func (c *cloud) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c.sent, c.bodies = append(c.sent, r), append(c.bodies, string(body))
	h := http.Header{"X-Amzn-Requestid": {"r-1"}}
	for name, value := range c.header {
		h.Set(name, value)
	}
	return &http.Response{StatusCode: c.status, Header: h, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}

func (c *cloud) config() aws.Config {
	return aws.Config{Region: "eu-west-1", HTTPClient: c, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "token")}
}

func TestAFunctionIsAskedAsTheSDKAsksItAndOnce(t *testing.T) {
	for name, c := range map[string]cloud{
		"it answers":       {status: 200, body: `{"open": true}`, header: map[string]string{"X-Amz-Executed-Version": "$LATEST"}},
		"it fails":         {status: 200, body: `{"errorMessage": "no network"}`, header: map[string]string{"X-Amz-Function-Error": "Unhandled"}},
		"it is not there":  {status: 404, body: `{"Type":"User","Message":"Function not found: x"}`, header: map[string]string{"X-Amzn-ErrorType": "ResourceNotFoundException"}},
		"it is busy":       {status: 429, body: `{"Type":"User","message":"Rate Exceeded.","Reason":"ReservedFunctionConcurrentInvocationLimitExceeded"}`, header: map[string]string{"X-Amzn-ErrorType": "TooManyRequestsException"}},
		"nobody may":       {status: 403, body: `{"Message":"User is not authorized"}`, header: map[string]string{"X-Amzn-ErrorType": "AccessDeniedException"}},
		"Lambda is broken": {status: 500, body: `{"Type":"Service","Message":"broken"}`, header: map[string]string{"X-Amzn-ErrorType": "ServiceException"}},
	} {
		for _, function := range []string{"approve", "arn:aws:lambda:eu-west-1:111122223333:function:approve"} {
			t.Run(name+", "+function, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ours, theirs := c, c
					got, err := lambda.NewFromConfig(ours.config()).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: function, Payload: []byte(`{"version":1}`)})
					is, sdks := sdk.NewFromConfig(theirs.config()).Invoke(t.Context(), &sdk.InvokeInput{FunctionName: &function, InvocationType: "RequestResponse", Payload: []byte(`{"version":1}`)},
						func(o *sdk.Options) { o.Retryer = aws.NopRetryer{} })
					if (err == nil) != (sdks == nil) || err != nil && !alike(err, sdks) {
						t.Errorf("%v\nthe SDK says %v", err, sdks)
					}
					if err == nil && (got.FunctionError != aws.ToString(is.FunctionError) || string(got.Payload) != string(is.Payload)) {
						t.Errorf("%+v, by the SDK %+v", got, is)
					}
					if len(ours.sent) != 1 || len(theirs.sent) != 1 {
						t.Fatalf("sent %d times, by the SDK %d", len(ours.sent), len(theirs.sent))
					}
					if g, w := line(ours.sent[0])+ours.bodies[0], line(theirs.sent[0])+theirs.bodies[0]; g != w {
						t.Errorf("sent %s\nby the SDK %s", g, w)
					}
				})
			})
		}
	}
}

// alike are errors that say the same: the SDK has types of its own for what Lambda declares, which say the code first.
func alike(ours, theirs error) bool {
	plain := func(err error) string { return strings.ReplaceAll(err.Error(), "api error ", "") }
	return plain(ours) == plain(theirs)
}

// line is a request without its signature.
func line(r *http.Request) string {
	scope, _, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
	return fmt.Sprintln(r.Method, r.URL.String(), r.URL.EscapedPath(), r.Header.Get("Content-Type"), r.Header.Get("X-Amz-Invocation-Type"), r.Header.Get("X-Amz-Log-Type"), scope, r.ContentLength)
}
