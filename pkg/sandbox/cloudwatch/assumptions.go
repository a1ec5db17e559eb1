package cloudwatch

import "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

// What AWS does not document, in one place.

// unknownToDelete answers DeleteDashboards for a dashboard that is not there. The code is the only one that the
// operation's model declares for a caller's mistake; before, it declared ResourceNotFound.
func unknownToDelete(name string) error {
	return &types.InvalidParameterValueException{Message: ptr("Dashboard " + name + " does not exist")}
}

// The words for what is wrong with a dashboard's body, known from reports of refused ones, or of the same kind.
const (
	notJSON  = "The field DashboardBody must be a valid JSON object"
	noSource = "The metric widget should have specified a region and a data source or an alarm annotation"
	needless = "Should NOT have additional properties"
	notAmong = "Should be equal to one of the allowed values"
)
