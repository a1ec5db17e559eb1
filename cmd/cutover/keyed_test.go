package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const (
	ownersKey = "arn:aws:kms:" + sandbox.Region + ":" + sandbox.Account + ":key/0a1b2c3d-0000-11ee-8c99-0242ac120002"
	imagesKey = "arn:aws:kms:" + sandbox.Region + ":" + sandbox.Account + ":key/0a1b2c3d-0000-11ee-8c99-0242ac120003"
	notifier  = "cutover-notify"
)

// keyed is the assembly of testdata/keyed.json, under keys whose policies forget some principals.
func keyed(t *testing.T, forgotten ...string) func(*sandbox.Options) {
	t.Helper()
	c, err := config.Load("testdata/keyed.json", policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *sandbox.Options) {
		o.Assembly, o.Keys = os.DirFS("testdata/keyed"), keys(c)
		o.Objects = map[string]string{"arn:aws:s3:::settings/web.env": "# of the website\nSITE_VERSION=v41\n"}
		o.Keys[ownersKey] = forgetting(o.Keys[ownersKey], forgotten...)
	}
}

// forgetting is a key's policy in which a service's principal is another's.
func forgetting(policy string, principals ...string) string {
	for _, p := range principals {
		policy = strings.ReplaceAll(policy, `"`+p+`"`, `"forgotten.amazonaws.com"`)
	}
	return policy
}

// everyone makes the topic that the configuration takes as being there.
func (r *room) everyone() {
	r.t.Helper()
	_, err := sns.NewFromConfig(r.aws).CreateTopic(r.t.Context(), &sns.CreateTopicInput{Name: aws.String("everyone")})
	r.need(err)
}

// rung: an alarm that goes off tells the platform's topic.
func rung(alarm string) scenario {
	return scenario{"the alarm " + alarm + " tells the topic", func(r *room) error {
		c := cloudwatch.NewFromConfig(r.aws)
		_, seen, _ := r.TrailSince(0)
		for _, state := range []cwtypes.StateValue{cwtypes.StateValueOk, cwtypes.StateValueAlarm} {
			_, err := c.SetAlarmState(r.t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: &alarm, StateValue: state, StateReason: aws.String("told")})
			r.need(err)
		}
		told := r.told(seen, func(e wire.Entry) bool { return e.Caller.ARN == "cloudwatch.amazonaws.com" && e.Action == "Publish" })
		return failed(told)
	}}
}

// failed is how a call of the trail ended.
func failed(e wire.Entry) error {
	if e.Error == "" {
		return nil
	}
	return errors.New(e.Error)
}

// shelved: a release is judged, and its report kept. It is not seen through.
var shelved = scenario{"the report of a verification is kept", func(r *room) error {
	return failed(r.released(func(e wire.Entry) bool {
		return e.Service == "s3" && e.Action == "PutObject" && strings.Contains(e.Caller.ARN, r.names.VerifyFunction)
	}))
}}

// fetched: a release's task has its environment files. It is not seen through.
var fetched = scenario{"a task's environment files are fetched by its execution role", func(r *room) error {
	for _, action := range []string{"GetBucketLocation", "GetObject"} {
		if got := r.released(func(e wire.Entry) bool {
			return e.Service == "s3" && e.Action == action && strings.Contains(e.Caller.ARN, "TaskExecution")
		}); got.Error != "" {
			return failed(got)
		}
		r.ended()
	}
	return nil
}}

// released pushes another version, and is the call that its release is to make.
func (r *room) released(match func(wire.Entry) bool) wire.Entry {
	r.t.Helper()
	_, seen, _ := r.TrailSince(0)
	defer pushed(r)()
	return r.told(seen, match)
}

// ended waits until nothing is under way: the newest version is live, or was given up.
func (r *room) ended() {
	r.t.Helper()
	version := fmt.Sprint("v", r.version)
	r.until(version+" is live or rolled back", func(now live.Status) bool { return steady(now) && (liveIs(version)(now) || rolledBack(now)) })
}

