package iam

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
)

// ecr adds repositories and images.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
func (t table) ecr() {
	const service, repository = "ecr", "repository/"
	on(t, service, func(a asking, in *ecr.CreateRepositoryInput) []need {
		tags := map[string]string{}
		for _, tag := range in.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		n := a.needs(service, part(repository, in.RepositoryName))[0].tagged(tags)
		if len(tags) == 0 {
			return []need{n}
		}
		return []need{n, n.as("ecr:TagResource")}
	})
	onEach(t, service, func(in *ecr.DescribeRepositoriesInput) []string {
		if len(in.RepositoryNames) == 0 {
			return []string{repository + "*"}
		}
		return parts(repository, in.RepositoryNames)
	})
	onAny[ecr.GetAuthorizationTokenInput](t, service)
	onEach(t, service, func(in *ecr.DeleteRepositoryInput) []string { return part(repository, in.RepositoryName) })
	onEach(t, service, func(in *ecr.PutImageTagMutabilityInput) []string { return part(repository, in.RepositoryName) })
	onEach(t, service, func(in *ecr.PutLifecyclePolicyInput) []string { return part(repository, in.RepositoryName) })
	onEach(t, service, func(in *ecr.GetLifecyclePolicyInput) []string { return part(repository, in.RepositoryName) })
	onEach(t, service, func(in *ecr.ListTagsForResourceInput) []string { return part("", in.ResourceArn) })
	onEach(t, service, func(in *ecr.DescribeImagesInput) []string { return part(repository, in.RepositoryName) })
	onEach(t, service, func(in *ecr.ListImagesInput) []string { return part(repository, in.RepositoryName) })
	onEach(t, service, func(in *ecr.BatchGetImageInput) []string { return part(repository, in.RepositoryName) })
	onEach(t, service, func(in *ecr.GetDownloadUrlForLayerInput) []string { return part(repository, in.RepositoryName) })
	onEach(t, service, func(in *ecr.PutImageInput) []string { return part(repository, in.RepositoryName) })
	onEach(t, service, func(in *ecr.StartImageScanInput) []string { return part(repository, in.RepositoryName) })
	onEach(t, service, func(in *ecr.DescribeImageScanFindingsInput) []string { return part(repository, in.RepositoryName) })
	onEach(t, service, func(in *ecr.BatchDeleteImageInput) []string { return part(repository, in.RepositoryName) })
}

// monitoring adds CloudWatch's alarms, dashboards and metrics; metrics know no resource.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
func (t table) monitoring() {
	const service, alarm = "monitoring", "alarm:"
	on(t, service, func(a asking, in *cloudwatch.PutMetricAlarmInput) []need {
		tags := map[string]string{}
		for _, tag := range in.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		n := a.needs(service, part(alarm, in.AlarmName))[0].tagged(tags)
		if len(tags) == 0 {
			return []need{n}
		}
		return []need{n, n.as("cloudwatch:TagResource")}
	})
	// Alarms that are asked for by prefix, or all of them, are alarm:*
	// (https://github.com/aws-samples/amazon-cloudwatch-auto-alarms/issues/1); what names ask for AWS does not say.
	onEach(t, service, func(in *cloudwatch.DescribeAlarmsInput) []string {
		if len(in.AlarmNames) == 0 {
			return []string{alarm + "*"}
		}
		return parts(alarm, in.AlarmNames)
	})
	onEach(t, service, func(in *cloudwatch.SetAlarmStateInput) []string { return part(alarm, in.AlarmName) })
	onEach(t, service, func(in *cloudwatch.DeleteAlarmsInput) []string { return parts(alarm, in.AlarmNames) })
	on(t, service, func(a asking, in *cloudwatch.PutMetricDataInput) []need {
		return []need{a.need("*").with("cloudwatch:namespace", aws.ToString(in.Namespace))}
	})
	onAny[cloudwatch.GetMetricStatisticsInput](t, service)
	onAny[cloudwatch.ListMetricsInput](t, service)
	// A dashboard's ARN names no region.
	dashboards := func(a asking, names ...string) (out []need) {
		for _, name := range names {
			out = append(out, a.need("arn:aws:cloudwatch::"+a.account+":dashboard/"+name))
		}
		return out
	}
	on(t, service, func(a asking, in *cloudwatch.PutDashboardInput) []need {
		return dashboards(a, aws.ToString(in.DashboardName))
	})
	on(t, service, func(a asking, in *cloudwatch.GetDashboardInput) []need {
		return dashboards(a, aws.ToString(in.DashboardName))
	})
	on(t, service, func(a asking, in *cloudwatch.DeleteDashboardsInput) []need {
		return dashboards(a, in.DashboardNames...)
	})
	onAny[cloudwatch.ListDashboardsInput](t, service)
}

