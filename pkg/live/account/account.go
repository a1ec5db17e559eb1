// Package account looks whether an AWS account can take Cutover's stacks, before anything is deployed to it.
//
// It changes nothing. Every check ends in a finding with what was seen and what to do; one finding never hides
// another, except that nothing else is looked at while the credentials do not work. What could not be looked at,
// for instance for want of a permission, is unknown and does not block. Quotas whose use AWS does not tell in one
// call (VPCs, Elastic IP addresses, load balancers) are left to the deployment itself.
//
// It is apart from package live because every service client that a function links makes its start dearer.
package account

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// Caller tells whose credentials these are.
type Caller interface {
	GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error)
}

// Parameters hold the version of CDK's bootstrap stack.
type Parameters interface {
	GetParameter(context.Context, *ssm.GetParameterInput, ...func(*ssm.Options)) (*ssm.GetParameterOutput, error)
}

// Functions tell the account's Lambda concurrency, and what is reserved of it already.
type Functions interface {
	GetAccountSettings(context.Context, *lambda.GetAccountSettingsInput, ...func(*lambda.Options)) (*lambda.GetAccountSettingsOutput, error)
	GetFunctionConcurrency(context.Context, *lambda.GetFunctionConcurrencyInput, ...func(*lambda.Options)) (*lambda.GetFunctionConcurrencyOutput, error)
}

// Roles tell whether a role exists.
type Roles interface {
	GetRole(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error)
}

// Quotas tell the account's own limits.
type Quotas interface {
	GetServiceQuota(context.Context, *servicequotas.GetServiceQuotaInput, ...func(*servicequotas.Options)) (*servicequotas.GetServiceQuotaOutput, error)
}

// Clients are what an account is looked at through, all of the region that is deployed to.
type Clients struct {
	Caller     Caller
	Parameters Parameters
	Functions  Functions
	Roles      Roles
	Quotas     Quotas
}

// Plan is what is about to be deployed, and where to.
type Plan struct {
	Config config.Config
	// Region that is deployed to: platform.region, or else that of the environment.
	Region string
	// Surroundings is the region of the environment, by which other commands find their way. May be empty.
	Surroundings string
	// Qualifier of CDK's bootstrap stack. Empty: CDK's own, hnb659fds.
	Qualifier string
	// CDK is the command that runs the CDK CLI; fixes name it.
	CDK string
}

// Look makes all checks. Its only error is that ctx ended first.
func Look(ctx context.Context, c Clients, p Plan) (Report, error) {
	r := Report{Region: p.Region}
	who, found := c.credentials(ctx, p)
	r.Findings = found
	if who.account != "" {
		r.Account, r.Identity = who.account, who.arn
	}
	if r.Blocked() {
		return r, ctx.Err()
	}
	checks := []func(context.Context, Plan, identity) Finding{c.bootstrap, c.concurrency, c.linkedRole, c.vcpus}
	more := make([]Finding, len(checks))
	var running sync.WaitGroup
	for i, check := range checks {
		running.Go(func() { more[i] = check(ctx, p, who) })
	}
	running.Wait()
	r.Findings = append(r.Findings, more...)
	return r, ctx.Err()
}
