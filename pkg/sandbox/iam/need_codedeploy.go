package iam

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Resources of CodeDeploy, as its ARNs name them.
const (
	application      = "application:"
	deploymentGroup  = "deploymentgroup:"
	deploymentConfig = "deploymentconfig:"
)

// codedeploy adds applications, groups, configurations and revisions.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html
func (t table) codedeploy() {
	const service = "codedeploy"
	on(t, service, func(a asking, in *codedeploy.CreateApplicationInput) []need {
		return a.tagging(a.needs(service, part(application, in.ApplicationName)), in.Tags)
	})
	onEach(t, service, func(in *codedeploy.UpdateApplicationInput) []string { return part(application, in.ApplicationName) })
	onEach(t, service, func(in *codedeploy.GetApplicationInput) []string { return part(application, in.ApplicationName) })
	onEach(t, service, func(in *codedeploy.DeleteApplicationInput) []string { return part(application, in.ApplicationName) })
	onEach(t, service, func(in *codedeploy.BatchGetApplicationsInput) []string {
		return parts(application, in.ApplicationNames)
	})
	onAny[codedeploy.ListApplicationsInput](t, service)

	on(t, service, func(a asking, in *codedeploy.CreateDeploymentGroupInput) []need {
		out := a.tagging(a.needs(service, group(in.ApplicationName, in.DeploymentGroupName)), in.Tags)
		return append(out, pass("codedeploy.amazonaws.com", aws.ToString(in.ServiceRoleArn))...)
	})
	on(t, service, func(a asking, in *codedeploy.UpdateDeploymentGroupInput) []need {
		out := a.needs(service, group(in.ApplicationName, in.CurrentDeploymentGroupName))
		return append(out, pass("codedeploy.amazonaws.com", aws.ToString(in.ServiceRoleArn))...)
	})
	onEach(t, service, func(in *codedeploy.GetDeploymentGroupInput) []string {
		return group(in.ApplicationName, in.DeploymentGroupName)
	})
	onEach(t, service, func(in *codedeploy.DeleteDeploymentGroupInput) []string {
		return group(in.ApplicationName, in.DeploymentGroupName)
	})
	onEach(t, service, func(in *codedeploy.BatchGetDeploymentGroupsInput) []string {
		return parts(deploymentGroup+aws.ToString(in.ApplicationName)+"/", in.DeploymentGroupNames)
	})
	onEach(t, service, func(in *codedeploy.ListDeploymentGroupsInput) []string { return part(application, in.ApplicationName) })

	onEach(t, service, func(in *codedeploy.CreateDeploymentConfigInput) []string {
		return part(deploymentConfig, in.DeploymentConfigName)
	})
	onEach(t, service, func(in *codedeploy.GetDeploymentConfigInput) []string {
		return part(deploymentConfig, in.DeploymentConfigName)
	})
	onEach(t, service, func(in *codedeploy.DeleteDeploymentConfigInput) []string {
		return part(deploymentConfig, in.DeploymentConfigName)
	})
	onAny[codedeploy.ListDeploymentConfigsInput](t, service)

	onEach(t, service, func(in *codedeploy.RegisterApplicationRevisionInput) []string {
		return part(application, in.ApplicationName)
	})
	onEach(t, service, func(in *codedeploy.GetApplicationRevisionInput) []string {
		return part(application, in.ApplicationName)
	})
	onEach(t, service, func(in *codedeploy.BatchGetApplicationRevisionsInput) []string {
		return part(application, in.ApplicationName)
	})
	onEach(t, service, func(in *codedeploy.ListApplicationRevisionsInput) []string {
		return part(application, in.ApplicationName)
	})

	on(t, service, func(a asking, in *codedeploy.TagResourceInput) []need {
		return []need{a.need(aws.ToString(in.ResourceArn)).tagged(codedeployTags(in.Tags))}
	})
	on(t, service, func(a asking, in *codedeploy.UntagResourceInput) []need {
		return []need{a.need(aws.ToString(in.ResourceArn)).with("aws:TagKeys", in.TagKeys...)}
	})
	onEach(t, service, func(in *codedeploy.ListTagsForResourceInput) []string { return part("", in.ResourceArn) })
}

