package doctor

import "github.com/aws/aws-sdk-go-v2/aws"

// keyNeed is what a key's policy must let somebody do.
type keyNeed struct {
	principal string // a service's, or the ARN of the account's root
	actions   []string
	// asked are the condition keys of the requests that will come, by names in lower case.
	asked     []map[string]string
	loss      string // what happens otherwise
	statement keyStatement
}

// needs of a key, of which docs/security.md tells people.
func (k key) needs(f *facts) []keyNeed {
	p := placeOf(k.arn)
	if f.service != nil && aws.ToString(f.service.ServiceArn) != "" {
		p.account = placeOf(*f.service.ServiceArn).account // the key may be another account's
	}
	own := keyNeed{
		principal: "arn:" + p.partition + ":iam::" + p.account + ":root", statement: p.ownStatement(),
		actions: []string{"kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:DescribeKey"},
		asked:   []map[string]string{{"kms:calleraccount": p.account, "aws:principalaccount": p.account, "aws:principalisawsservice": "false"}},
		loss: "no IAM policy of the account counts, neither that of the roles which the stacks make nor CloudFormation's, " +
			"and whom the key does not name itself may not use it",
	}
	if k.setting != "platform.key" {
		own.actions = []string{"kms:CreateGrant", "kms:DescribeKey"}
		own.loss = "who deploys the stacks may not make repositories under it"
		return []keyNeed{own}
	}
	all := []keyNeed{own, p.ofLogs(f), p.ofEvents(f)}
	if f.topic == "new" {
		all = append(all, p.ofAlarms(f))
	}
	return all
}

func (p keyPlace) arn(service, rest string) string {
	return "arn:" + p.partition + ":" + service + ":" + p.region + ":" + p.account + ":" + rest
}

// by is what a request of a service tells, for a resource and in an encryption context.
func (p keyPlace) by(service, source, context, about string) map[string]string {
	return map[string]string{
		"aws:sourceaccount": p.account, "aws:sourcearn": source, "aws:principalservicename": service, "aws:principalisawsservice": "true",
		"kms:encryptioncontext:" + context: about,
	}
}

func (p keyPlace) ofLogs(f *facts) keyNeed {
	statement := p.logsStatement()
	n := keyNeed{
		principal: statement.Principal["Service"], statement: statement,
		actions: []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"},
		loss:    "log groups cannot be made under it, and the update of the stack is refused",
	}
	for _, group := range []string{f.names.LogGroup, "/aws/lambda/" + f.names.ReleaseFunction, "/aws/lambda/" + f.names.VerifyFunction, "/aws/lambda/" + f.names.ReportFunction} {
		arn := p.arn("logs", "log-group:"+group)
		n.asked = append(n.asked, p.by(n.principal, arn, "aws:logs:arn", arn))
	}
	return n
}

func (p keyPlace) ofEvents(f *facts) keyNeed {
	statement := eventsStatement()
	return keyNeed{
		principal: statement.Principal["Service"], statement: statement, actions: statement.Action,
		asked: []map[string]string{p.by("events.amazonaws.com", p.arn("events", "rule/"+f.names.Stack+"-pushes"), "aws:sqs:arn", p.arn("sqs", f.names.Stack+"-events-dlq"))},
		loss:  "an event that a function could not be given is lost instead of lying in the dead-letter queue",
	}
}

func (p keyPlace) ofAlarms(f *facts) keyNeed {
	statement := alarmsStatement()
	return keyNeed{
		principal: statement.Principal["Service"], statement: statement, actions: statement.Action,
		asked: []map[string]string{p.by("cloudwatch.amazonaws.com", p.arn("cloudwatch", "alarm:"+f.names.Alarms[0]), "aws:sns:topicarn", p.arn("sns", f.platform+"-alarms"))},
		loss:  "alarms that go off tell nobody",
	}
}
