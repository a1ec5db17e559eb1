package contract

// sections are the table, kept by hand: a test tells when an operation is registered that is not in it.
var sections = []Section{
	{
		Name: "Application Auto Scaling", Service: "application-autoscaling",
		Source: "https://docs.aws.amazon.com/autoscaling/application/APIReference/",
		Documented: []string{
			"DeleteScalingPolicy", "DeregisterScalableTarget", "DescribeScalableTargets",
		},
		Simplified: map[string]string{
			"DescribeScalingActivities": "what was scaled, not what was not",
			"DescribeScalingPolicies":   "target tracking; no alarms, the metric itself is looked at",
			"PutScalingPolicy":          "target tracking of one metric or of a sum; no alarms, the metric itself is looked at",
			"RegisterScalableTarget":    "ECS services; no tags",
		},
	},
	{
		Name: "CloudFormation", Service: "cloudformation",
		Source: "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/",
		Documented: []string{
			"ContinueUpdateRollback", "DeleteStack", "DescribeStackEvents", "DescribeStackResources", "GetTemplate",
			"ListExports", "ListImports", "ListStackResources", "ListStacks",
		},
		Simplified: map[string]string{
			"CreateStack":    "JSON templates; the resource types that the slice needs",
			"DescribeStacks": "no drift, stack sets or nested stacks",
			"UpdateStack":    "JSON templates; the resource types that the slice needs",
		},
	},
	{
		Name: "CloudWatch", Service: "monitoring",
		Source: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/",
		Documented: []string{
			"DeleteAlarms", "DeleteDashboards", "DescribeAlarms", "GetDashboard", "ListDashboards", "ListMetrics", "SetAlarmState",
		},
		Simplified: map[string]string{
			"PutDashboard":        "the body's structure is checked; metrics explorers and variables are taken as they are",
			"GetMetricStatistics": "no percentiles",
			"PutMetricAlarm":      "one metric; no expressions, percentiles or composite alarms; of actions, telling a topic",
			"PutMetricData":       "single values and statistic sets",
		},
	},
	{
		Name: "CloudWatch Logs", Service: "logs",
		Source: "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/",
		Documented: []string{
			"CreateLogStream", "DeleteLogGroup", "DeleteLogStream", "DeleteRetentionPolicy", "DescribeLogGroups",
			"DescribeLogStreams", "GetLogEvents", "PutLogEvents",
		},
		Simplified: map[string]string{
			"AssociateKmsKey":    "the key is asked and nothing encrypted; the results of queries have no key",
			"CreateLogGroup":     "standard class",
			"DisassociateKmsKey": "as AssociateKmsKey",
			"FilterLogEvents":    "filters of words",
			"PutRetentionPolicy": "kept; nothing expires",
		},
	},
	{
		Name: "CodeDeploy", Service: "codedeploy",
		Source: "https://docs.aws.amazon.com/codedeploy/latest/APIReference/",
		Documented: []string{
			"BatchGetApplications", "BatchGetDeploymentGroups", "BatchGetDeploymentTargets", "BatchGetDeployments",
			"ContinueDeployment", "DeleteApplication", "DeleteDeploymentConfig", "DeleteDeploymentGroup",
			"GetApplication", "GetDeployment", "GetDeploymentConfig", "GetDeploymentGroup", "GetDeploymentTarget",
			"ListApplicationRevisions", "ListApplications", "ListDeploymentConfigs", "ListDeploymentGroups",
			"ListDeployments", "ListTagsForResource", "PutLifecycleEventHookExecutionStatus",
			"RegisterApplicationRevision", "SkipWaitTimeForInstanceTermination", "StopDeployment", "TagResource",
			"UntagResource", "UpdateApplication",
		},
		Simplified: map[string]string{
			"BatchGetApplicationRevisions": "revisions known by their content",
			"CreateApplication":            "ECS platform only",
			"CreateDeployment":             "AppSpecContent revisions; S3 and GitHub are refused or fail",
			"CreateDeploymentConfig":       "ECS platform only: traffic routing",
			"CreateDeploymentGroup":        "ECS platform only",
			"GetApplicationRevision":       "revisions known by their content",
			"ListDeploymentTargets":        "ECS targets only",
			"UpdateDeploymentGroup":        "ECS platform only",
		},
	},
	{
		Name: "ECR", Service: "ecr",
		Source: "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/",
		Documented: []string{
			"BatchDeleteImage", "DeleteRepository", "DescribeImages", "DescribeRepositories", "GetLifecyclePolicy",
			"ListImages", "ListTagsForResource", "PutImage", "PutImageTagMutability",
		},
		Simplified: map[string]string{
			"BatchGetImage":             "the formats in which images were pushed",
			"CreateRepository":          "encryption is kept and has no effect",
			"DescribeImageScanFindings": "basic scanning; finds what the sandbox is told to",
			"GetAuthorizationToken":     "for the registry on the endpoint",
			"GetDownloadUrlForLayer":    "the address is the endpoint's own, good for an hour",
			"StartImageScan":            "basic scanning; finds what the sandbox is told to",
			"PutLifecyclePolicy":        "kept; no image expires",
		},
	},
	{
		Name: "ECS", Service: "ecs",
		Source: "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/",
		Documented: []string{
			"DeleteCluster", "DeleteService", "DeleteTaskSet", "DeregisterTaskDefinition", "DescribeClusters",
			"DescribeServices", "DescribeTaskDefinition", "DescribeTaskSets", "DescribeTasks", "ListClusters",
			"ListServices", "ListTagsForResource", "ListTaskDefinitions", "ListTasks", "TagResource",
			"UntagResource", "UpdateServicePrimaryTaskSet", "UpdateTaskSet",
		},
		Simplified: map[string]string{
			"CreateCluster":          "insights and configuration are kept and have no effect",
			"CreateService":          "CODE_DEPLOY controller, Fargate, at most one load balancer",
			"CreateTaskSet":          "services of the CODE_DEPLOY controller",
			"RegisterTaskDefinition": "Fargate; volumes and sidecars of AWS have no effect",
			"StopTask":               "tasks of services; RunTask is absent",
			"UpdateService":          "CODE_DEPLOY controller",
		},
	},
	{
		Name: "Elastic Load Balancing", Service: "elasticloadbalancing",
		Source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/",
		Documented: []string{
			"AddListenerCertificates", "AddTags", "DeleteListener", "DeleteLoadBalancer", "DeleteRule", "DeleteTargetGroup",
			"DeregisterTargets", "DescribeListenerCertificates", "DescribeListeners", "DescribeLoadBalancerAttributes", "DescribeLoadBalancers",
			"DescribeRules", "DescribeTags", "DescribeTargetGroupAttributes", "DescribeTargetGroups",
			"DescribeTargetHealth", "RemoveListenerCertificates", "RemoveTags",
		},
		Simplified: map[string]string{
			"CreateListener":               "HTTP and HTTPS; ciphers are Go's",
			"CreateLoadBalancer":           "application load balancers",
			"CreateRule":                   "one action; no regular expressions",
			"CreateTargetGroup":            "HTTP/1.1, targets by IP address",
			"ModifyListener":               "HTTP and HTTPS; ciphers are Go's",
			"ModifyLoadBalancerAttributes": "most attributes are kept and have no effect",
			"ModifyRule":                   "one action; no regular expressions",
			"ModifyTargetGroup":            "HTTP/1.1",
			"ModifyTargetGroupAttributes":  "most attributes are kept and have no effect",
			"RegisterTargets":              "targets by IP address",
		},
	},
	{
		Name: "EventBridge", Service: "events",
		Source: "https://docs.aws.amazon.com/eventbridge/latest/APIReference/",
		Documented: []string{
			"DeleteRule", "DescribeRule", "DisableRule", "EnableRule", "ListRuleNamesByTarget", "ListTargetsByRule",
			"RemoveTargets", "TestEventPattern",
		},
		Simplified: map[string]string{
			"ListRules":  "the default event bus",
			"PutEvents":  "the default event bus",
			"PutRule":    "the default event bus",
			"PutTargets": "Lambda functions, SQS queues and SNS topics",
		},
	},
	{
		Name: "EventBridge Scheduler", Service: "scheduler",
		Source: "https://docs.aws.amazon.com/scheduler/latest/APIReference/",
		Documented: []string{
			"DeleteSchedule", "GetSchedule", "ListSchedules",
		},
		Simplified: map[string]string{
			"CreateSchedule":     "the default group; Lambda, SQS and SNS as targets",
			"GetScheduleGroup":   "the default group",
			"ListScheduleGroups": "the default group",
			"UpdateSchedule":     "the default group; Lambda, SQS and SNS as targets",
		},
	},
	{
		Name: "IAM", Service: "iam",
		Source: "https://docs.aws.amazon.com/IAM/latest/APIReference/",
		Documented: []string{
			"AttachRolePolicy", "CreateRole", "DeletePolicy", "DeleteRole", "DeleteRolePolicy", "DetachRolePolicy",
			"GetPolicy", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies", "ListRoleTags",
			"ListRoles", "PutRolePolicy", "TagRole", "UntagRole", "UpdateAssumeRolePolicy",
		},
		Simplified: map[string]string{
			"CreatePolicy":     "one version",
			"GetPolicyVersion": "one version",
		},
	},
	{
		Name: "Lambda", Service: "lambda",
		Source: "https://docs.aws.amazon.com/lambda/latest/api/",
		Documented: []string{
			"AddPermission", "DeleteFunction", "DeleteFunctionConcurrency", "DeleteFunctionEventInvokeConfig",
			"GetFunctionConcurrency", "GetFunctionEventInvokeConfig", "GetPolicy", "ListFunctions",
			"PutFunctionConcurrency", "PutFunctionEventInvokeConfig", "RemovePermission",
			"UpdateFunctionConfiguration",
		},
		Simplified: map[string]string{
			"CreateFunction":           "OS-only runtimes; code from the assembly by S3 key",
			"GetAccountSettings":       "the default quotas",
			"GetFunction":              "$LATEST",
			"GetFunctionConfiguration": "$LATEST",
			"Invoke":                   "$LATEST; no response streams",
			"UpdateFunctionCode":       "code from the assembly by S3 key; $LATEST",
		},
	},
	{
		Name: "Key Management Service", Service: "kms",
		Source: "https://docs.aws.amazon.com/kms/latest/APIReference/",
		Documented: []string{
			"CancelKeyDeletion", "DisableKey", "EnableKey", "GetKeyPolicy", "ListKeys", "RevokeGrant",
		},
		Simplified: map[string]string{
			"CreateGrant":         "no source, and the token is not needed",
			"CreateKey":           "of one Region, with KMS's own material; others than symmetric ones encrypt nothing",
			"Decrypt":             "symmetric keys; no aliases",
			"DescribeKey":         "no aliases and no rotation",
			"Encrypt":             "symmetric keys; no aliases",
			"GenerateDataKey":     "no recipients; no aliases",
			"ListGrants":          "in one page",
			"PutKeyPolicy":        "whoever puts it may lock himself out",
			"ScheduleKeyDeletion": "the key is never gone for good",
		},
	},
	{
		Name: "Secrets Manager", Service: "secretsmanager",
		Source: "https://docs.aws.amazon.com/secretsmanager/latest/apireference/",
		Simplified: map[string]string{
			"CreateSecret":   "one version of text",
			"DeleteSecret":   "gone at once",
			"GetSecretValue": "the one version",
		},
	},
	{
		Name: "Systems Manager", Service: "ssm",
		Source: "https://docs.aws.amazon.com/systems-manager/latest/APIReference/",
		Simplified: map[string]string{
			"DeleteParameter": "the newest version is the only one",
			"GetParameter":    "the newest version; without decryption a secure string answers nothing of its value",
			"PutParameter":    "one version of text; no tiers, policies, tags or keys",
		},
	},
	{
		Name: "SNS", Service: "sns",
		Source: "https://docs.aws.amazon.com/sns/latest/api/",
		Documented: []string{
			"DeleteTopic", "ListTopics", "ListSubscriptionsByTopic", "Unsubscribe",
		},
		Simplified: map[string]string{
			"CreateTopic":        "no FIFO topics; the policy and the key decide, other attributes are told",
			"GetTopicAttributes": "what was set, the owner and the policy",
			"Publish":            "to topics; nothing is signed, and the key of a topic is asked and nothing encrypted",
			"SetTopicAttributes": "the policy and the key decide; the display name is told",
			"Subscribe":          "SQS queues, without attributes",
		},
	},
	{
		Name: "SQS", Service: "sqs",
		Source: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/",
		Documented: []string{
			"ChangeMessageVisibility", "DeleteMessage", "DeleteMessageBatch", "DeleteQueue", "GetQueueAttributes",
			"GetQueueUrl", "ListQueueTags", "ListQueues", "PurgeQueue", "ReceiveMessage", "SendMessage",
			"SendMessageBatch",
		},
		Simplified: map[string]string{
			"CreateQueue":        "no FIFO queues",
			"SetQueueAttributes": "no FIFO queues",
		},
	},
	{
		Name: "STS", Service: "sts",
		Source: "https://docs.aws.amazon.com/STS/latest/APIReference/",
		Documented: []string{
			"GetCallerIdentity",
		},
		Simplified: map[string]string{
			"AssumeRole": "session policies are not looked at",
		},
	},
}
