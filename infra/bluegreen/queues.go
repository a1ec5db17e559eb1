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

// NewQueues are those of one service.
func NewQueues(scope constructs.Construct, id string, props QueuesProps) Queues {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	queue := func(id, of string) awssqs.CfnQueue {
		return newQueue(scope, id, props.Names.Stack+"-"+of+"-dlq", props.Key, props.Keep)
	}
	q := Queues{Events: queue("Events", "events"), Release: queue("Release", Release), Verify: queue("Verify", Verify)}
	// That of the events gets its policy with the rules that fill it, because a queue has one.
	overTLS(scope, "TLSOnly", q.Release, q.Verify)
	return q
}

// newQueue is encrypted, with SQS's own keys unless one is given, and keeps a message for as long as SQS can. A kept one
// outlives its stack.
func newQueue(scope constructs.Construct, id, name, key string, keep bool) awssqs.CfnQueue {
	p := &awssqs.CfnQueueProps{QueueName: jsii.String(name), MessageRetentionPeriod: jsii.Number(14 * 24 * 60 * 60)}
	if key == "" {
		p.SqsManagedSseEnabled = jsii.Bool(true)
	} else {
		p.KmsMasterKeyId, p.KmsDataKeyReusePeriodSeconds = jsii.String(key), jsii.Number(keyReuse.Seconds())
	}
	q := awssqs.NewCfnQueue(scope, jsii.String(id), p)
	if keep {
		q.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	}
	explain(q, explanation{"SQS3", "it is a dead-letter queue itself: a person or cutover replay empties it"})
	return q
}

// fromRules lets rules leave in a queue the events that could not be handed over.
func fromRules(scope constructs.Construct, id string, queue awssqs.CfnQueue, rules []*string) {
	arn := queue.AttrArn()
	awssqs.NewCfnQueuePolicy(scope, jsii.String(id), &awssqs.CfnQueuePolicyProps{
		Queues: &[]*string{queue.Ref()},
		PolicyDocument: document(map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Service": "events.amazonaws.com"},
			"Action": "sqs:SendMessage", "Resource": arn,
			"Condition": Condition{"ArnEquals": {"aws:SourceArn": rules}},
		}, insecure("sqs:*", arn)),
	})
}

// overTLS refuses whoever comes to queues without TLS.
func overTLS(scope constructs.Construct, id string, queues ...awssqs.CfnQueue) {
	var urls, arns []*string
	for _, q := range queues {
		urls, arns = append(urls, q.Ref()), append(arns, q.AttrArn())
	}
	awssqs.NewCfnQueuePolicy(scope, jsii.String(id), &awssqs.CfnQueuePolicyProps{Queues: &urls, PolicyDocument: document(insecure("sqs:*", arns...))})
}
