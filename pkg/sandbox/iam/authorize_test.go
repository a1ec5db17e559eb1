package iam_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cutover-ecs/cutover/pkg/sandbox/iam"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// enforced is an account whose wire asks Authorize, with a role that has the policy.
func enforced(t *testing.T, lookups iam.Lookups, document string) (*iam.Service, *wire.Server, context.Context) {
	t.Helper()
	s := iam.New(iam.Options{Account: account, Region: "eu-central-2", Lookups: lookups})
	srv := wire.New(wire.Options{Account: account, Region: "eu-central-2", Identify: s.Identify, Before: s.Authorize})
	s.Register(srv)
	wire.On(srv, "ecs", func(context.Context, *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
		return nil, nil
	})
	wire.On(srv, "ecs", func(context.Context, *ecs.DeleteServiceInput) (*ecs.DeleteServiceOutput, error) { return nil, nil })
	wire.On(srv, "ecs", func(context.Context, *ecs.RunTaskInput) (*ecs.RunTaskOutput, error) { return nil, nil })
	wire.On(srv, "monitoring", func(context.Context, *cloudwatch.ListMetricsInput) (*cloudwatch.ListMetricsOutput, error) {
		return nil, nil
	})
	wire.On(srv, "sqs", func(context.Context, *sqs.SendMessageInput) (*sqs.SendMessageOutput, error) { return nil, nil })
	wire.On(srv, "lambda", func(context.Context, *lambda.InvokeInput) (*lambda.InvokeOutput, error) { return nil, nil })
	createRole(t, srv, "deploy", "/")
	must[awsiam.PutRolePolicyOutput](t, srv, &awsiam.PutRolePolicyInput{
		RoleName: aws.String("deploy"), PolicyName: aws.String("own"), PolicyDocument: &document,
	})
	return s, srv, wire.WithCaller(t.Context(), s.RoleCaller(roleARN, "fn"))
}