// deployments adds what is done with deployments. All of it asks for the deployment's group.
//
// The Service Authorization Reference lists no resource for StopDeployment, ContinueDeployment,
// SkipWaitTimeForInstanceTermination, PutLifecycleEventHookExecutionStatus and the deployment targets; CodeDeploy's own
// guide and the policies in AWS's samples name the group, and that is followed here:
// https://docs.aws.amazon.com/codedeploy/latest/userguide/auth-and-access-control-permissions-reference.html
func (t table) deployments() {
	const service = "codedeploy"
	on(t, service, createDeployment)
	onDeployments(t, func(in *codedeploy.GetDeploymentInput) []string { return ids(in.DeploymentId) })
	onDeployments(t, func(in *codedeploy.BatchGetDeploymentsInput) []string { return in.DeploymentIds })
	on(t, service, func(a asking, in *codedeploy.ListDeploymentsInput) []need {
		if in.ApplicationName == nil || in.DeploymentGroupName == nil {
			return []need{a.need("*")}
		}
		return a.needs(service, group(in.ApplicationName, in.DeploymentGroupName))
	})
	onDeployments(t, func(in *codedeploy.GetDeploymentTargetInput) []string { return ids(in.DeploymentId) })
	onDeployments(t, func(in *codedeploy.BatchGetDeploymentTargetsInput) []string { return ids(in.DeploymentId) })
	onDeployments(t, func(in *codedeploy.ListDeploymentTargetsInput) []string { return ids(in.DeploymentId) })
	onDeployments(t, func(in *codedeploy.StopDeploymentInput) []string { return ids(in.DeploymentId) })
	onDeployments(t, func(in *codedeploy.ContinueDeploymentInput) []string { return ids(in.DeploymentId) })
	onDeployments(t, func(in *codedeploy.SkipWaitTimeForInstanceTerminationInput) []string { return ids(in.DeploymentId) })
	onDeployments(t, func(in *codedeploy.PutLifecycleEventHookExecutionStatusInput) []string { return ids(in.DeploymentId) })
}

// createDeployment asks beside the group for the revision, which it registers, and for the configuration. Alarms of
// its own make it a change of the group. CodeDeploy's guide names GetApplicationRevision too, but the policy that AWS
// publishes as the least for a revision given in the call does without:
// https://github.com/aws-actions/amazon-ecs-deploy-task-definition#aws-codedeploy-support
func createDeployment(a asking, in *codedeploy.CreateDeploymentInput) []need {
	const service = "codedeploy"
	out := a.needs(service, group(in.ApplicationName, in.DeploymentGroupName))
	if in.Revision != nil {
		out = append(out, a.needs(service, part(application, in.ApplicationName))[0].as("codedeploy:RegisterApplicationRevision"))
	}
	config := in.DeploymentConfigName
	if config == nil && a.opts.DeploymentConfig != nil {
		config = aws.String(a.opts.DeploymentConfig(aws.ToString(in.ApplicationName), aws.ToString(in.DeploymentGroupName)))
	}
	out = append(out, a.needs(service, part(deploymentConfig, config))[0].as("codedeploy:GetDeploymentConfig"))
	if in.OverrideAlarmConfiguration != nil {
		out = append(out, out[0].as("codedeploy:UpdateDeploymentGroup"))
	}
	return out
}

// onDeployments adds an operation on deployments, which their ids tell. The group of one that is not there cannot be
// told: the operation will say so.
func onDeployments[In any](t table, of func(in *In) []string) {
	on(t, "codedeploy", func(a asking, in *In) []need {
		var groups []string
		for _, id := range of(in) {
			var app, name string
			if a.opts.Deployment != nil {
				app, name = a.opts.Deployment(id)
			}
			groups = append(groups, group(&app, &name)...)
		}
		return a.needs("codedeploy", groups)
	})
}

// ids are one id, or none.
func ids(id *string) []string {
	if id == nil {
		return nil
	}
	return []string{*id}
}

// group's part of its ARN.
func group(application, name *string) []string {
	if aws.ToString(application) == "" {
		return []string{""}
	}
	return part(deploymentGroup+*application+"/", name)
}

// tagging asks in addition to tag what is created, where tags are given.
func (a asking) tagging(out []need, tags []types.Tag) []need {
	if len(tags) == 0 {
		return out
	}
	given := codedeployTags(tags)
	out[0] = out[0].tagged(given)
	return append(out, out[0].as("codedeploy:TagResource"))
}

func codedeployTags(tags []types.Tag) map[string]string {
	return tagsOf(tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
}
