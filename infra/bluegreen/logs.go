package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// Logs say how log groups are kept.
type Logs struct {
	// Days that a line is kept.
	Days int
	// Key is the ARN of a KMS key, empty for CloudWatch Logs' own.
	Key string
	// Keep leaves the group behind when its stack goes.
	Keep bool
}

// LogsOf are those of a platform, with its key where there is one.
func LogsOf(p config.Platform) Logs {
	return Logs{Days: p.LogRetentionDays, Key: p.Key, Keep: p.KeepLogs}
}

// NewLogs is the name of a new log group.
func NewLogs(scope constructs.Construct, id, name string, logs Logs) *string {
	group := awslogs.NewCfnLogGroup(scope, jsii.String(id), &awslogs.CfnLogGroupProps{
		LogGroupName: jsii.String(name), RetentionInDays: jsii.Number(logs.Days), KmsKeyId: given(logs.Key),
	})
	if logs.Keep {
		group.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	}
	return group.Ref()
}
