package account

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	quotatypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// fake is an account: its zero value has nothing, ordinary is one that can be deployed to.
type fake struct {
	account   string
	bootstrap string // empty: not bootstrapped
	qualifier string
	limit     int32
	free      int32
	reserved  map[string]int32 // by function; a function that is not here does not exist
	role      bool
	vcpus     float64
	refuse    error // what every call but the first answers
	refuseSTS error
}

func ordinary() *fake {
	return &fake{account: "111122223333", bootstrap: "29", qualifier: "hnb659fds", limit: 1000, free: 1000, role: true, vcpus: 140}
}

func (f *fake) GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{Account: &f.account, Arn: aws.String("arn:aws:iam::" + f.account + ":user/ada")}, f.refuseSTS
}

func (f *fake) GetParameter(_ context.Context, in *ssm.GetParameterInput, _ ...func(*ssm.Options)) (*ssm.GetParameterOutput, error) {
	if f.refuse != nil {
		return nil, f.refuse
	}
	if f.bootstrap == "" || *in.Name != "/cdk-bootstrap/"+f.qualifier+"/version" {
		return nil, &ssmtypes.ParameterNotFound{}
	}
	return &ssm.GetParameterOutput{Parameter: &ssmtypes.Parameter{Value: &f.bootstrap}}, nil
}

func (f *fake) GetAccountSettings(context.Context, *lambda.GetAccountSettingsInput, ...func(*lambda.Options)) (*lambda.GetAccountSettingsOutput, error) {
	return &lambda.GetAccountSettingsOutput{AccountLimit: &lambdatypes.AccountLimit{
		ConcurrentExecutions: f.limit, UnreservedConcurrentExecutions: &f.free}}, f.refuse
}

func (f *fake) GetFunctionConcurrency(_ context.Context, in *lambda.GetFunctionConcurrencyInput, _ ...func(*lambda.Options)) (*lambda.GetFunctionConcurrencyOutput, error) {
	n, ok := f.reserved[*in.FunctionName]
	if !ok {
		return nil, &lambdatypes.ResourceNotFoundException{}
	}
	return &lambda.GetFunctionConcurrencyOutput{ReservedConcurrentExecutions: &n}, nil
}

func (f *fake) GetRole(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	if f.refuse == nil && !f.role {
		return nil, &iamtypes.NoSuchEntityException{}
	}
	return &iam.GetRoleOutput{}, f.refuse
}

func (f *fake) GetServiceQuota(context.Context, *servicequotas.GetServiceQuotaInput, ...func(*servicequotas.Options)) (*servicequotas.GetServiceQuotaOutput, error) {
	return &servicequotas.GetServiceQuotaOutput{Quota: &quotatypes.ServiceQuota{Value: &f.vcpus}}, f.refuse
}

