package account

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// leastBootstrap is the version of CDK's bootstrap stack that the synthesized stacks ask for.
const leastBootstrap = 6

// bootstrap is CDK's own stack, which holds the bucket and the roles that a deployment goes through
// (https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html).
func (c Clients) bootstrap(ctx context.Context, p Plan, who identity) Finding {
	const check = "CDK bootstrap"
	name := "/cdk-bootstrap/" + or(p.Qualifier, "hnb659fds") + "/version"
	fix := fmt.Sprintf("%s bootstrap aws://%s/%s", or(p.CDK, "npx cdk"), who.account, p.Region)
	if p.Qualifier != "" {
		fix += " --qualifier " + p.Qualifier
	}
	out, err := c.Parameters.GetParameter(ctx, &ssm.GetParameterInput{Name: &name})
	var missing *ssmtypes.ParameterNotFound
	switch {
	case errors.As(err, &missing):
		return Finding{Check: check, Status: Blocked, Fix: fix,
			Evidence: fmt.Sprintf("account %s is not bootstrapped in %s: parameter %s is missing", who.account, p.Region, name)}
	case err != nil:
		return unknown(check, "ssm:GetParameter on "+name, err)
	case out.Parameter == nil:
		return unknown(check, "ssm:GetParameter on "+name, errors.New("the answer has no parameter"))
	}
	version, err := strconv.Atoi(aws.ToString(out.Parameter.Value))
	if err != nil {
		return unknown(check, "ssm:GetParameter on "+name, fmt.Errorf("its version is %q, which is not a number", aws.ToString(out.Parameter.Value)))
	}
	if version < leastBootstrap {
		return Finding{Check: check, Status: Blocked, Fix: fix,
			Evidence: fmt.Sprintf("its version is %d, but the stacks need %d or later", version, leastBootstrap)}
	}
	return ready(check, "its version is %d", version)
}

// linkedRole is the role by which ECS attaches network interfaces and registers targets. ECS makes it with the
// first cluster if the caller may, but the first service can come too early for it
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html).
func (c Clients) linkedRole(ctx context.Context, _ Plan, _ identity) Finding {
	const check, name = "ECS service-linked role", "AWSServiceRoleForECS"
	_, err := c.Roles.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(name)})
	var missing *iamtypes.NoSuchEntityException
	switch {
	case errors.As(err, &missing):
		return Finding{Check: check, Status: Warning,
			Evidence: name + " does not exist yet; ECS makes it at the first use, if the deploying role may",
			Fix:      "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"}
	case err != nil:
		return unknown(check, "iam:GetRole on "+name, err)
	}
	return ready(check, "%s exists", name)
}

// fargateVCPUs is the quota "Fargate On-Demand vCPU resource count"; new accounts start with a few
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html).
const fargateVCPUs = "L-3032A538"

// vcpus have to be enough for every service's blue and green at once. What else runs there is not known.
func (c Clients) vcpus(ctx context.Context, p Plan, _ identity) Finding {
	const check = "Fargate vCPUs"
	out, err := c.Quotas.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{
		ServiceCode: aws.String("fargate"), QuotaCode: aws.String(fargateVCPUs)})
	if err == nil && (out.Quota == nil || out.Quota.Value == nil) {
		err = errors.New("the answer has no value")
	}
	if err != nil {
		return unknown(check, "servicequotas:GetServiceQuota", err)
	}
	need := 0.0
	for _, s := range p.Config.Services {
		need += 2 * float64(s.MostTasks()*s.Task.CPU) / 1024
	}
	if have := *out.Quota.Value; need > have {
		return Finding{Check: check, Status: Blocked,
			Evidence: fmt.Sprintf("the quota is %g, but the services' blue and green tasks together need %g", have, need),
			Fix: fmt.Sprintf("aws service-quotas request-service-quota-increase --region %s --service-code fargate --quota-code %s --desired-value %g, "+
				"or lower desiredCount, scaling.max or task.cpu", p.Region, fargateVCPUs, max(need, 2*have))}
	}
	return ready(check, "the quota is %g and the services' blue and green tasks need %g", *out.Quota.Value, need)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
