package cfn

import "github.com/aws/aws-sdk-go-v2/service/cloudwatch"

// dashboard's body is text in the template as in the call
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-dashboard.html).
func dashboard(c *change) (resource, error) {
	name := c.name("DashboardName")
	_, err := call[cloudwatch.PutDashboardOutput, cloudwatch.PutDashboardInput](c)
	return resource{id: name}, err
}

func updateDashboard(c *change) (resource, error) {
	c.properties["DashboardName"] = c.standing.id
	_, err := call[cloudwatch.PutDashboardOutput, cloudwatch.PutDashboardInput](c)
	return c.standing, err
}

// removeDashboard looks first, because what deletes answers for one that is gone does not say so.
func removeDashboard(c *change) error {
	if err := with[cloudwatch.GetDashboardOutput, cloudwatch.GetDashboardInput](c, map[string]any{"DashboardName": c.standing.id}); err != nil {
		return err
	}
	return with[cloudwatch.DeleteDashboardsOutput, cloudwatch.DeleteDashboardsInput](c, map[string]any{"DashboardNames": []any{c.standing.id}})
}