// logs adds groups and streams. A group's ARN ends in an empty stream here, so that both log-group:<name>:* and
// log-group:* match it, as in AWS.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
func (t table) logs() {
	const service = "logs"
	on(t, service, func(a asking, in *cloudwatchlogs.CreateLogGroupInput) []need {
		n := a.needs(service, logGroup(in.LogGroupName, nil))[0].tagged(in.Tags)
		if len(in.Tags) == 0 {
			return []need{n}
		}
		return []need{n, n.as("logs:TagResource")}
	})
	onEach(t, service, func(*cloudwatchlogs.DescribeLogGroupsInput) []string { return []string{"log-group::log-stream:"} })
	onEach(t, service, func(in *cloudwatchlogs.DeleteLogGroupInput) []string { return logGroup(in.LogGroupName, nil) })
	onEach(t, service, func(in *cloudwatchlogs.PutRetentionPolicyInput) []string { return logGroup(in.LogGroupName, nil) })
	onEach(t, service, func(in *cloudwatchlogs.DeleteRetentionPolicyInput) []string { return logGroup(in.LogGroupName, nil) })
	onEach(t, service, func(in *cloudwatchlogs.AssociateKmsKeyInput) []string {
		return logGroup(in.LogGroupName, in.ResourceIdentifier)
	})
	onEach(t, service, func(in *cloudwatchlogs.DisassociateKmsKeyInput) []string {
		return logGroup(in.LogGroupName, in.ResourceIdentifier)
	})
	onEach(t, service, func(in *cloudwatchlogs.DescribeLogStreamsInput) []string {
		return logGroup(in.LogGroupName, in.LogGroupIdentifier)
	})
	onEach(t, service, func(in *cloudwatchlogs.FilterLogEventsInput) []string {
		return logGroup(in.LogGroupName, in.LogGroupIdentifier)
	})
	onEach(t, service, func(in *cloudwatchlogs.CreateLogStreamInput) []string { return logGroup(in.LogGroupName, nil) })
	onEach(t, service, func(in *cloudwatchlogs.DeleteLogStreamInput) []string {
		return logStream(in.LogGroupName, nil, in.LogStreamName)
	})
	onEach(t, service, func(in *cloudwatchlogs.PutLogEventsInput) []string {
		return logStream(in.LogGroupName, nil, in.LogStreamName)
	})
	onEach(t, service, func(in *cloudwatchlogs.GetLogEventsInput) []string {
		return logStream(in.LogGroupName, in.LogGroupIdentifier, in.LogStreamName)
	})
}

// logGroup's part of its ARN, by name or by an identifier, which may be an ARN.
func logGroup(name, identifier *string) []string { return logStream(name, identifier, nil) }

func logStream(group, identifier, stream *string) []string {
	if aws.ToString(group) == "" {
		group = identifier
	}
	out := part("log-group:", group)
	if out[0] != "" {
		out[0] += ":log-stream:" + aws.ToString(stream)
	}
	return out
}

// cloudformation adds stacks.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
func (t table) cloudformation() {
	onEach(t, "cloudformation", func(in *cloudformation.DescribeStacksInput) []string {
		if in.StackName == nil {
			return []string{"stack/*/*"}
		}
		return stackPart(in.StackName)
	})
	const service = "cloudformation"
	onEach(t, service, func(in *cloudformation.ListStackResourcesInput) []string { return stackPart(in.StackName) })
	onEach(t, service, func(in *cloudformation.CreateStackInput) []string { return stackPart(in.StackName) })
	onEach(t, service, func(in *cloudformation.UpdateStackInput) []string { return stackPart(in.StackName) })
	onEach(t, service, func(in *cloudformation.DeleteStackInput) []string { return stackPart(in.StackName) })
	onEach(t, service, func(in *cloudformation.ContinueUpdateRollbackInput) []string { return stackPart(in.StackName) })
	onEach(t, service, func(in *cloudformation.DescribeStackEventsInput) []string { return stackPart(in.StackName) })
	onEach(t, service, func(in *cloudformation.DescribeStackResourcesInput) []string { return stackPart(in.StackName) })
	onEach(t, service, func(in *cloudformation.GetTemplateInput) []string { return stackPart(in.StackName) })
	onAny[cloudformation.ListStacksInput](t, service)
	onAny[cloudformation.ListExportsInput](t, service)
	onAny[cloudformation.ListImportsInput](t, service)
}

func stackPart(name *string) []string {
	out := part("stack/", name)
	if out[0] != "" && out[0] != aws.ToString(name) {
		out[0] += "/*"
	}
	return out
}
