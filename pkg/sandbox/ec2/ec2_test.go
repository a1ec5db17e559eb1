package ec2_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox/ec2"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// serve is a service on a wire, and the wire's address.
func serve(t *testing.T, opts ec2.Options) (*ec2.Service, *wire.Server, string) {
	t.Helper()
	opts.Account, opts.Region = "111122223333", "eu-central-2"
	s, srv := ec2.New(opts), wire.New(wire.Options{Account: opts.Account, Region: opts.Region})
	s.Register(srv)
	server := httptest.NewServer(srv)
	t.Cleanup(server.Close)
	return s, srv, server.URL
}

// ask is an answer's status and text.
func ask(t *testing.T, at string, parameters ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, strings.NewReader("Version=2016-11-15&"+strings.Join(parameters, "&")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-2/ec2/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

const (
	describe  = "Action=DescribeSecurityGroupRules&Filter.1.Name=group-id&Filter.1.Value.1=sg-a"
	authorize = "Action=AuthorizeSecurityGroupIngress&GroupId=sg-a&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=8080&IpPermissions.1.ToPort=8080"
)

func TestRulesComeFromTemplatesAndFromPeopleAndGoWithTheirOwners(t *testing.T) {
	s, _, at := serve(t, ec2.Options{})
	s.CreateGroup("sg-a")
	s.CreateGroup("sg-b")
	s.Bring("sg-a", "sg-a", []any{map[string]any{"IpProtocol": "tcp", "FromPort": 80.0, "ToPort": "80", "CidrIp": "0.0.0.0/0", "Description": "users"}},
		[]any{map[string]any{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}})
	s.Bring("sgr-b", "sg-b", []any{map[string]any{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "SourceSecurityGroupId": "sg-a"}}, nil)
	if code, text := ask(t, at, authorize, "IpPermissions.1.Ipv6Ranges.1.CidrIpv6="+url.QueryEscape("::/0")); code != 200 || !strings.Contains(text, "<return>true</return>") {
		t.Fatal(code, text)
	}
	_, text := ask(t, at, describe)
	for _, want := range []string{"<cidrIpv4>0.0.0.0/0</cidrIpv4>", "<fromPort>80</fromPort>", "<description>users</description>", "<isEgress>true</isEgress>", "<fromPort>-1</fromPort>", "<cidrIpv6>::/0</cidrIpv6>"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not told: %s", want, text)
		}
	}
	if _, text := ask(t, at, "Action=DescribeSecurityGroupRules&SecurityGroupRuleId.1=sgr-b"); strings.Count(text, "<item>") != 1 || !strings.Contains(text, "<referencedGroupInfo><groupId>sg-a</groupId>") {
		t.Error(text)
	}

	s.Bring("sg-a", "sg-a", nil, nil) // an update leaves what somebody added
	if _, text := ask(t, at, describe); strings.Count(text, "<item>") != 1 || !strings.Contains(text, "::/0") {
		t.Error(text)
	}
	_, after, _ := strings.Cut(text[:strings.Index(text, "::/0")], "<isEgress>true")
	_, id, _ := strings.Cut(after, "<securityGroupRuleId>")
	id, _, _ = strings.Cut(id, "<")
	if code, text := ask(t, at, "Action=RevokeSecurityGroupIngress&GroupId=sg-a&SecurityGroupRuleId.1="+id); code != 200 {
		t.Error(code, text)
	}
	s.Withdraw("sgr-b")
	s.DeleteGroup("sg-b")
	if _, text := ask(t, at, "Action=DescribeSecurityGroupRules"); strings.Contains(text, "<item>") {
		t.Error(text)
	}
}

func TestWhatEC2WouldRefuseIsRefusedInItsForm(t *testing.T) {
	s, srv, at := serve(t, ec2.Options{Allow: func(_ context.Context, action, resource string, _ map[string][]string) (string, error) {
		if resource == "arn:aws:ec2:eu-central-2:111122223333:security-group/sg-secret" {
			return "", errors.New("no policy allows " + action)
		}
		return "a policy", nil
	}})
	s.CreateGroup("sg-a")
	anybody := "IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0"
	ask(t, at, authorize, anybody)
	for name, c := range map[string]struct {
		parameters []string
		status     int
		code       string
	}{
		"another operation":       {[]string{"Action=RunInstances"}, 400, "InvalidAction"},
		"a filter that is none":   {[]string{"Action=DescribeSecurityGroupRules&Filter.1.Name=vpc-id"}, 400, "InvalidParameterValue"},
		"a group that is none":    {[]string{strings.Replace(authorize, "sg-a", "sg-x", 1), anybody}, 400, "InvalidGroup.NotFound"},
		"a rule that is there":    {[]string{authorize, anybody}, 400, "InvalidPermission.Duplicate"},
		"no rule":                 {[]string{"Action=AuthorizeSecurityGroupIngress&GroupId=sg-a"}, 400, "MissingParameter"},
		"a rule that is not":      {[]string{"Action=RevokeSecurityGroupIngress&GroupId=sg-a&SecurityGroupRuleId.1=sgr-x"}, 400, "InvalidSecurityGroupRuleId.NotFound"},
		"what no policy allows":   {[]string{strings.Replace(authorize, "sg-a", "sg-secret", 1), anybody}, 403, "UnauthorizedOperation"},
		"what cannot be taken in": {[]string{"Action=%zz"}, 400, "MalformedQueryString"},
	} {
		status, text := ask(t, at, c.parameters...)
		if status != c.status || !strings.HasPrefix(text, "<Response><Errors><Error><Code>"+c.code+"</Code><Message>") {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	var told []string
	for _, e := range srv.Trail() {
		told = append(told, e.Action+" "+e.Allowed+" "+e.Error)
	}
	if !strings.Contains(strings.Join(told, "\n"), "AuthorizeSecurityGroupIngress  UnauthorizedOperation") || told[0] != "AuthorizeSecurityGroupIngress a policy " {
		t.Errorf("the trail: %q", told)
	}
}

func TestTheAWSCLIReadsAndChangesRules(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the AWS CLI is not installed")
	}
	s, _, at := serve(t, ec2.Options{})
	s.CreateGroup("sg-a")
	cli := func(args ...string) (out struct {
		SecurityGroupRules []struct {
			SecurityGroupRuleID, GroupID, IPProtocol, CidrIPv4 string
			FromPort, ToPort                                   int
			IsEgress                                           bool
		}
	}) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "aws", append([]string{"ec2", "--output", "json"}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+at, "AWS_DEFAULT_REGION=eu-central-2", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_PAGER=")
		var why strings.Builder
		cmd.Stderr = &why
		text, err := cmd.Output()
		if err == nil {
			err = json.Unmarshal(text, &out)
		}
		if err != nil {
			t.Fatalf("%v: %v %s%s", args, err, text, why.String())
		}
		return out
	}
	cli("authorize-security-group-ingress", "--group-id", "sg-a", "--protocol", "tcp", "--port", "8080", "--cidr", "0.0.0.0/0")
	got := cli("describe-security-group-rules", "--filters", "Name=group-id,Values=sg-a").SecurityGroupRules
	if len(got) != 1 || got[0].GroupID != "sg-a" || got[0].FromPort != 8080 || got[0].CidrIPv4 != "0.0.0.0/0" || got[0].IsEgress {
		t.Fatalf("%+v", got)
	}
	cli("revoke-security-group-ingress", "--group-id", "sg-a", "--security-group-rule-ids", got[0].SecurityGroupRuleID)
	if diff := cmp.Diff(0, len(cli("describe-security-group-rules").SecurityGroupRules)); diff != "" {
		t.Error(diff)
	}
}
