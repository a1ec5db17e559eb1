package call_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	elbsdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/call"
	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
)

// cloud answers requests in turn, the last answer again and again, and keeps what it was sent.
type cloud struct {
	answers []answer
	sent    []*http.Request
	bodies  []string
}

type answer struct {
	status int
	body   string
	header map[string]string
	err    error
}

func (c *cloud) Do(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	c.sent, c.bodies = append(c.sent, r), append(c.bodies, string(body))
	a := c.answers[min(len(c.sent), len(c.answers))-1]
	if a.err != nil {
		return nil, a.err
	}
	h := http.Header{}
	for name, value := range a.header {
		h.Set(name, value)
	}
	return &http.Response{StatusCode: a.status, Header: h, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

func (c *cloud) config() aws.Config {
	return aws.Config{Region: "eu-west-1", HTTPClient: c, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "token")}
}

var service = call.Service{ID: "Elastic Load Balancing v2", Endpoint: "elasticloadbalancing", Version: "2015-12-01", Target: "T", JSON: "1.1"}

func refusal(code string) string {
	return `<ErrorResponse><Error><Type>Sender</Type><Code>` + code + `</Code><Message>not now</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`
}

const empty = `<DescribeListenersResponse><DescribeListenersResult><Listeners/></DescribeListenersResult></DescribeListenersResponse>`

func TestARequestFailsAsTheSDKsDoes(t *testing.T) {
	for name, a := range map[string]answer{
		"refused":                {status: 400, body: refusal("ListenerNotFoundX"), header: map[string]string{"X-Amzn-Requestid": "r-1"}},
		"refused, id in body":    {status: 403, body: refusal("AccessDenied")},
		"busy, again and again":  {status: 400, body: refusal("Throttling")},
		"broken, again":          {status: 500, body: refusal("InternalFailure")},
		"no way there":           {err: errors.New("dial tcp: no route to host")},
		"cut off, again":         {err: io.ErrUnexpectedEOF},
		"an answer of nonsense":  {status: 200, body: "<a><b></a>"},
		"cancelled on the way":   {err: context.Canceled},
		"an empty way elsewhere": {status: 302, body: refusal("Found"), header: map[string]string{"Location": "http://127.0.0.1:1/"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := &cloud{answers: []answer{a}}, &cloud{answers: []answer{a}}
				_, got := elb.NewFromConfig(ours.config()).DescribeListeners(t.Context(), &elb.DescribeListenersInput{ListenerArns: []string{"a"}})
				_, want := elbsdk.NewFromConfig(theirs.config()).DescribeListeners(t.Context(), &elbsdk.DescribeListenersInput{ListenerArns: []string{"a"}})
				if got == nil || want == nil {
					t.Fatalf("ours %v\ntheirs %v", got, want)
				}
				if a.status != 200 && got.Error() != want.Error() { // what is wrong with XML each decoder says in its own words
					t.Errorf("%v\nthe SDK says %v", got, want)
				}
				if len(ours.sent) != len(theirs.sent) {
					t.Errorf("sent %d times, by the SDK %d", len(ours.sent), len(theirs.sent))
				}
				if g, w := kind(got), kind(want); g != w {
					t.Errorf("it is %s\nthe SDK's %s", g, w)
				}
			})
		})
	}
}

// kind is what programs ask of an error.
func kind(err error) string {
	var api smithy.APIError
	var operation *smithy.OperationError
	var response *awshttp.ResponseError
	var most *retry.MaxAttemptsError
	var decoding *smithy.DeserializationError
	text := fmt.Sprint(errors.As(err, &operation), " ", errors.As(err, &most), " ", errors.As(err, &decoding), " ", errors.Is(err, context.Canceled))
	if errors.As(err, &api) {
		text += " " + api.ErrorCode() + " " + api.ErrorMessage()
	}
	if errors.As(err, &response) {
		text += fmt.Sprint(" ", response.HTTPStatusCode(), " ", response.ServiceRequestID())
	}
	return text
}

