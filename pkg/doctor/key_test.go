package doctor

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/cutover-ecs/cutover/pkg/config"
)

const ourKey = "arn:aws:kms:eu-central-2:111122223333:key/one"

// enabled is a key as it should be.
func enabled(change ...func(*kmstypes.KeyMetadata)) *kmstypes.KeyMetadata {
	m := &kmstypes.KeyMetadata{
		KeyState: kmstypes.KeyStateEnabled, KeySpec: kmstypes.KeySpecSymmetricDefault, KeyUsage: kmstypes.KeyUsageTypeEncryptDecrypt, KeyManager: kmstypes.KeyManagerTypeCustomer,
	}
	for _, c := range change {
		c(m)
	}
	return m
}

func TestAKeyThatCannotBeUsedIsFoundWithWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		there          *kmstypes.KeyMetadata
		region         string
		evidence, does string
	}{
		"as it should be": {enabled(), "eu-central-2", "", ""},
		"none":            {nil, "eu-central-2", "there is no such key", "create it"},
		"elsewhere":       {enabled(), "us-east-1", "a key of eu-central-2, and the stacks are deployed in us-east-1", "name a key of us-east-1"},
		"disabled":        {enabled(func(m *kmstypes.KeyMetadata) { m.KeyState = kmstypes.KeyStateDisabled }), "eu-central-2", "is disabled", "aws kms enable-key --key-id " + ourKey},
		"to be deleted": {enabled(func(m *kmstypes.KeyMetadata) {
			m.KeyState, m.DeletionDate = kmstypes.KeyStatePendingDeletion, aws.Time(time.Date(2026, 12, 24, 1, 0, 0, 0, time.UTC))
		}), "eu-central-2", "to be deleted on 2026-12-24", "aws kms cancel-key-deletion --key-id " + ourKey},
		"not imported":   {enabled(func(m *kmstypes.KeyMetadata) { m.KeyState = kmstypes.KeyStatePendingImport }), "eu-central-2", "is PendingImport", "Enabled"},
		"for signatures": {enabled(func(m *kmstypes.KeyMetadata) { m.KeySpec, m.KeyUsage = "RSA_2048", "SIGN_VERIFY" }), "eu-central-2", "spec is RSA_2048", "SYMMETRIC_DEFAULT"},
		"AWS's own":      {enabled(func(m *kmstypes.KeyMetadata) { m.KeyManager = kmstypes.KeyManagerTypeAws }), "eu-central-2", "AWS's own", "your own"},
	} {
		got := uselessKeys(&facts{subject: subject{region: c.region, keys: []key{{setting: "platform.key", arn: ourKey, there: c.there}}}})
		switch {
		case c.evidence == "" && len(got) > 0, c.evidence != "" && len(got) != 1:
			t.Errorf("%s: %+v", name, got)
		case c.evidence != "" && (!strings.Contains(got[0].Evidence, c.evidence) || !strings.Contains(got[0].Fix, c.does) || !strings.HasPrefix(got[0].Evidence, "platform.key names "+ourKey)):
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// whom are the principals that a key's policy is found to forget, by what each finding says.
func whom(t *testing.T, policy, topic string, setting string) (all []string) {
	t.Helper()
	c := plan(t, "")
	s := subjectOf(Plan{Platform: config.Platform{Name: "cutover", Cluster: "cutover", Topic: topic}, Service: c.Service})
	s.keys = []key{{setting: setting, arn: ourKey, policy: policy}}
	for _, f := range unadmitted(&facts{subject: s}) {
		all = append(all, f.Evidence+" | "+f.Fix)
	}
	return all
}

func TestAPolicyThatForgetsSomebodyIsFoundWithTheStatementToAdd(t *testing.T) {
	const (
		own    = `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}`
		logs   = `{"Effect": "Allow", "Principal": {"Service": "logs.eu-central-2.amazonaws.com"}, "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"], "Resource": "*"`
		events = `{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*"`
		alarms = `{"Effect": "Allow", "Principal": {"Service": ["x.amazonaws.com", "cloudwatch.amazonaws.com"]}, "Action": "kms:*", "Resource": "*"}`
	)
	when := func(operator, key, value string) string {
		return `, "Condition": {"` + operator + `": {"` + key + `": ` + value + `}}}`
	}
	rest := own + "," + logs + "}," + events + "}"
	for name, c := range map[string]struct {
		statements string
		topic      string
		want       []string // of the finding
	}{
		"what the page lists":                              {rest + "," + alarms, "new", nil},
		"no topic of the platform's":                       {rest, "", nil},
		"alarms are forgotten":                             {rest, "new", []string{"cloudwatch.amazonaws.com take kms:GenerateDataKey, kms:Decrypt: alarms that go off tell nobody", `"Sid":"Alarms"`}},
		"events are forgotten":                             {own + "," + logs + "}", "", []string{"events.amazonaws.com", "is lost instead", `{"Sid":"DeadLetters","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":["kms:GenerateDataKey","kms:Decrypt"],"Resource":"*"}`}},
		"events may only make keys":                        {own + "," + logs + "}," + strings.Replace(events, `, "kms:Decrypt"`, "", 1) + "}", "", []string{"events.amazonaws.com take kms:Decrypt: "}},
		"logs are another region's":                        {own + "," + strings.Replace(logs, "eu-central-2", "us-east-1", 1) + "}," + events + "}", "", []string{"logs.eu-central-2.amazonaws.com", "the update of the stack is refused", "arn:aws:logs:eu-central-2:111122223333:log-group:*"}},
		"the account is forgotten":                         {logs + "}," + events + "}", "", []string{"arn:aws:iam::111122223333:root take kms:Decrypt, kms:GenerateDataKey, kms:CreateGrant, kms:DescribeKey", "no IAM policy of the account counts"}},
		"the account by its number":                        {strings.Replace(rest, "arn:aws:iam::111122223333:root", "111122223333", 1), "", nil},
		"another account":                                  {strings.Replace(rest, "111122223333:root", "999999999999:root", 1), "", []string{"111122223333:root"}},
		"roles by name":                                    {strings.Replace(rest, "111122223333:root", "111122223333:role/web", 1), "", nil},
		"everybody who comes through a service":            {logs + "}," + events + `}, {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "sqs.eu-central-2.amazonaws.com"}}}`, "", nil},
		"everybody of the account is no service":           {own + "," + logs + `}, {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}}}`, "", []string{"events.amazonaws.com"}},
		"everybody is every service":                       {`{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}`, "new", nil},
		"for this account's sources":                       {own + "," + logs + "}," + events + when("StringEquals", "aws:SourceAccount", `"111122223333"`), "", nil},
		"for another account's":                            {own + "," + logs + "}," + events + when("StringEquals", "aws:SourceAccount", `"999999999999"`), "", []string{"events.amazonaws.com"}},
		"for our rules":                                    {own + "," + logs + "}," + events + when("ArnLike", "aws:SourceArn", `["arn:aws:events:eu-central-2:111122223333:rule/*"]`), "", nil},
		"for others' rules":                                {own + "," + logs + "}," + events + when("ArnLike", "aws:SourceArn", `"arn:aws:events:*:*:rule/other-*"`), "", []string{"events.amazonaws.com"}},
		"for all log groups":                               {own + "," + events + "}," + logs + when("ArnLike", "kms:EncryptionContext:aws:logs:arn", `"arn:aws:logs:eu-central-2:111122223333:*"`), "", nil},
		"for some of the log groups":                       {own + "," + events + "}," + logs + when("ArnEquals", "kms:EncryptionContext:aws:logs:arn", `"arn:aws:logs:eu-central-2:111122223333:log-group:/ecs/*"`), "", []string{"logs.eu-central-2"}},
		"in an organization, which services are not in":    {own + "," + logs + "}," + events + when("StringEquals", "aws:PrincipalOrgID", `"o-1"`), "", []string{"events.amazonaws.com"}},
		"in an organization, if they tell one":             {own + "," + logs + "}," + events + when("StringEqualsIfExists", "aws:PrincipalOrgID", `"o-1"`), "", nil},
		"what nobody here can tell is no finding":          {own + "," + logs + "}," + events + when("StringEquals", "aws:ResourceTag/team", `"web"`), "", nil},
		"nor an operator that is not known":                {own + "," + logs + "}," + events + when("DateLessThan", "aws:SourceAccount", `"x"`), "", nil},
		"all outside the organization are denied":          {rest + `, {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}}`, "", []string{"which a statement denies"}},
		"but for services":                                 {rest + `, {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}}`, "", nil},
		"one is denied":                                    {rest + `, {"Effect": "Deny", "Principal": {"Service": "events.amazonaws.com"}, "Action": "kms:Decrypt", "Resource": "*"}`, "", []string{"events.amazonaws.com take kms:Decrypt, which a statement denies"}},
		"all but one are denied":                           {rest + `, {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root", "Service": "logs.eu-central-2.amazonaws.com"}, "NotAction": "kms:Describe*", "NotResource": "arn:aws:kms:*:*:key/other"}`, "", []string{"events.amazonaws.com"}},
		"a key that is not this one":                       {strings.Replace(rest, `"Resource": "*"}`, `"Resource": "arn:aws:kms:eu-central-2:111122223333:key/two"}`, 1), "", []string{"111122223333:root"}},
		"only where a condition's key is not there at all": {own + "," + logs + "}," + events + when("Null", "kms:ViaService", `"true"`), "", nil},
		"and where it must be":                             {own + "," + logs + "}," + events + when("Null", "kms:ViaService", `"false"`), "", []string{"events.amazonaws.com"}},
	} {
		policy := `{"Version": "2012-10-17", "Statement": [` + c.statements + `]}`
		if !json.Valid([]byte(policy)) {
			t.Fatalf("%s: %s", name, policy)
		}
		got := whom(t, policy, c.topic, "platform.key")
		if (len(c.want) == 0) != (len(got) == 0) {
			t.Errorf("%s: %q", name, got)
			continue
		}
		for _, words := range c.want {
			if !strings.Contains(strings.Join(got, "\n"), words) {
				t.Errorf("%s: %q tells nothing of %s", name, got, words)
			}
		}
	}
}

func TestThePolicyThatIsOfferedForgetsNobody(t *testing.T) {
	if got := whom(t, KeyPolicy("eu-central-2", "111122223333"), "new", "platform.key"); got != nil {
		t.Error(got)
	}
	only := `{"Statement": ` + keyPlace{"aws", "eu-central-2", "111122223333"}.ownStatement().String() + `}`
	if got := whom(t, only, "new", "platform.repositoryKey"); got != nil {
		t.Errorf("a repository's key: %q", got)
	}
	for _, bad := range []string{`{`, `{}`, `{"Statement": [{"Principal": 1}]}`} {
		if got := whom(t, bad, "", "platform.key"); len(got) != 1 || !strings.Contains(got[0], "cannot be read") {
			t.Errorf("%s: %q", bad, got)
		}
	}
}

func TestAKeyOfAnotherAccountMustLetTheServicesAccountIn(t *testing.T) {
	f := &facts{subject: subjectOf(plan(t, "")), service: &ecstypes.Service{ServiceArn: aws.String("arn:aws:ecs:eu-central-2:444455556666:service/cutover/Web")}}
	f.keys = []key{{setting: "platform.key", arn: ourKey, policy: KeyPolicy("eu-central-2", "111122223333")}}
	got := unadmitted(f)
	if len(got) != 2 || !strings.Contains(got[0].Evidence, "arn:aws:iam::444455556666:root") || !strings.Contains(got[1].Fix, "arn:aws:logs:eu-central-2:444455556666:log-group:*") {
		t.Errorf("%+v", got)
	}
}

func TestAPlatformsKeysAreLookedAtOnceEach(t *testing.T) {
	for _, c := range []struct {
		platform config.Platform
		want     int
	}{{config.Platform{}, 0}, {config.Platform{Key: ourKey}, 1}, {config.Platform{RepositoryKey: ourKey}, 1}, {config.Platform{Key: ourKey, RepositoryKey: ourKey}, 1},
		{config.Platform{Key: ourKey, RepositoryKey: ourKey + "2"}, 2}} {
		if got := keysOf(c.platform); len(got) != c.want {
			t.Errorf("%+v: %+v", c.platform, got)
		}
	}
}
