package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// identity is who deploys, and with which partition's ARNs.
type identity struct {
	account, arn string
}

// credentials have to work, in the account and region that the configuration names, if it names them.
func (c Clients) credentials(ctx context.Context, p Plan) (identity, []Finding) {
	if p.Region == "" {
		return identity{}, []Finding{{Check: "region", Status: Blocked, Evidence: "no AWS region is set",
			Fix: "export AWS_REGION=… or set platform.region"}}
	}
	out, err := c.Caller.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return identity{}, []Finding{unusable(err)}
	}
	who := identity{account: aws.ToString(out.Account), arn: aws.ToString(out.Arn)}
	found := []Finding{ready("credentials", "they are %s", who.arn)}
	if want := p.Config.Platform.Account; want != "" && want != who.account {
		found[0] = Finding{Check: "credentials", Status: Blocked,
			Evidence: fmt.Sprintf("they are %s, of account %s, but platform.account is %s", who.arn, who.account, want),
			Fix:      "use credentials of account " + want + " (AWS_PROFILE=…), or correct platform.account"}
	}
	region := ready("region", "it is %s", p.Region)
	if p.Surroundings != "" && p.Surroundings != p.Region {
		region = Finding{Check: "region", Status: Warning,
			Evidence: fmt.Sprintf("platform.region deploys to %s, but the environment's region is %s, where `cutover status` would look", p.Region, p.Surroundings),
			Fix:      "export AWS_REGION=" + p.Region}
	}
	return who, append(found, region)
}

// unusable tells credentials that AWS refuses from credentials that are not there or an AWS that does not answer.
func unusable(err error) Finding {
	f := Finding{Check: "credentials", Status: Blocked}
	var refused smithy.APIError
	if errors.As(err, &refused) {
		f.Evidence = fmt.Sprintf("AWS refuses them: %s: %s", refused.ErrorCode(), refused.ErrorMessage())
		f.Fix = "log in again (aws sso login, or fresh keys) and see that the clock of this machine is right"
		return f
	}
	f.Evidence = "AWS could not be asked who this is: " + err.Error()
	if strings.Contains(err.Error(), "credentials") {
		f.Fix = "give credentials: export AWS_PROFILE=…, run aws configure or aws sso login, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
	} else {
		f.Fix = "see that this machine reaches AWS, and that AWS_ENDPOINT_URL is not set to a sandbox that has ended"
	}
	return f
}