func TestARequestIsMadeAgainAndSentAsTheSDKSendsIt(t *testing.T) {
	t.Setenv("AWS_LAMBDA_FUNCTION_NAME", "release")
	t.Setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
	answers := []answer{{status: 503}, {err: io.ErrUnexpectedEOF}, {status: 200, body: empty}}
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := &cloud{answers: answers}, &cloud{answers: answers}
		began := time.Now()
		if _, err := elb.NewFromConfig(ours.config()).DescribeListeners(t.Context(), &elb.DescribeListenersInput{ListenerArns: []string{"a", "b"}}); err != nil {
			t.Fatal(err)
		}
		if time.Since(began) == 0 {
			t.Error("it is made again at once")
		}
		if _, err := elbsdk.NewFromConfig(theirs.config()).DescribeListeners(t.Context(), &elbsdk.DescribeListenersInput{ListenerArns: []string{"a", "b"}}); err != nil {
			t.Fatal(err)
		}
		if len(ours.sent) != 3 || len(theirs.sent) != 3 {
			t.Fatalf("sent %d times, by the SDK %d", len(ours.sent), len(theirs.sent))
		}
		for i, r := range ours.sent {
			is := theirs.sent[i]
			if r.Method != is.Method || r.URL.String() != is.URL.String() || r.Host != is.Host || r.ContentLength != is.ContentLength {
				t.Errorf("%s %s of %d, by the SDK %s %s of %d", r.Method, r.URL, r.ContentLength, is.Method, is.URL, is.ContentLength)
			}
			if got, want := form(t, ours.bodies[i]), form(t, theirs.bodies[i]); got != want {
				t.Errorf("%s, by the SDK %s", got, want)
			}
			for _, name := range []string{"Content-Type", "X-Amzn-Trace-Id", "X-Amz-Security-Token", "Amz-Sdk-Request"} {
				if r.Header.Get(name) != is.Header.Get(name) || r.Header.Get(name) == "" {
					t.Errorf("%s: %s, by the SDK %s", name, r.Header.Get(name), is.Header.Get(name))
				}
			}
			if got, want := scope(r), scope(is); got != want {
				t.Errorf("signed %s, by the SDK %s", got, want)
			}
			if i > 0 && r.Header.Get("Amz-Sdk-Invocation-Id") != ours.sent[0].Header.Get("Amz-Sdk-Invocation-Id") {
				t.Error("an attempt has an id of its own")
			}
		}
	})
}

func form(t *testing.T, body string) string {
	t.Helper()
	values, err := url.ParseQuery(body)
	if err != nil {
		t.Fatal(err)
	}
	return values.Encode()
}

// scope is a signature without itself.
func scope(r *http.Request) string {
	signed, _, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
	return signed
}

func TestTheApplicationIsToldAsTheSDKTellsIt(t *testing.T) {
	for _, id := range []string{"", "cutover"} {
		ours, theirs := &cloud{answers: []answer{{status: 200, body: empty}}}, &cloud{answers: []answer{{status: 200, body: empty}}}
		cfg, their := ours.config(), theirs.config()
		cfg.AppID, their.AppID = id, id
		_, _ = elb.NewFromConfig(cfg).DescribeListeners(t.Context(), &elb.DescribeListenersInput{})
		_, _ = elbsdk.NewFromConfig(their).DescribeListeners(t.Context(), &elbsdk.DescribeListenersInput{})
		for _, r := range []*http.Request{ours.sent[0], theirs.sent[0]} {
			if told := strings.Contains(r.UserAgent()+" ", " app/cutover "); told != (id != "") {
				t.Errorf("of %q the user agent is %q", id, r.UserAgent())
			}
		}
	}
}

func TestWhatIsAskedOnceIsSentOnce(t *testing.T) {
	c := &cloud{answers: []answer{{status: 503}}}
	if _, err := call.New(c.config(), service).Do(t.Context(), call.Request{Operation: "Do", Once: true}); err == nil || len(c.sent) != 1 {
		t.Errorf("%v after %d", err, len(c.sent))
	}
}

func TestTheWaitForAnotherAttemptEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cloud{answers: []answer{{status: 503}}}
		cfg := c.config()
		cfg.Retryer = func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Hour, nil })
			})
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := call.New(cfg, service).Do(ctx, call.Request{Operation: "Do"})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second || len(c.sent) != 1 {
			t.Errorf("%v after %s and %d", err, time.Since(began), len(c.sent))
		}
	})
}

func TestAClockThatIsLateIsPutRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := time.Now().Add(time.Hour).UTC()
		told := map[string]string{"Date": is.Format(http.TimeFormat)}
		c := &cloud{answers: []answer{{status: 403, body: refusal("RequestTimeTooSkewed"), header: told}, {status: 200, body: empty, header: told}}}
		client := elb.NewFromConfig(c.config())
		for range 2 {
			if _, err := client.DescribeListeners(t.Context(), &elb.DescribeListenersInput{}); err != nil {
				t.Fatal(err)
			}
		}
		for i, late := range []bool{true, false, false} {
			at, err := time.Parse("20060102T150405Z", c.sent[i].Header.Get("X-Amz-Date"))
			if err != nil || (is.Sub(at).Abs() > time.Minute) != late {
				t.Errorf("attempt %d is signed for %s at %s, %v", i+1, at, is, err)
			}
		}
	})
}

func TestNoRedirectIsFollowed(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	for name, client := range map[string]aws.HTTPClient{"by default": nil, "with the SDK's client": awshttp.NewBuildableClient()} {
		cfg := aws.Config{Region: "eu-west-1", HTTPClient: client, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}
		asked = 0
		_, err := call.New(cfg, service).Do(t.Context(), call.Request{Operation: "Do"})
		var response *awshttp.ResponseError
		if !errors.As(err, &response) || response.HTTPStatusCode() != http.StatusTemporaryRedirect || asked != 1 {
			t.Errorf("%s: %v after %d", name, err, asked)
		}
	}
}

