package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// TopicProps describe a topic for alarms.
type TopicProps struct {
	// Platform prefixes its name and the export by which the service stacks find it.
	Platform string
	// Key is the ARN of a KMS key whose policy admits CloudWatch; empty for none: alarms cannot use SNS's own.
	Key string
}

// NewTopic is told when an alarm goes off. CloudWatch of this account publishes to it, and nobody does without TLS.
func NewTopic(scope constructs.Construct, id string, props TopicProps) {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	topic := awssns.NewCfnTopic(scope, jsii.String("Topic"), &awssns.CfnTopicProps{
		TopicName: jsii.String(props.Platform + "-alarms"), KmsMasterKeyId: given(props.Key),
	})
	awssns.NewCfnTopicPolicy(scope, jsii.String("Policy"), &awssns.CfnTopicPolicyProps{
		Topics: &[]*string{topic.Ref()},
		PolicyDocument: document(
			map[string]any{
				"Effect": "Allow", "Principal": map[string]any{"Service": "cloudwatch.amazonaws.com"},
				"Action": "sns:Publish", "Resource": topic.Ref(), "Condition": from(arn("cloudwatch", "alarm:*")),
			},
			insecure("sns:Publish", topic.Ref()),
		),
	})
	export(scope, "Arn", topicExport(props.Platform), topic.Ref())
}

// TopicOf is the ARN of the topic that a platform's alarms tell; empty for none.
func TopicOf(p config.Platform) string {
	if p.Topic == "new" {
		return imported(topicExport(p.Name))
	}
	return p.Topic
}

func topicExport(platform string) string { return platform + "-alarms-topic" }

// insecure denies an action to whoever does not come by TLS.
func insecure(action string, resources ...*string) map[string]any {
	return map[string]any{
		"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": action, "Resource": resources,
		"Condition": Condition{"Bool": {"aws:SecureTransport": "false"}},
	}
}
