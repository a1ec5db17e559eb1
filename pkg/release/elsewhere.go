package release

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// InRegion is an option of a call that is about a repository in another region.
func InRegion(r config.Repository) func(*ecr.Options) {
	return func(o *ecr.Options) {
		if r.Region != "" {
			o.Region = r.Region
		}
	}
}

// elsewhere is nil for the own account.
func elsewhere(account string) *string {
	if account == "" {
		return nil
	}
	return &account
}

// admitted says what is missing when another account's repository does not let the function in.
func admitted(r config.Repository, err error) error {
	if r.Account == "" || err == nil || !refused(err) {
		return err
	}
	return fmt.Errorf("%w; the policy of that repository must allow this function's role ecr:DescribeImages and ecr:BatchGetImage (and ecr:DescribeImageScanFindings for the scan gate), and the tasks' execution role to pull", err)
}