// look makes all checks of a fake account with a configuration.
func look(t *testing.T, f *fake, document string, change ...func(*Plan)) Report {
	t.Helper()
	c, err := config.Parse([]byte(document), policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	p := Plan{Config: c, Region: "us-east-1", CDK: "npx --yes aws-cdk@1"}
	for _, one := range change {
		one(&p)
	}
	r, err := Look(t.Context(), Clients{Caller: f, Parameters: f, Functions: f, Roles: f, Quotas: f}, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const one = `{"services": [{"name": "sample-website"}]}`

func TestAnOrdinaryAccountIsReadyInEveryCheck(t *testing.T) {
	r := look(t, ordinary(), one)
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.Check)
		if f.Status != Ready || f.Evidence == "" || f.Fix != "" {
			t.Errorf("not just ready: %+v", f)
		}
	}
	want := []string{"credentials", "region", "CDK bootstrap", "Lambda concurrency", "ECS service-linked role", "Fargate vCPUs"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r.Blocked() || r.Account != "111122223333" || r.Region != "us-east-1" {
		t.Errorf("%+v", r)
	}
}

func TestEachThingThatIsWrongHasItsEvidenceAndItsFix(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(*fake)
		plan     func(*Plan)
		document string
		check    string
		status   Status
		evidence string
		fix      string
	}{
		"credentials that AWS refuses": {
			change: func(f *fake) { f.refuseSTS = &smithy.GenericAPIError{Code: "ExpiredToken", Message: "expired"} },
			check:  "credentials", status: Blocked, evidence: "ExpiredToken: expired", fix: "log in again"},
		"no credentials": {
			change: func(f *fake) { f.refuseSTS = errors.New("get credentials: none") },
			check:  "credentials", status: Blocked, evidence: "none", fix: "AWS_PROFILE"},
		"an endpoint that does not answer": {
			change: func(f *fake) { f.refuseSTS = errors.New("connection refused") },
			check:  "credentials", status: Blocked, evidence: "connection refused", fix: "AWS_ENDPOINT_URL"},
		"another account": {
			document: `{"platform": {"account": "444455556666"}, "services": [{"name": "web"}]}`,
			check:    "credentials", status: Blocked, evidence: "platform.account is 444455556666", fix: "credentials of account 444455556666"},
		"no region": {
			plan:  func(p *Plan) { p.Region = "" },
			check: "region", status: Blocked, evidence: "no AWS region", fix: "AWS_REGION"},
		"another region than the environment's": {
			plan:  func(p *Plan) { p.Surroundings = "eu-west-1" },
			check: "region", status: Warning, evidence: "eu-west-1", fix: "export AWS_REGION=us-east-1"},
		"no bootstrap": {
			change: func(f *fake) { f.bootstrap = "" },
			check:  "CDK bootstrap", status: Blocked, evidence: "/cdk-bootstrap/hnb659fds/version is missing",
			fix: "npx --yes aws-cdk@1 bootstrap aws://111122223333/us-east-1"},
		"a bootstrap with another qualifier": {
			plan:  func(p *Plan) { p.Qualifier = "mine" },
			check: "CDK bootstrap", status: Blocked, evidence: "/cdk-bootstrap/mine/version", fix: "--qualifier mine"},
		"an old bootstrap": {
			change: func(f *fake) { f.bootstrap = "5" },
			check:  "CDK bootstrap", status: Blocked, evidence: "its version is 5", fix: "bootstrap aws://"},
		"a bootstrap of a strange version": {
			change: func(f *fake) { f.bootstrap = "new" },
			check:  "CDK bootstrap", status: Unknown, evidence: `"new"`, fix: "ssm:GetParameter"},
		"a new account's concurrency": {
			change: func(f *fake) { f.limit, f.free = 10, 10 },
			check:  "Lambda concurrency", status: Blocked, evidence: "limit is 10", fix: "--quota-code L-B99A9384 --desired-value 1000"},
		"a quota of vCPUs that is too small": {
			change:   func(f *fake) { f.vcpus = 6 },
			document: `{"services": [{"name": "web", "desiredCount": 4, "task": {"cpu": 1024, "memory": 2048}}]}`,
			check:    "Fargate vCPUs", status: Blocked, evidence: "the quota is 6, but the services' blue and green tasks together need 8", fix: "--desired-value 12"},
		"no role for ECS": {
			change: func(f *fake) { f.role = false },
			check:  "ECS service-linked role", status: Warning, evidence: "does not exist yet", fix: "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"},
	} {
		t.Run(name, func(t *testing.T) {
			f := ordinary()
			if c.change != nil {
				c.change(f)
			}
			plan := func(*Plan) {}
			if c.plan != nil {
				plan = c.plan
			}
			r := look(t, f, or(c.document, one), plan)
			got := finding(t, r, c.check)
			if got.Status != c.status || !strings.Contains(got.Evidence, c.evidence) || !strings.Contains(got.Fix, c.fix) {
				t.Errorf("the finding is %+v", got)
			}
			if r.Blocked() != (c.status == Blocked) {
				t.Errorf("blocked is %v", r.Blocked())
			}
		})
	}
}

func TestWhatMayNotBeLookedAtIsUnknownAndBlocksNothing(t *testing.T) {
	f := ordinary()
	f.refuse = &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}
	r := look(t, f, one)
	for _, check := range []string{"CDK bootstrap", "Lambda concurrency", "ECS service-linked role", "Fargate vCPUs"} {
		if got := finding(t, r, check); got.Status != Unknown || !strings.Contains(got.Evidence, "AccessDeniedException") || !strings.Contains(got.Fix, "allow ") {
			t.Errorf("the finding is %+v", got)
		}
	}
	if r.Blocked() {
		t.Error("not knowing blocks")
	}
}

func TestAllThatIsWrongIsFoundAtOnce(t *testing.T) {
	r := look(t, &fake{account: "111122223333", limit: 10, free: 10}, one)
	if r.Blocks() != 3 {
		t.Errorf("%d block, not bootstrap, concurrency and vCPUs: %+v", r.Blocks(), r.Findings)
	}
}

func TestNothingElseIsLookedAtWithTheWrongAccountsCredentials(t *testing.T) {
	r := look(t, ordinary(), `{"platform": {"account": "444455556666"}, "services": [{"name": "web"}]}`)
	if len(r.Findings) != 2 {
		t.Errorf("looked on: %+v", r.Findings)
	}
}

func TestConcurrencyThatAnEarlierDeploymentReservedIsNotAskedForAgain(t *testing.T) {
	const two = `{"services": [{"name": "web"}, {"name": "api"}]}`
	for name, c := range map[string]struct {
		free     int32
		reserved map[string]int32
		blocked  bool
	}{
		"both are to be reserved, and there is room":       {free: 102},
		"both are to be reserved, and there is none":       {free: 101, blocked: true},
		"one is reserved, and there is room for the other": {free: 101, reserved: map[string]int32{"web-release": 1}},
		"one is reserved, the other's function has none":   {free: 100, reserved: map[string]int32{"web-release": 1, "api-release": 0}, blocked: true},
		"both are reserved, and nothing is left":           {free: 100, reserved: map[string]int32{"web-release": 1, "api-release": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			f := ordinary()
			f.limit, f.free, f.reserved = 102, c.free, c.reserved
			if r := look(t, f, two); r.Blocked() != c.blocked {
				t.Errorf("%+v", finding(t, r, "Lambda concurrency"))
			}
		})
	}
}

func TestANewAccountIsReadyWhenNothingIsReserved(t *testing.T) {
	f := ordinary()
	f.limit, f.free = 10, 10
	r := look(t, f, `{"platform": {"reserveConcurrency": false}, "services": [{"name": "web"}]}`)
	if got := finding(t, r, "Lambda concurrency"); got.Status != Ready {
		t.Errorf("%+v", got)
	}
}

func TestAnEndedContextIsAnErrorAndNoReport(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := ordinary()
	_, err := Look(ctx, Clients{Caller: f, Parameters: f, Functions: f, Roles: f, Quotas: f}, Plan{Region: "us-east-1"})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func finding(t *testing.T, r Report, check string) Finding {
	t.Helper()
	for _, f := range r.Findings {
		if f.Check == check {
			return f
		}
	}
	t.Fatalf("there is no finding %s in %+v", check, r.Findings)
	return Finding{}
}