func TestUnderItsOwnersKeyEverythingWorksAndEveryPermissionOnItIsUsedAndMissed(t *testing.T) {
	t.Parallel()
	r := enter(t, 600, keyed(t))
	r.everyone()
	r.push("v1", r.site(runtime.GOARCH, "SITE_VERSION=v1"), r.password())
	r.goesLive("v1")
	r.hurries()
	if version, page := r.get(r.url(80)); version != 41 {
		t.Errorf("the environment file has not reached the task, whose page is\n%s", page)
	}
	letters := map[string]scenario{
		"FunctionsRelease": kept(r.names.Stack+"-release-dlq", dying(r.names.ReleaseFunction)),
		"FunctionsReport":  kept(r.names.Stack+"-verify-dlq", dying(r.names.ReportFunction)),
		watchRole:          kept(r.watcher+"-dlq", dying(r.watcher)),
		"cutover-Notify":   kept(notifier+"-dlq", dying(notifier)),
		"ScheduleRole":     kept(r.names.Stack+"-events-dlq", refuseSchedule),
		"FunctionsVerify":  shelved,
		"TaskExecution":    fetched,
	}
	r.version = 1
	r.still()
	for _, s := range letters {
		r.need(s.play(r))
		r.ended()
	}
	missed := kept(r.names.Stack+"-events-dlq", refuseEvents)
	r.need(missed.play(r))
	ringing := rung(r.names.Stack + "-release-letters")
	r.need(ringing.play(r))
	r.usesAllBeyond("keyed")

	for _, s := range r.statements() {
		if !strings.Contains(s.text, "kms:") && !strings.Contains(s.text, "s3:Get") {
			continue
		}
		one, stands := letters[r.begins(letters, s.holder)]
		if !stands {
			t.Errorf("nothing stands for %s: %s", s.holder, s.text)
			continue
		}
		r.need(s.set(true))
		if err := one.play(r); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("%s without %s: %v", s.holder, s.text, err)
		}
		r.need(s.set(false))
		r.ended()
	}

	for principal, one := range map[string]scenario{"events.amazonaws.com": missed, "cloudwatch.amazonaws.com": ringing} {
		r.admitsAllBut(principal)
		if err := one.play(r); err == nil || !strings.Contains(strings.ToLower(err.Error()), "kmsaccessdenied") {
			t.Errorf("a key that forgets %s: %v", principal, err)
		}
		r.admitsAllBut()
		r.need(one.play(r))
	}
}

// begins is the key of scenarios that a holder's name has, less the stack's.
func (r *room) begins(scenarios map[string]scenario, holder string) string {
	for key := range scenarios {
		if strings.HasPrefix(strings.TrimPrefix(holder, r.names.Stack+"-"), key) {
			return key
		}
	}
	return ""
}

// admitsAllBut puts the key's policy without some principals.
func (r *room) admitsAllBut(principals ...string) {
	r.t.Helper()
	o := sandbox.Options{}
	keyed(r.t.(*testing.T), principals...)(&o)
	_, err := kms.NewFromConfig(r.aws).PutKeyPolicy(r.t.Context(), &kms.PutKeyPolicyInput{KeyId: aws.String(ownersKey), Policy: aws.String(o.Keys[ownersKey])})
	r.need(err)
}

func TestAKeyThatForgetsCloudWatchLogsRefusesTheStackInItsWords(t *testing.T) {
	t.Parallel()
	opts, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	keyed(t, "logs."+sandbox.Region+".amazonaws.com")(&opts)
	s, err := sandbox.Start(t.Context(), opts)
	if err == nil {
		t.Fatal("the stacks stand", s.Close())
	}
	for _, words := range []string{"AWS::Logs::LogGroup", "AccessDeniedException: The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:"} {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("%v tells nothing of %s", err, words)
		}
	}
}
