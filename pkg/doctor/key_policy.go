package doctor

import (
	"encoding/json"
	"strings"
)

// keyStatement is a statement of a KMS key's policy.
type keyStatement struct {
	Sid       string                       `json:",omitempty"`
	Effect    string                       `json:",omitempty"`
	Principal map[string]string            `json:",omitempty"`
	Action    []string                     `json:",omitempty"`
	Resource  string                       `json:",omitempty"`
	Condition map[string]map[string]string `json:",omitempty"`
}

// String is the statement ready to paste.
func (s keyStatement) String() string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // it is texts
	}
	return string(text)
}

// keyPlace is where a key is used.
type keyPlace struct{ partition, region, account string }

// placeOf is what a resource's ARN tells; empty for what is none.
func placeOf(arn string) keyPlace {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return keyPlace{}
	}
	return keyPlace{parts[1], parts[3], parts[4]}
}

// ownStatement lets the account's IAM policies count, without which no role's own policy does
// (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
func (p keyPlace) ownStatement() keyStatement {
	return keyStatement{
		Sid: "Account", Effect: "Allow", Principal: map[string]string{"AWS": "arn:" + p.partition + ":iam::" + p.account + ":root"},
		Action: []string{"kms:*"}, Resource: "*",
	}
}

// logsStatement lets CloudWatch Logs put log groups of the account under the key
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).
func (p keyPlace) logsStatement() keyStatement {
	return keyStatement{
		Sid: "Logs", Effect: "Allow", Principal: map[string]string{"Service": "logs." + p.region + ".amazonaws.com"}, Resource: "*",
		Action: []string{"kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"},
		Condition: map[string]map[string]string{"ArnLike": {
			"kms:EncryptionContext:aws:logs:arn": "arn:" + p.partition + ":logs:" + p.region + ":" + p.account + ":log-group:*",
		}},
	}
}

// sending lets a service fill queues, or tell topics, that are under the key
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html,
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
func sending(sid, service string) keyStatement {
	return keyStatement{
		Sid: sid, Effect: "Allow", Principal: map[string]string{"Service": service}, Action: []string{"kms:GenerateDataKey", "kms:Decrypt"}, Resource: "*",
	}
}

func eventsStatement() keyStatement { return sending("DeadLetters", "events.amazonaws.com") }
func alarmsStatement() keyStatement { return sending("Alarms", "cloudwatch.amazonaws.com") }

// KeyPolicy is a policy by which a key of an account can be platform.key in a region: what docs/security.md lists.
func KeyPolicy(region, account string) string {
	p := keyPlace{"aws", region, account}
	text, err := json.MarshalIndent(map[string]any{
		"Version": "2012-10-17", "Statement": []keyStatement{p.ownStatement(), p.logsStatement(), eventsStatement(), alarmsStatement()},
	}, "", "  ")
	if err != nil {
		panic(err) // it is texts
	}
	return string(text)
}