func TestAnAnswerThatIsTooLongIsAnError(t *testing.T) {
	c := &cloud{answers: []answer{{status: 200, body: strings.Repeat(" ", 32<<20+1)}}}
	if _, err := call.New(c.config(), service).Do(t.Context(), call.Request{Operation: "Do"}); err == nil || !strings.Contains(err.Error(), "more than 33554432 bytes") {
		t.Error(err)
	}
}

func TestNobodyIsAskedWithoutCredentials(t *testing.T) {
	c := &cloud{answers: []answer{{status: 200}}}
	cfg := c.config()
	cfg.Credentials = nil
	if _, err := call.New(cfg, service).Do(t.Context(), call.Request{Operation: "Do"}); err == nil || !strings.Contains(err.Error(), "no credentials are configured") || len(c.sent) > 0 {
		t.Error(err)
	}
}

func TestEachProtocolTellsWhyItRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		answer        answer
		code, message string
	}{
		"query":                 {answer{status: 400, body: refusal("ListenerNotFound")}, "ListenerNotFound", "not now"},
		"EC2's query":           {answer{status: 400, body: `<Response><Errors><Error><Code>InvalidGroup.NotFound</Code><Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>`}, "InvalidGroup.NotFound", "no"},
		"S3":                    {answer{status: 404, body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchBucket</Code><Message>none</Message></Error>`}, "NoSuchBucket", "none"},
		"JSON":                  {answer{status: 400, body: `{"__type": "com.amazonaws#ValidationException", "Message": "bad"}`}, "ValidationException", "bad"},
		"JSON, in the header":   {answer{status: 404, body: `{"Type": "User", "message": "gone"}`, header: map[string]string{"X-Amzn-Errortype": "ResourceNotFoundException:http://x/"}}, "ResourceNotFoundException", "gone"},
		"JSON, in code":         {answer{status: 400, body: `{"code": "Busy", "message": "later"}`}, "Busy", "later"},
		"JSON, once query":      {answer{status: 400, body: `{"__type": "InvalidNextTokenX", "message": "no"}`, header: map[string]string{"X-Amzn-Query-Error": "InvalidNextToken;Sender"}}, "InvalidNextToken", "no"},
		"something else":        {answer{status: 404, body: "<html>"}, "UnknownError", "Not Found"},
		"nothing":               {answer{status: 400}, "UnknownError", "Bad Request"},
		"a page of a proxy":     {answer{status: 407, body: "<html><body>no</body></html>"}, "UnknownError", "Proxy Authentication Required"},
		"JSON without a reason": {answer{status: 400, body: `{}`}, "UnknownError", "Bad Request"},
	} {
		t.Run(name, func(t *testing.T) {
			is := &cloud{answers: []answer{c.answer}}
			_, err := call.JSON[any](t.Context(), call.New(is.config(), service), "Ask", struct{}{})
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != c.code || api.ErrorMessage() != c.message || !call.Refused(err, c.code) {
				t.Errorf("%v", err)
			}
			if target := is.sent[0].Header.Get("X-Amz-Target"); target != "T.Ask" || is.bodies[0] != "{}" || is.sent[0].Header.Get("Content-Type") != "application/x-amz-json-1.1" {
				t.Errorf("it asks %s %s", target, is.bodies[0])
			}
		})
	}
}

func TestAClientInAnotherRegionSharesTheQuotaOfRetriesAndTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := time.Now().Add(time.Hour).UTC()
		told := map[string]string{"Date": is.Format(http.TimeFormat)}
		c := &cloud{answers: []answer{{status: 403, body: refusal("RequestTimeTooSkewed"), header: told}, {status: 200, header: told}}}
		here := call.New(c.config(), service)
		if _, err := here.Do(t.Context(), call.Request{Operation: "Do"}); err != nil {
			t.Fatal(err)
		}
		if _, err := here.In("us-east-2").Do(t.Context(), call.Request{Operation: "Do"}); err != nil {
			t.Fatal(err)
		}
		there := c.sent[2]
		at, err := time.Parse("20060102T150405Z", there.Header.Get("X-Amz-Date"))
		if err != nil || is.Sub(at).Abs() > time.Minute || there.URL.Host != "elasticloadbalancing.us-east-2.amazonaws.com" || !strings.Contains(there.Header.Get("Authorization"), "/us-east-2/elasticloadbalancing/") {
			t.Errorf("signed at %s for %s, %v: %s", at, there.URL.Host, err, there.Header.Get("Authorization"))
		}
		if here.In("") != here || here.In("eu-west-1") != here {
			t.Error("the own region is another client's")
		}
		broken := &cloud{answers: []answer{{status: 500}}}
		cfg := broken.config()
		cfg.Retryer = func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.RateLimiter = ratelimit.NewTokenRateLimit(30) })
		}
		here = call.New(cfg, service)
		for _, region := range []string{"eu-west-1", "us-east-2", "us-west-2", "ca-central-1"} {
			if _, err := here.In(region).Do(t.Context(), call.Request{Operation: "Do"}); err == nil {
				t.Error("it is answered")
			}
		}
		if all := len(broken.sent); all >= 4*retry.DefaultMaxAttempts {
			t.Errorf("asked %d times: each region has a quota of its own", all)
		}
	})
}
