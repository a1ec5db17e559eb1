package bluegreen

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// QueuesProps name a service's dead-letter queues.
type QueuesProps struct {
	Names config.Names
	// Key is the ARN of a KMS key, empty for SQS's own.
	Key string
	// Keep leaves the queues behind when their stack goes.
	Keep bool
}

// Queues are where events go that nobody could take: from rules and schedule, and from each function when its
// retries are used up. Two kinds are needed because EventBridge has done its part once Lambda has queued an event.
type Queues struct {
	Events, Release, Verify awssqs.CfnQueue
}

// keyReuse is how long SQS uses one data key: a dead letter is rare, and KMS is paid by the call.
const keyReuse = time.Hour

// NewQueues are encrypted, with SQS's own keys unless one is given, and keep a message for as long as SQS can.
func NewQueues(scope constructs.Construct, id string, props QueuesProps) Queues {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	queue := func(id, of string) awssqs.CfnQueue {
		p := &awssqs.CfnQueueProps{
			QueueName:              jsii.String(props.Names.Stack + "-" + of + "-dlq"),
			MessageRetentionPeriod: jsii.Number(14 * 24 * 60 * 60),
		}
		if props.Key == "" {
			p.SqsManagedSseEnabled = jsii.Bool(true)
		} else {
			p.KmsMasterKeyId, p.KmsDataKeyReusePeriodSeconds = jsii.String(props.Key), jsii.Number(keyReuse.Seconds())
		}
		q := awssqs.NewCfnQueue(scope, jsii.String(id), p)
		if props.Keep {
			q.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
		}
		return q
	}
	return Queues{Events: queue("Events", "events"), Release: queue("Release", Release), Verify: queue("Verify", Verify)}
}
