package groups

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

// ec2 answers requests in turn, and keeps what was asked.
func ec2(t *testing.T, answers ...func(http.ResponseWriter)) (*Client, *[]url.Values) {
	t.Helper()
	var asked []url.Values
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if scope := r.Header.Get("Authorization"); !strings.Contains(scope, "/eu-west-1/ec2/aws4_request") || r.Header.Get("X-Amz-Security-Token") != "token" {
			t.Errorf("it is signed so: %s", scope)
		}
		body, _ := io.ReadAll(r.Body)
		ask, err := url.ParseQuery(string(body))
		if err != nil || len(asked) == len(answers) {
			t.Errorf("it asks %s, %v", body, err)
			return
		}
		asked = append(asked, ask)
		answers[len(asked)-1](w)
	}))
	t.Cleanup(server.Close)
	return NewFromConfig(aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret", SessionToken: "token"}, nil
		}),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}), &asked
}

func says(status int, text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

const (
	busy  = `<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors><RequestID>1</RequestID></Response>`
	no    = `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized.</Message></Error></Errors><RequestID>2</RequestID></Response>`
	first = `<DescribeSecurityGroupRulesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>3</requestId><securityGroupRuleSet>
		<item><securityGroupRuleId>sgr-a</securityGroupRuleId><groupId>sg-a</groupId><isEgress>false</isEgress><ipProtocol>tcp</ipProtocol>
			<fromPort>8080</fromPort><toPort>8081</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4><tagSet/></item>
		<item><securityGroupRuleId>sgr-b</securityGroupRuleId><groupId>sg-a</groupId><isEgress>true</isEgress><ipProtocol>-1</ipProtocol>
			<fromPort>-1</fromPort><toPort>-1</toPort><cidrIpv6>::/0</cidrIpv6></item></securityGroupRuleSet><nextToken>more</nextToken></DescribeSecurityGroupRulesResponse>`
	last = `<DescribeSecurityGroupRulesResponse><securityGroupRuleSet><item><securityGroupRuleId>sgr-c</securityGroupRuleId><groupId>sg-b</groupId>
		<ipProtocol>tcp</ipProtocol><fromPort>1</fromPort><toPort>2</toPort><referencedGroupInfo><groupId>sg-a</groupId></referencedGroupInfo></item></securityGroupRuleSet></DescribeSecurityGroupRulesResponse>`
)

func TestAllPagesOfRulesAreReadAndACallThatComesTooOftenIsMadeAgain(t *testing.T) {
	c, asked := ec2(t, says(503, busy), says(200, first), says(200, last))
	got, err := c.DescribeSecurityGroupRules(t.Context(), []string{"sg-a", "sg-b"})
	want := []Rule{
		{ID: "sgr-a", Group: "sg-a", Protocol: "tcp", From: 8080, To: 8081, CIDRv4: "0.0.0.0/0"},
		{ID: "sgr-b", Group: "sg-a", Egress: true, Protocol: "-1", From: -1, To: -1, CIDRv6: "::/0"},
		{ID: "sgr-c", Group: "sg-b", Protocol: "tcp", From: 1, To: 2},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	ask := url.Values{
		"Action": {"DescribeSecurityGroupRules"}, "Version": {"2016-11-15"}, "MaxResults": {"1000"},
		"Filter.1.Name": {"group-id"}, "Filter.1.Value.1": {"sg-a"}, "Filter.1.Value.2": {"sg-b"},
	}
	if diff := cmp.Diff(ask, (*asked)[1]); diff != "" {
		t.Errorf("it asks otherwise (-want +got):\n%s", diff)
	}
	if token := (*asked)[2].Get("NextToken"); token != "more" {
		t.Errorf("it goes on after %q", token)
	}
}

func TestWhatEC2RefusesIsToldInItsOwnWordsAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		answer     func(http.ResponseWriter)
		code, tell string
	}{
		"without a permission":      {says(403, no), "UnauthorizedOperation", "You are not authorized."},
		"something that is not EC2": {says(404, "<html>"), "UnknownError", "Not Found"},
		"a way elsewhere": {func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(http.StatusFound)
		}, "UnknownError", "Found"},
	} {
		client, _ := ec2(t, c.answer)
		_, err := client.DescribeSecurityGroupRules(t.Context(), []string{"sg-a"})
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != c.code || !strings.Contains(err.Error(), c.tell) || !strings.Contains(err.Error(), "DescribeSecurityGroupRules") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// at keeps where it was asked.
type at struct{ host string }

func (a *at) Do(r *http.Request) (*http.Response, error) {
	a.host = r.URL.Host
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(last))}, nil
}

func TestEC2IsAskedInItsRegion(t *testing.T) {
	var is at
	client := NewFromConfig(aws.Config{Region: "cn-north-1", HTTPClient: &is, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"}, nil
	})})
	if _, err := client.DescribeSecurityGroupRules(t.Context(), []string{"sg-a"}); err != nil || is.host != "ec2.cn-north-1.amazonaws.com.cn" {
		t.Errorf("at %q: %v", is.host, err)
	}
}