func TestADenialReadsLikeAWSs(t *testing.T) {
	s, srv, ctx := enforced(t, iam.Lookups{}, policy(
		`{"Effect":"Allow","Action":"ecs:*","Resource":"arn:aws:ecs:*:*:service/c/*"}`,
		`{"Sid":"Never","Effect":"Deny","Action":"ecs:Delete*","Resource":"*"}`,
	))
	const user = "User: arn:aws:sts::111122223333:assumed-role/deploy/fn is not authorized to perform: "
	services := func(names ...string) *ecs.DescribeServicesInput {
		return &ecs.DescribeServicesInput{Cluster: aws.String("c"), Services: names}
	}
	if _, err := wire.Call[ecs.DescribeServicesOutput](ctx, srv, services("a", "b")); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		call          func() error
		code, message string
	}{
		{func() error {
			in := services("a")
			in.Cluster = nil
			_, err := wire.Call[ecs.DescribeServicesOutput](ctx, srv, in)
			return err
		}, "AccessDeniedException", user + "ecs:DescribeServices on resource: arn:aws:ecs:eu-central-2:111122223333:service/default/a because no identity-based policy allows the ecs:DescribeServices action"},
		{func() error {
			_, err := wire.Call[ecs.DeleteServiceOutput](ctx, srv, &ecs.DeleteServiceInput{Cluster: aws.String("c"), Service: aws.String("a")})
			return err
		}, "AccessDeniedException", user + "ecs:DeleteService on resource: arn:aws:ecs:eu-central-2:111122223333:service/c/a with an explicit deny in an identity-based policy"},
		{func() error {
			_, err := wire.Call[cloudwatch.ListMetricsOutput](ctx, srv, &cloudwatch.ListMetricsInput{})
			return err
		}, "AccessDenied", user + "cloudwatch:ListMetrics on resource: * because no identity-based policy allows the cloudwatch:ListMetrics action"},
		{func() error {
			_, err := wire.Call[sqs.SendMessageOutput](ctx, srv, &sqs.SendMessageInput{QueueUrl: aws.String("http://h/111122223333/q")})
			return err
		}, "AccessDenied", user + "sqs:sendmessage on resource: arn:aws:sqs:eu-central-2:111122223333:q because no identity-based policy allows the sqs:sendmessage action"},
		{func() error {
			_, err := wire.Call[ecs.RunTaskOutput](ctx, srv, &ecs.RunTaskInput{})
			return err
		}, "AccessDeniedException", "the sandbox does not know which permissions ecs:RunTask needs"},
		{func() error {
			_, err := wire.Call[sts.AssumeRoleOutput](ctx, srv, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/none"), RoleSessionName: aws.String("me")})
			return err
		}, "AccessDenied", user + "sts:AssumeRole on resource: arn:aws:iam::111122223333:role/none"},
	} {
		if err := c.call(); code(err) != c.code || !strings.HasSuffix(err.Error(), c.message) {
			t.Errorf("%v, want %s: %s", err, c.code, c.message)
		}
	}
	if _, err := wire.Call[sts.GetCallerIdentityOutput](ctx, srv, &sts.GetCallerIdentityInput{}); err != nil {
		t.Error(err)
	}
	var told []string
	for _, d := range s.Decisions() {
		if d.Caller.Role != "" {
			told = append(told, fmt.Sprint(d.Action, " ", d.Allowed, " ", d.By.Policy, d.By.Label))
		}
	}
	want := "ecs:DescribeServices true own#1, ecs:DescribeServices true own#1, ecs:DescribeServices false , ecs:DeleteService false ownNever, " +
		"cloudwatch:ListMetrics false , sqs:SendMessage false , ecs:RunTask false , sts:AssumeRole false "
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("%s", got)
	}
	by := iam.Statement{Holder: roleARN, Policy: "own", Label: "Never"}
	if text := by.String(); text != "statement Never of own of "+roleARN || (iam.Statement{}).String() != "" {
		t.Error(text)
	}
}

