package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/cutover-ecs/cutover/docs/transcript"
	"github.com/cutover-ecs/cutover/pkg/doctor"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
)

// keysExamined is what the doctor tells of a service under its owner's keys: pitfall and evidence of each finding, and what it
// could not read.
func (r *room) keysExamined(code int) (live bool, told []string) {
	r.t.Helper()
	out, errout, got := r.run("cutover", "doctor", website, "--json", "--config", "testdata/keyed.json")
	var reports []doctor.Report
	if err := json.Unmarshal([]byte(out), &reports); err != nil || got != code || len(reports) != 1 {
		r.t.Fatalf("it ends with %d: %v: %s%s", got, err, out, errout)
	}
	for _, f := range reports[0].Findings {
		told = append(told, fmt.Sprintf("%d: %s. %s", f.Pitfall, f.Evidence, f.Fix))
	}
	for _, u := range reports[0].Unread {
		told = append(told, fmt.Sprintf("%v: %s", u.Pitfalls, u.Why))
	}
	return reports[0].Live, told
}

// underKeys is what the doctor answers a person.
func (r *room) underKeys() string {
	r.t.Helper()
	out, told, _ := r.run("cutover", "doctor", "--config", "testdata/keyed.json")
	return out + told
}

func TestTheDoctorLooksAtTheKeysOfAPlatform(t *testing.T) {
	t.Parallel()
	r := enter(t, 600, keyed(t))
	r.everyone()
	r.push("v1", r.site(runtime.GOARCH, "SITE_VERSION=v1"), r.password())
	r.goesLive("v1")
	if live, told := r.keysExamined(0); !live || told != nil {
		t.Fatalf("found under a key as it should be: %q", told)
	}
	ctx, keys := t.Context(), kms.NewFromConfig(r.aws)
	tells := func(code int, want ...string) {
		t.Helper()
		_, told := r.keysExamined(code)
		for _, words := range want {
			if !strings.Contains(strings.Join(told, "\n"), words) {
				t.Errorf("%q tells nothing of %s", told, words)
			}
		}
		if len(told) != len(want) {
			t.Errorf("%d are told, not %d: %q", len(told), len(want), told)
		}
	}

	r.admitsAllBut("events.amazonaws.com", "cloudwatch.amazonaws.com", "logs."+sandbox.Region+".amazonaws.com")
	tells(1, "35: the policy of "+ownersKey+" does not let logs."+sandbox.Region+".amazonaws.com take kms:Encrypt, ",
		"does not let events.amazonaws.com take kms:GenerateDataKey, kms:Decrypt: an event", "does not let cloudwatch.amazonaws.com take")
	r.admitsAllBut("cloudwatch.amazonaws.com")
	answersAs(t, "../../docs/security.md", "cutover doctor", r.underKeys())
	r.admitsAllBut()
	tells(0)

	for _, action := range []string{"kms:GetKeyPolicy", "kms:DescribeKey"} {
		gone := r.fault(fault.API{Service: "kms", Action: strings.TrimPrefix(action, "kms:"), Code: "AccessDeniedException", Message: "not authorized to perform: " + action})
		pitfall := map[string]string{"kms:GetKeyPolicy": "[35]: the KMS keys' policies could not be read: ", "kms:DescribeKey": "[34]: the KMS keys could not be read: "}[action]
		tells(2, pitfall)
		gone()
	}

	_, err := keys.DisableKey(ctx, &kms.DisableKeyInput{KeyId: aws.String(ownersKey)})
	r.need(err)
	tells(1, "34: platform.key names "+ownersKey+", which is disabled: functions do not start")
	_, err = keys.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: aws.String(ownersKey)})
	r.need(err)
	tells(1, "34: platform.key names "+ownersKey+", which is to be deleted on ")
}

func TestTheDoctorLooksAtTheKeysBeforeTheStacksStand(t *testing.T) {
	t.Parallel()
	r := builds(t, 600, func(o *sandbox.Options) {
		keyed(t, "logs."+sandbox.Region+".amazonaws.com")(o)
		o.Assembly = nil
		for arn := range o.Keys {
			if arn != ownersKey {
				delete(o.Keys, arn)
			}
		}
	})
	live, told := r.keysExamined(1)
	if live || len(told) != 2 || !strings.Contains(told[0], "34: platform.repositoryKey names") || !strings.Contains(told[0], "there is no such key") ||
		!strings.Contains(told[1], "35: the policy of "+ownersKey+" does not let logs."+sandbox.Region+".amazonaws.com") {
		t.Errorf("%v %q", live, told)
	}
}

func TestTheDocumentedPermissionsOnAKeyAreEnough(t *testing.T) {
	t.Parallel()
	r := enter(t, 600, keyed(t))
	r.everyone()
	ctx, queues := t.Context(), sqs.NewFromConfig(r.aws)
	queue, err := queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(r.names.Stack + "-release-dlq")})
	r.need(err)
	_, err = queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("{}")})
	r.need(err)
	replay := []string{"replay", website, "--yes", "--of", "release", "--config", "testdata/keyed.json"}

	r.operatesWith(operatorsPolicy(t))
	if _, told := r.keysExamined(2); len(told) != 2 {
		t.Errorf("without a permission on the keys: %q", told)
	}
	if out, told, code := r.run("cutover", replay...); code == 0 || !strings.Contains(told, "kms:Decrypt") {
		t.Errorf("a dead letter is read without the key: %d %s%s", code, out, told)
	}
	block, err := transcript.Find("../../docs/operator.md", `{ "Effect": "Allow", "Action": ["kms:`)
	r.need(err)
	more := `{"Version": "2012-10-17", "Statement": [` + strings.Replace(block.Text, `"KEY"`, `["`+ownersKey+`", "`+imagesKey+`"]`, 1) + `]}`
	_, err = iam.NewFromConfig(r.aws).PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("operator"), PolicyName: aws.String("keys"), PolicyDocument: &more})
	r.need(err)
	if _, told := r.keysExamined(0); told != nil {
		t.Errorf("with the permissions on the keys: %q", told)
	}
	if out, told, code := r.run("cutover", replay...); code != 0 {
		t.Errorf("a dead letter cannot be read: %d %s%s", code, out, told)
	}
}
