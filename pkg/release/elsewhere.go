package release

import (
	"fmt"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// admitted says what is missing when another account's repository does not let the function in.
func admitted(r config.Repository, err error) error {
	if r.Account == "" || err == nil || !refused(err) {
		return err
	}
	return fmt.Errorf("%w; the policy of that repository must allow this function's role ecr:DescribeImages and ecr:BatchGetImage (and ecr:DescribeImageScanFindings for the scan gate, ecr:GetDownloadUrlForLayer for a version that is the image's revision), and the tasks' execution role to pull", err)
}
