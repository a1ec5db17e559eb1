package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/verify"
)

var shelf = config.Shelf{Bucket: "reports", Prefix: "verify/shop/"}

func archiveAt(endpoint string) *Archive {
	return New(aws.Config{
		Region: "eu-west-1", HTTPClient: http.DefaultClient, BaseEndpoint: &endpoint,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "token"),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}, shelf)
}

func verdict() verify.Verdict {
	return verify.Verdict{Service: "shop", Deployment: "d-A", Stage: "AfterAllowTraffic", Outcome: verify.Failed, Reason: "it <is> broken", Checks: []verify.CheckResult{}}
}

func TestAReportIsTwoObjectsWithTheSignatureThatTheSDKWouldGive(t *testing.T) {
	bodies := map[string][]byte{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies[r.URL.Path] = body
		sum := sha256.Sum256(body)
		if r.Method != http.MethodPut || r.Header.Get("X-Amz-Content-Sha256") != hex.EncodeToString(sum[:]) || r.Header.Get("X-Amz-Security-Token") != "token" {
			t.Errorf("%s %s: %v", r.Method, r.URL, r.Header)
		}
		if !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/s3/aws4_request, SignedHeaders=amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=") {
			t.Errorf("signed %s", r.Header.Get("Authorization"))
		}
	}))
	defer server.Close()
	a := archiveAt(server.URL)
	if err := a.Keep(t.Context(), verdict()); err != nil {
		t.Fatal(err)
	}
	page, document := bodies["/reports/verify/shop/d-A/AfterAllowTraffic.html"], bodies["/reports/verify/shop/d-A/AfterAllowTraffic.json"]
	var v verify.Verdict
	if err := json.Unmarshal(document, &v); err != nil || v.Reason != "it <is> broken" || !bytes.Contains(page, []byte("it &lt;is&gt; broken")) {
		t.Errorf("%v\n%s\n%s", err, document, page)
	}
}

// signs is what the SDK's own client puts, so that the two can be held side by side.
type signs struct{ last *http.Request }

func (s *signs) Do(r *http.Request) (*http.Response, error) {
	s.last = r
	return &http.Response{StatusCode: 200, Body: http.NoBody, Header: http.Header{}}, nil
}

func TestTheObjectGoesWhereTheSDKWouldPutIt(t *testing.T) {
	for _, region := range []string{"us-east-1", "eu-west-1", "cn-north-1"} {
		ours, theirs := &signs{}, &signs{}
		cfg := aws.Config{Region: region, HTTPClient: ours, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}
		if err := New(cfg, config.Shelf{Bucket: "reports.of.ours", Prefix: "a b/"}).Keep(t.Context(), verdict()); err != nil {
			t.Fatal(err)
		}
		cfg.HTTPClient = theirs
		client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("reports.of.ours"), Key: aws.String("a b/d-A/AfterAllowTraffic.json"), Body: strings.NewReader("{}")}); err != nil {
			t.Fatal(err)
		}
		want := *theirs.last.URL
		want.RawQuery = "" // the SDK names its operation there
		if ours.last.URL.String() != want.String() {
			t.Errorf("put at %s, the SDK at %s", ours.last.URL, &want)
		}
	}
}

func TestWhatMayPassIsTriedAgainAndWhatMayNotIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		answers []int
		asked   int
		want    string
	}{
		"busy at first": {[]int{503, 500, 200, 200}, 4, ""},
		"busy":          {[]int{503, 503, 503}, 3, "exceeded maximum number of attempts, 3"},
		"not allowed":   {[]int{403}, 1, "PutObject, https response error StatusCode: 403, RequestID: 4442587FB7D0A2F9, api error AccessDenied: Access Denied; may the function put objects there, and is the bucket in eu-west-1?"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.answers[asked])
				io.WriteString(w, `<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>`)
				asked++
			}))
			defer server.Close()
			err := archiveAt(server.URL).Keep(t.Context(), verdict())
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) || asked != c.asked {
				t.Errorf("asked %d times: %v", asked, err)
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer server.Close()
	defer close(hang)
	if err := archiveAt(server.URL).Keep(ctx, verdict()); err == nil {
		t.Error("a server that hangs keeps a report")
	}
}

func TestAServiceWithoutAShelfKeepsNothing(t *testing.T) {
	if New(aws.Config{}, config.Shelf{}).Keeper() != nil {
		t.Error("a keeper of nothing")
	}
	_ = verify.New(config.Deployed{}, verify.Clients{Reports: New(aws.Config{}, config.Shelf{}).Keeper()}, slog.New(slog.DiscardHandler))
}
