package iam_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox/iam"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const (
	account  = "111122223333"
	document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"*"}]}`
)

// account's server, and a call that must succeed.
func start() (*iam.Service, *wire.Server) {
	s := iam.New(iam.Options{Account: account})
	srv := wire.New(wire.Options{Account: account, Region: "us-east-1", Identify: s.Identify})
	s.Register(srv)
	return s, srv
}

func must[Out any](t *testing.T, srv *wire.Server, in any) *Out {
	t.Helper()
	out, err := wire.Call[Out](t.Context(), srv, in)
	if err != nil {
		t.Fatalf("%T: %v", in, err)
	}
	return out
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func createRole(t *testing.T, srv *wire.Server, name, path string) *types.Role {
	t.Helper()
	return must[awsiam.CreateRoleOutput](t, srv, &awsiam.CreateRoleInput{
		RoleName: &name, Path: &path, AssumeRolePolicyDocument: aws.String(document),
		Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}},
	}).Role
}

func TestARoleIsKeptWithItsPoliciesUntilBothAreGone(t *testing.T) {
	_, srv := start()
	r := createRole(t, srv, "deploy", "/app/")
	if *r.Arn != "arn:aws:iam::111122223333:role/app/deploy" || !regexp.MustCompile(`^AROA[A-Z0-9]{17}$`).MatchString(*r.RoleId) {
		t.Errorf("%s %s", *r.Arn, *r.RoleId)
	}
	name, managed := aws.String("deploy"), aws.String("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
	must[awsiam.PutRolePolicyOutput](t, srv, &awsiam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("inline"), PolicyDocument: aws.String(document)})
	must[awsiam.AttachRolePolicyOutput](t, srv, &awsiam.AttachRolePolicyInput{RoleName: name, PolicyArn: managed})
	must[awsiam.AttachRolePolicyOutput](t, srv, &awsiam.AttachRolePolicyInput{RoleName: name, PolicyArn: managed})

	names := must[awsiam.ListRolePoliciesOutput](t, srv, &awsiam.ListRolePoliciesInput{RoleName: name}).PolicyNames
	got := must[awsiam.GetRolePolicyOutput](t, srv, &awsiam.GetRolePolicyInput{RoleName: name, PolicyName: aws.String("inline")})
	if plain, err := url.PathUnescape(*got.PolicyDocument); err != nil || plain != document || !slices.Equal(names, []string{"inline"}) {
		t.Errorf("%v %s %v", names, *got.PolicyDocument, err)
	}
	attached := must[awsiam.ListAttachedRolePoliciesOutput](t, srv, &awsiam.ListAttachedRolePoliciesInput{RoleName: name}).AttachedPolicies
	if len(attached) != 1 || *attached[0].PolicyName != "AWSLambdaBasicExecutionRole" {
		t.Errorf("%+v", attached)
	}
	for _, undo := range []any{
		&awsiam.DetachRolePolicyInput{RoleName: name, PolicyArn: managed},
		&awsiam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String("inline")},
	} {
		if _, err := wire.Call[awsiam.DeleteRoleOutput](t.Context(), srv, &awsiam.DeleteRoleInput{RoleName: name}); code(err) != "DeleteConflict" {
			t.Error(err)
		}
		switch in := undo.(type) {
		case *awsiam.DetachRolePolicyInput:
			must[awsiam.DetachRolePolicyOutput](t, srv, in)
		case *awsiam.DeleteRolePolicyInput:
			must[awsiam.DeleteRolePolicyOutput](t, srv, in)
		}
	}
	must[awsiam.DeleteRoleOutput](t, srv, &awsiam.DeleteRoleInput{RoleName: name})
	if _, err := wire.Call[awsiam.GetRoleOutput](t.Context(), srv, &awsiam.GetRoleInput{RoleName: name}); code(err) != "NoSuchEntity" {
		t.Error(err)
	}
}

func TestTheAccountsOwnManagedPoliciesComeAndGo(t *testing.T) {
	_, srv := start()
	createRole(t, srv, "r", "/")
	in := &awsiam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(document)}
	p := must[awsiam.CreatePolicyOutput](t, srv, in).Policy
	if *p.Arn != "arn:aws:iam::111122223333:policy/p" {
		t.Error(*p.Arn)
	}
	if _, err := wire.Call[awsiam.CreatePolicyOutput](t.Context(), srv, in); code(err) != "EntityAlreadyExists" {
		t.Error(err)
	}
	must[awsiam.AttachRolePolicyOutput](t, srv, &awsiam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: p.Arn})
	if n := *must[awsiam.GetPolicyOutput](t, srv, &awsiam.GetPolicyInput{PolicyArn: p.Arn}).Policy.AttachmentCount; n != 1 {
		t.Errorf("attached %d times", n)
	}
	drop := &awsiam.DeletePolicyInput{PolicyArn: p.Arn}
	if _, err := wire.Call[awsiam.DeletePolicyOutput](t.Context(), srv, drop); code(err) != "DeleteConflict" {
		t.Error(err)
	}
	must[awsiam.DetachRolePolicyOutput](t, srv, &awsiam.DetachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: p.Arn})
	must[awsiam.DeletePolicyOutput](t, srv, drop)
}

func TestAWSsOwnPoliciesHaveReadableDocumentsAndAreNotOurs(t *testing.T) {
	_, srv := start()
	arn := aws.String("arn:aws:iam::aws:policy/AWSCodeDeployRoleForECS")
	v := must[awsiam.GetPolicyVersionOutput](t, srv, &awsiam.GetPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v1")}).PolicyVersion
	plain, _ := url.PathUnescape(*v.Document)
	var policy struct{ Statement []map[string]any }
	if err := json.Unmarshal([]byte(plain), &policy); err != nil || len(policy.Statement) != 2 {
		t.Errorf("%v %s", err, plain)
	}
	if _, err := wire.Call[awsiam.DeletePolicyOutput](t.Context(), srv, &awsiam.DeletePolicyInput{PolicyArn: arn}); code(err) != "AccessDenied" {
		t.Error(err)
	}
}

func TestTheLimitedRoleOfCodeDeployAllowsLess(t *testing.T) {
	s, srv := start()
	for name, policy := range map[string]string{"whole": "AWSCodeDeployRoleForECS", "limited": "AWSCodeDeployRoleForECSLimited"} {
		createRole(t, srv, name, "/")
		must[awsiam.AttachRolePolicyOutput](t, srv, &awsiam.AttachRolePolicyInput{RoleName: &name, PolicyArn: aws.String("arn:aws:iam::aws:policy/" + policy)})
	}
	may := func(role, action, resource string, keys map[string][]string) bool {
		_, err := s.Check(wire.WithCaller(t.Context(), s.RoleCaller("arn:aws:iam::111122223333:role/"+role, "CodeDeploy")), action, resource, keys)
		return err == nil
	}
	tagged := func(value string) map[string][]string {
		return map[string][]string{"s3:ExistingObjectTag/UseWithCodeDeploy": {value}}
	}
	toTasks := map[string][]string{"iam:PassedToService": {"ecs-tasks.amazonaws.com"}}
	const here = "eu-central-2:111122223333:"
	for _, c := range []struct {
		action, resource string
		keys             map[string][]string
		limited, whole   bool
	}{
		{"ecs:CreateTaskSet", "arn:aws:ecs:" + here + "task-set/main/web/*", nil, true, true},
		{"elasticloadbalancing:ModifyListener", "arn:aws:elasticloadbalancing:" + here + "listener/app/web/1/2", nil, true, true},
		{"cloudwatch:DescribeAlarms", "*", nil, true, true},
		{"lambda:InvokeFunction", "arn:aws:lambda:" + here + "function:CodeDeployHook_judge", nil, true, true},
		{"lambda:InvokeFunction", "arn:aws:lambda:" + here + "function:judge", nil, false, true},
		{"lambda:InvokeFunction", "arn:aws:lambda:" + here + "function:codedeployhook_judge", nil, false, true},
		{"sns:Publish", "arn:aws:sns:" + here + "CodeDeployTopic_web", nil, true, true},
		{"sns:Publish", "arn:aws:sns:" + here + "web", nil, false, true},
		{"s3:GetObject", "arn:aws:s3:::revisions/web", tagged("true"), true, true},
		{"s3:GetObject", "arn:aws:s3:::revisions/web", tagged("false"), false, true},
		{"s3:GetObjectVersion", "arn:aws:s3:::revisions/web", nil, false, true},
		{"iam:PassRole", "arn:aws:iam::111122223333:role/ecsTaskExecutionRole", toTasks, true, true},
		{"iam:PassRole", "arn:aws:iam::111122223333:role/ECSTaskExecutionOfWeb", toTasks, true, true},
		{"iam:PassRole", "arn:aws:iam::111122223333:role/execution", toTasks, false, true},
		{"iam:PassRole", "arn:aws:iam::111122223333:role/ecsTaskExecutionRole", nil, false, false},
		{"ecs:UpdateService", "*", nil, false, false},
	} {
		if limited, whole := may("limited", c.action, c.resource, c.keys), may("whole", c.action, c.resource, c.keys); limited != c.limited || whole != c.whole {
			t.Errorf("%s on %s, %v: the limited role may: %v, the whole one: %v", c.action, c.resource, c.keys, limited, whole)
		}
	}
}

func TestTagsAreReplacedByKey(t *testing.T) {
	_, srv := start()
	before := createRole(t, srv, "r", "/")
	tag := func(k, v string) types.Tag { return types.Tag{Key: &k, Value: &v} }
	must[awsiam.TagRoleOutput](t, srv, &awsiam.TagRoleInput{RoleName: aws.String("r"), Tags: []types.Tag{tag("b", "2"), tag("a", "3")}})
	must[awsiam.UntagRoleOutput](t, srv, &awsiam.UntagRoleInput{RoleName: aws.String("r"), TagKeys: []string{"b", "none"}})
	got := must[awsiam.ListRoleTagsOutput](t, srv, &awsiam.ListRoleTagsInput{RoleName: aws.String("r")}).Tags
	if len(got) != 1 || *got[0].Value != "3" || *before.Tags[0].Value != "1" {
		t.Errorf("%v, before %v", got, before.Tags)
	}
}

func TestBadInputIsRefusedWithAWSsCode(t *testing.T) {
	_, srv := start()
	createRole(t, srv, "r", "/")
	role := func(name, path, doc string) *awsiam.CreateRoleInput {
		return &awsiam.CreateRoleInput{RoleName: &name, Path: &path, AssumeRolePolicyDocument: &doc}
	}
	for _, c := range []struct {
		in   any
		want string
	}{
		{role("r", "/", document), "EntityAlreadyExists"},
		{role("a b", "/", document), "ValidationError"},
		{role("", "/", document), "ValidationError"},
		{role("s", "x", document), "ValidationError"},
		{role("s", "/", "{"), "MalformedPolicyDocument"},
		{role("s", "/", "{}"), "MalformedPolicyDocument"},
		{&awsiam.CreateRoleInput{}, "ValidationError"},
	} {
		if _, err := wire.Call[awsiam.CreateRoleOutput](t.Context(), srv, c.in); code(err) != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	unknown := &awsiam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: aws.String("arn:aws:iam::aws:policy/Unknown")}
	if _, err := wire.Call[awsiam.AttachRolePolicyOutput](t.Context(), srv, unknown); code(err) != "NoSuchEntity" {
		t.Error(err)
	}
	if n := len(must[awsiam.ListRolesOutput](t, srv, &awsiam.ListRolesInput{}).Roles); n != 1 {
		t.Errorf("%d roles", n)
	}
}

func TestIssuedKeysTellTheRoleAndItsSession(t *testing.T) {
	s, srv := start()
	r := createRole(t, srv, "deploy", "/app/")
	key, secret, token := s.Issue(*r.Arn, "fn")
	if again, _, _ := s.Issue(*r.Arn, "fn"); again != key {
		t.Error("the same session got another key")
	}
	if other, _, _ := s.Issue(*r.Arn, "fn2"); other == key {
		t.Error("another session got the same key")
	}
	if !regexp.MustCompile(`^ASIA[A-Z0-9]{16}$`).MatchString(key) || len(secret) != 40 || token == "" {
		t.Errorf("%s %s %s", key, secret, token)
	}
	got, ok := s.Identify(key)
	want := wire.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/deploy/fn", Role: *r.Arn, AccessKey: key}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Error(ok, diff)
	}
	if root, ok := s.Identify("AKIA"); ok || root.ARN != "arn:aws:iam::111122223333:root" || root.AccessKey != "AKIA" {
		t.Error(root, ok)
	}
	identity := func(c wire.Caller) string {
		out, err := wire.Call[sts.GetCallerIdentityOutput](wire.WithCaller(context.Background(), c), srv, &sts.GetCallerIdentityInput{})
		if err != nil {
			t.Fatal(err)
		}
		return *out.Account + " " + *out.Arn + " " + *out.UserId
	}
	if id := identity(got); id != account+" "+want.ARN+" "+*r.RoleId+":fn" {
		t.Error(id)
	}
	if id := identity(wire.Caller{}); id != account+" arn:aws:iam::111122223333:root "+account {
		t.Error(id)
	}
}

func TestARoleThatIsNotThereCannotBeAssumed(t *testing.T) {
	_, srv := start()
	in := &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/none"), RoleSessionName: aws.String("me")}
	if _, err := wire.Call[sts.AssumeRoleOutput](t.Context(), srv, in); code(err) != "AccessDenied" {
		t.Error(err)
	}
	in.RoleSessionName = aws.String("not a name")
	if _, err := wire.Call[sts.AssumeRoleOutput](t.Context(), srv, in); code(err) != "ValidationError" {
		t.Error(err)
	}
}
