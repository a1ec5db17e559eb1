package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// QueuesProps name a service's dead-letter queues.
type QueuesProps struct {
	Names config.Names
}

// Queues are where events go that nobody could take: from rules and schedule, and from each function when its
// retries are used up. Two kinds are needed because EventBridge has done its part once Lambda has queued an event.
type Queues struct {
	Events, Release, Verify awssqs.CfnQueue
}

// NewQueues are encrypted with SQS's own keys and keep a message for as long as SQS can.
func NewQueues(scope constructs.Construct, id string, props QueuesProps) Queues {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	queue := func(id, of string) awssqs.CfnQueue {
		return awssqs.NewCfnQueue(scope, jsii.String(id), &awssqs.CfnQueueProps{
			QueueName:              jsii.String(props.Names.Stack + "-" + of + "-dlq"),
			SqsManagedSseEnabled:   jsii.Bool(true),
			MessageRetentionPeriod: jsii.Number(14 * 24 * 60 * 60),
		})
	}
	return Queues{Events: queue("Events", "events"), Release: queue("Release", Release), Verify: queue("Verify", Verify)}
}