func TestAServiceActsByTheResourcesPolicy(t *testing.T) {
	const rule, other = "arn:aws:events:eu-central-2:111122223333:rule/pushes", "arn:aws:events:eu-central-2:111122223333:rule/other"
	type sourceKey struct{}
	permission := func(action, condition string) string {
		return policy(`{"Sid":"rule","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"` + action + `","Resource":"*","Condition":` + condition + `}`)
	}
	s, srv, _ := enforced(t, iam.Lookups{
		FunctionPolicy: func(name string) string {
			return map[string]string{"f": permission("lambda:InvokeFunction", `{"ArnLike":{"AWS:SourceArn":"`+rule+`"},"StringEquals":{"AWS:SourceAccount":"111122223333"}}`)}[name]
		},
		QueuePolicy: func(url string) string {
			return map[string]string{"http://h/111122223333/q": permission("sqs:SendMessage", `{"ArnEquals":{"aws:SourceArn":["`+rule+`"]}}`)}[url]
		},
		Source: func(ctx context.Context) string { source, _ := ctx.Value(sourceKey{}).(string); return source },
	}, document)
	for name, c := range map[string]struct {
		caller, source, function string
		ok                       bool
	}{
		"the rule that is named":   {"events.amazonaws.com", rule, "f", true},
		"by the function's ARN":    {"events.amazonaws.com", rule, "arn:aws:lambda:eu-central-2:111122223333:function:f", true},
		"another rule":             {"events.amazonaws.com", other, "f", false},
		"no rule":                  {"events.amazonaws.com", "", "f", false},
		"another service":          {"sns.amazonaws.com", rule, "f", false},
		"another function":         {"events.amazonaws.com", rule, "g", false},
		"somebody without a role":  {"arn:aws:iam::111122223333:user/me", rule, "f", false},
		"the root of elsewhere":    {"arn:aws:iam::999999999999:root", rule, "f", false},
		"the root of this account": {"arn:aws:iam::111122223333:root", "", "g", true},
		"the sandbox itself":       {"", "", "g", true},
	} {
		ctx := wire.WithCaller(context.WithValue(t.Context(), sourceKey{}, c.source), wire.Caller{ARN: c.caller})
		_, err := wire.Call[lambda.InvokeOutput](ctx, srv, &lambda.InvokeInput{FunctionName: &c.function})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if c.caller == "events.amazonaws.com" && !c.ok && !strings.Contains(err.Error(), "User: events.amazonaws.com is not authorized to perform: lambda:InvokeFunction") ||
			err != nil && c.caller == "events.amazonaws.com" && !strings.HasSuffix(err.Error(), "because no resource-based policy allows the lambda:InvokeFunction action") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for url, ok := range map[string]bool{"http://h/111122223333/q": true, "http://h/111122223333/r": false} {
		ctx := wire.WithCaller(context.WithValue(t.Context(), sourceKey{}, rule), wire.Caller{ARN: "events.amazonaws.com"})
		if _, err := wire.Call[sqs.SendMessageOutput](ctx, srv, &sqs.SendMessageInput{QueueUrl: &url}); (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, d := range s.Decisions() {
		if d.Action == "lambda:InvokeFunction" && d.Allowed && d.Why != "root" && d.By.Label != "rule" {
			t.Errorf("%+v", d)
		}
	}
}

func TestARoleIsTakenByWhomItTrusts(t *testing.T) {
	_, srv, ctx := enforced(t, iam.Lookups{}, policy(`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111122223333:role/granted"}`,
		`{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111122223333:role/denied"}`))
	trust := func(principal string) string {
		return policy(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + principal + `}`)
	}
	const byAccount, byName = `{"AWS":"111122223333"}`, `{"AWS":"` + roleARN + `"}`
	for _, c := range []struct {
		role, principal string
		ok              bool
	}{
		{"granted", byAccount, true},
		{"named", byName, true},
		{"denied", byName, false},
		{"left", byAccount, false},
		{"strange", `{"Service":"lambda.amazonaws.com"}`, false},
	} {
		arn := must[awsiam.CreateRoleOutput](t, srv, &awsiam.CreateRoleInput{RoleName: &c.role, AssumeRolePolicyDocument: aws.String(trust(c.principal))}).Role.Arn
		_, err := wire.Call[sts.AssumeRoleOutput](ctx, srv, &sts.AssumeRoleInput{RoleArn: arn, RoleSessionName: aws.String("me")})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.role, err)
		}
	}
	must[awsiam.UpdateAssumeRolePolicyOutput](t, srv, &awsiam.UpdateAssumeRolePolicyInput{
		RoleName: aws.String("granted"), PolicyDocument: aws.String(trust(`{"Service":"ec2.amazonaws.com"}`)),
	})
	in := &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/granted"), RoleSessionName: aws.String("me")}
	if _, err := wire.Call[sts.AssumeRoleOutput](ctx, srv, in); code(err) != "AccessDenied" {
		t.Error(err)
	}
}

func TestPoliciesCountFromTheNextCallOn(t *testing.T) {
	s, srv, ctx := enforced(t, iam.Lookups{}, document)
	may := func() error {
		_, err := s.Check(ctx, "logs:PutLogEvents", "arn:aws:logs:x:y:log-group:g", nil)
		return err
	}
	if code(may()) != "AccessDeniedException" {
		t.Error(may())
	}
	arn := aws.String("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
	must[awsiam.AttachRolePolicyOutput](t, srv, &awsiam.AttachRolePolicyInput{RoleName: aws.String("deploy"), PolicyArn: arn})
	if err := may(); err != nil {
		t.Error(err)
	}
	unreadable := policy(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Never":{"a":"b"}}}`)
	put := &awsiam.PutRolePolicyInput{RoleName: aws.String("deploy"), PolicyName: aws.String("bad"), PolicyDocument: &unreadable}
	must[awsiam.PutRolePolicyOutput](t, srv, put)
	if err := may(); err == nil || !strings.Contains(err.Error(), "policy bad of "+roleARN+" cannot be read") {
		t.Error(err)
	}
	if len(s.Grants()) != 0 {
		t.Error("policies that cannot be read grant something")
	}
	must[awsiam.DeleteRolePolicyOutput](t, srv, &awsiam.DeleteRolePolicyInput{RoleName: aws.String("deploy"), PolicyName: aws.String("bad")})
	if err := may(); err != nil {
		t.Error(err)
	}
}

func TestKeysTellWhoCalls(t *testing.T) {
	conditions := `{"StringEquals":{"aws:PrincipalArn":"` + roleARN + `","aws:PrincipalTag/a":"1","aws:RequestedRegion":"eu-central-2","ecs:x":"y"},
		"StringLike":{"aws:userid":"AROA*:fn"},"Bool":{"aws:SecureTransport":"true","aws:PrincipalIsAWSService":"false"},
		"DateGreaterThan":{"aws:CurrentTime":"2020-01-01"},"NumericGreaterThan":{"aws:EpochTime":"1500000000"},"Null":{"aws:SourceIp":"true","aws:SourceArn":"true"}}`
	s, _, ctx := enforced(t, iam.Lookups{}, policy(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":`+conditions+`}`))
	if by, err := s.Check(ctx, "ecs:RunTask", "*", map[string][]string{"ecs:X": {"y"}}); err != nil || by != "statement #1 of own of "+roleARN {
		t.Error(by, err)
	}
	if _, err := s.Check(ctx, "ecs:RunTask", "*", nil); err == nil {
		t.Error("allowed without the key")
	}
}

func TestDecisionsAreBoundedAndManyMayDecideAtOnce(t *testing.T) {
	s, srv, ctx := enforced(t, iam.Lookups{}, policy(`{"Effect":"Allow","Action":"ecs:*","Resource":"*"}`))
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for i := range 3_000 {
				if _, err := wire.Call[ecs.DescribeServicesOutput](ctx, srv, &ecs.DescribeServicesInput{Services: []string{"a"}}); err != nil {
					t.Error(err)
				}
				if i%500 == 0 {
					s.Unused()
				}
			}
		})
	}
	work.Wait()
	if n := len(s.Decisions()); n < 5_000 || n > 10_000 {
		t.Errorf("%d decisions", n)
	}
	if g := s.Grants(); len(g) != 1 || g[0].Uses != 12_000 || len(s.Unused()) != 0 {
		t.Errorf("%+v", g)
	}
}

func BenchmarkAuthorize(b *testing.B) {
	s := iam.New(iam.Options{Account: account, Region: "eu-central-2"})
	srv := wire.New(wire.Options{Account: account, Region: "eu-central-2"})
	s.Register(srv)
	role := &awsiam.CreateRoleInput{RoleName: aws.String("deploy"), AssumeRolePolicyDocument: aws.String(document)}
	if _, err := wire.Call[awsiam.CreateRoleOutput](b.Context(), srv, role); err != nil {
		b.Fatal(err)
	}
	own := &awsiam.PutRolePolicyInput{RoleName: aws.String("deploy"), PolicyName: aws.String("own"), PolicyDocument: aws.String(document)}
	if _, err := wire.Call[awsiam.PutRolePolicyOutput](b.Context(), srv, own); err != nil {
		b.Fatal(err)
	}
	ctx := wire.WithCaller(b.Context(), s.RoleCaller(roleARN, "fn"))
	in := &ecs.DescribeServicesInput{Cluster: aws.String("c"), Services: []string{"a"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Authorize(ctx, "ecs", "DescribeServices", in); err != nil {
			b.Fatal(err)
		}
	}
}
