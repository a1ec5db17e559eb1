package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// unreservable is what Lambda keeps for functions that reserve nothing
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html).
const unreservable = 100

// concurrencyQuota is Lambda's quota "Concurrent executions".
const concurrencyQuota = "L-B99A9384"

// concurrency has to leave room to reserve one for each service's release function. A new account's limit is often
// 10, of which Lambda lets nobody reserve anything. What an earlier deployment has reserved is not asked for again.
func (c Clients) concurrency(ctx context.Context, p Plan, _ identity) Finding {
	const check = "Lambda concurrency"
	if reserve := p.Config.Platform.ReserveConcurrency; reserve != nil && !*reserve {
		return ready(check, "none is reserved, because platform.reserveConcurrency is false")
	}
	out, err := c.Functions.GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err == nil && (out.AccountLimit == nil || out.AccountLimit.UnreservedConcurrentExecutions == nil) {
		err = errors.New("the answer has no limit")
	}
	if err != nil {
		return unknown(check, "lambda:GetAccountSettings", err)
	}
	limit, free := out.AccountLimit.ConcurrentExecutions, *out.AccountLimit.UnreservedConcurrentExecutions
	need := int32(len(p.Config.Services))
	if free-need >= unreservable {
		return ready(check, "of %d, %d are not reserved, and %d will be", limit, free, need)
	}
	if need, err = c.unreserved(ctx, p); err != nil {
		return unknown(check, "lambda:GetFunctionConcurrency on the release functions", err)
	}
	if need == 0 || free-need >= unreservable {
		return ready(check, "of %d, %d are not reserved, and %d more will be", limit, free, need)
	}
	return Finding{Check: check, Status: Blocked,
		Evidence: fmt.Sprintf("the account's limit is %d, of which %d are not reserved; %d must be reserved, one for each release function, and Lambda insists that %d stay unreserved",
			limit, free, need, unreservable),
		Fix: fmt.Sprintf("aws service-quotas request-service-quota-increase --region %s --service-code lambda --quota-code %s --desired-value %d "+
			"(free; raised within a day as a rule), or set platform.reserveConcurrency to false: two pushes at once may then race, and CodeDeploy alone decides",
			p.Region, concurrencyQuota, max(1000, limit+need+unreservable-free))}
}

// unreserved counts the release functions that do not have their reservation yet.
func (c Clients) unreserved(ctx context.Context, p Plan) (int32, error) {
	var n int32
	for _, s := range p.Config.Services {
		name := s.Names(p.Config.Platform.Cluster).ReleaseFunction
		out, err := c.Functions.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: &name})
		var missing *types.ResourceNotFoundException
		switch {
		case errors.As(err, &missing):
			n++
		case err != nil:
			return 0, fmt.Errorf("get the concurrency of %s: %w", name, err)
		case aws.ToInt32(out.ReservedConcurrentExecutions) < 1:
			n++
		}
	}
	return n, nil
}
