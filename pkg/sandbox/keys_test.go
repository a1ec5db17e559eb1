package sandbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

const (
	theKey   = "arn:aws:kms:" + sandbox.Region + ":" + sandbox.Account + ":key/the-key"
	ofTheKey = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + sandbox.Account + `:root"},"Action":"kms:*","Resource":"*"}`
)

// keyed is a sandbox with a key of a policy.
type keyed struct {
	t *testing.T
	*sandbox.Sandbox
	root aws.Config
}

func withKey(t *testing.T, statements ...string) *keyed {
	t.Helper()
	s, err := sandbox.Start(t.Context(), sandbox.Options{
		Keys:      map[string]string{theKey: `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`},
		Bootstrap: func(string, string) (string, error) { return "/bin/true", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	k := &keyed{t: t, Sandbox: s}
	k.root = k.config("operator", "secret", "")
	return k
}

func (k *keyed) config(access, secret, session string) aws.Config {
	return aws.Config{
		Region: sandbox.Region, BaseEndpoint: aws.String(k.Endpoint()), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(access, secret, session), HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
}

// as is a session of a new role with these statements.
func (k *keyed) as(name string, statements ...string) aws.Config {
	k.t.Helper()
	ctx, roles := k.t.Context(), iam.NewFromConfig(k.root)
	made, err := roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(`{"Statement":[]}`)})
	k.need(err)
	_, err = roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("own"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)})
	k.need(err)
	out, err := sts.NewFromConfig(k.root).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: made.Role.Arn, RoleSessionName: aws.String("session")})
	k.need(err)
	return k.config(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
}

func (k *keyed) need(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// refused is the code and the words of an error; "" for none.
func refused(err error) string {
	var api smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &api):
		return api.ErrorCode() + ": " + api.ErrorMessage()
	}
	return err.Error()
}

// allow is a statement of a role.
func allow(resource string, actions ...string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Action":["%s"],"Resource":"%s"}`, strings.Join(actions, `","`), resource)
}

// lets is a statement of a key that lets a service in.
func lets(service string, more string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Principal":{"Service":%q},"Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*"%s}`, service, more)
}

func TestAKeysPolicyComesBeforeARolesOwn(t *testing.T) {
	const session = "arn:aws:iam::" + sandbox.Account + ":role/user"
	own := allow(theKey, "kms:GenerateDataKey")
	named := func(effect, more string) string {
		return fmt.Sprintf(`{"Effect":%q,"Principal":{"AWS":%q},"Action":"kms:GenerateDataKey","Resource":"*"%s}`, effect, session, more)
	}
	for name, c := range map[string]struct {
		key, own, want string
	}{
		"a role's own policy counts where the key lets the account in":     {ofTheKey, own, ""},
		"and not where it does not":                                        {named("Allow", "") + `,` + lets("x.amazonaws.com", ""), own, ""},
		"a key that names somebody else lets no role in":                   {lets("events.amazonaws.com", ""), own, "no resource-based policy allows the kms:GenerateDataKey action"},
		"letting the account in allows nobody anything":                    {ofTheKey, allow("*", "s3:GetObject"), "no identity-based policy allows the kms:GenerateDataKey action"},
		"a key may name the role":                                          {named("Allow", ""), allow("*", "s3:GetObject"), ""},
		"and deny it what its own policy allows":                           {ofTheKey + "," + named("Deny", ""), own, "explicit deny in a resource-based policy"},
		"the encryption context is asked about":                            {named("Allow", `,"Condition":{"StringEquals":{"kms:EncryptionContext:for":"me"}}`), allow("*", "s3:GetObject"), ""},
		"and refuses another":                                              {named("Allow", `,"Condition":{"StringEquals":{"kms:EncryptionContext:for":"you"}}`), allow("*", "s3:GetObject"), "no resource-based policy"},
		"kms:ViaService refuses who comes himself":                         {named("Allow", `,"Condition":{"StringEquals":{"kms:ViaService":"sqs.`+sandbox.Region+`.amazonaws.com"}}`), own, "no resource-based policy"},
		"kms:CallerAccount is the account's":                               {named("Allow", `,"Condition":{"StringEquals":{"kms:CallerAccount":"`+sandbox.Account+`"}}`), own, ""},
		"a statement of the account for one action lets in for that alone": {strings.Replace(ofTheKey, "kms:*", "kms:Decrypt", 1), own, "no resource-based policy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := withKey(t, c.key)
			_, err := kms.NewFromConfig(k.as("user", c.own)).GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{
				KeyId: aws.String(theKey), NumberOfBytes: aws.Int32(8), EncryptionContext: map[string]string{"for": "me"},
			})
			if got := refused(err); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestAKeyThatLeavesTheAccountOutLeavesItsRootOut(t *testing.T) {
	k := withKey(t, lets("events.amazonaws.com", ""))
	if _, err := kms.NewFromConfig(k.root).DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String(theKey)}); !strings.HasPrefix(refused(err), "AccessDeniedException") {
		t.Error(err)
	}
	if _, err := kms.NewFromConfig(k.root).DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String("none")}); !strings.HasPrefix(refused(err), "NotFoundException") {
		t.Error(err)
	}
}

func TestAGrantLetsItsPrincipalDoWhatItNames(t *testing.T) {
	k := withKey(t, ofTheKey)
	user, ctx := kms.NewFromConfig(k.as("user", allow("*", "s3:GetObject"))), t.Context()
	made, err := kms.NewFromConfig(k.root).GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: aws.String(theKey), NumberOfBytes: aws.Int32(8)})
	k.need(err)
	open := func() string {
		_, err := user.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: made.CiphertextBlob})
		return refused(err)
	}
	if got := open(); !strings.HasPrefix(got, "AccessDeniedException") {
		t.Error(got)
	}
	grant, err := kms.NewFromConfig(k.root).CreateGrant(ctx, &kms.CreateGrantInput{
		KeyId: aws.String(theKey), GranteePrincipal: aws.String("arn:aws:iam::" + sandbox.Account + ":role/user"), Operations: []kmstypes.GrantOperation{kmstypes.GrantOperationDecrypt},
	})
	k.need(err)
	if got := open(); got != "" {
		t.Error(got)
	}
	narrow, err := kms.NewFromConfig(k.root).GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: aws.String(theKey), NumberOfBytes: aws.Int32(8), EncryptionContext: map[string]string{"For": "me"}})
	k.need(err)
	other := kms.NewFromConfig(k.as("other", allow("*", "s3:GetObject")))
	_, err = kms.NewFromConfig(k.root).CreateGrant(ctx, &kms.CreateGrantInput{
		KeyId: aws.String(theKey), GranteePrincipal: aws.String("arn:aws:iam::" + sandbox.Account + ":role/other"), Operations: []kmstypes.GrantOperation{kmstypes.GrantOperationDecrypt},
		Constraints: &kmstypes.GrantConstraints{EncryptionContextEquals: map[string]string{"For": "me"}},
	})
	k.need(err)
	if _, err := other.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: narrow.CiphertextBlob, EncryptionContext: map[string]string{"For": "me"}}); err != nil {
		t.Error(err)
	}
	if _, err := other.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: made.CiphertextBlob}); !strings.HasPrefix(refused(err), "AccessDeniedException") {
		t.Errorf("a grant for one context counts for another: %v", err)
	}
	if _, err := user.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: aws.String(theKey), NumberOfBytes: aws.Int32(8)}); err == nil {
		t.Error("a grant to decrypt makes keys")
	}
	_, err = kms.NewFromConfig(k.root).RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: aws.String(theKey), GrantId: grant.GrantId})
	k.need(err)
	if got := open(); !strings.HasPrefix(got, "AccessDeniedException") {
		t.Error(got)
	}
}

// Each service, with a key that lets all in who need it, and with one that forgets one of them.
func TestAServiceUsesAKeyAsItsCallerMay(t *testing.T) {
	logs, alarms := lets("logs."+sandbox.Region+".amazonaws.com", ""), lets("cloudwatch.amazonaws.com", "")
	onlyTopic := lets("cloudwatch.amazonaws.com", `,"Condition":{"StringEquals":{"kms:CallerAccount":"`+sandbox.Account+`"}}`)
	for name, c := range map[string]struct {
		key  []string
		use  func(*keyed) error
		want string
	}{
		"a queue's sender needs both":           {[]string{ofTheKey}, sends("kms:GenerateDataKey", "kms:Decrypt"), ""},
		"to make a key":                         {[]string{ofTheKey}, sends("kms:Decrypt"), "KMS.AccessDeniedException: User: "},
		"and to prove it":                       {[]string{ofTheKey}, sends("kms:GenerateDataKey"), "kms:Decrypt on resource: " + theKey},
		"a queue's receiver needs to open":      {[]string{ofTheKey}, receives("kms:Decrypt"), ""},
		"and cannot without":                    {[]string{ofTheKey}, receives(), "KMS.AccessDeniedException"},
		"a topic's publisher needs both":        {[]string{ofTheKey}, publishes("kms:GenerateDataKey", "kms:Decrypt"), ""},
		"and not one":                           {[]string{ofTheKey}, publishes("kms:GenerateDataKey"), "KMSAccessDenied"},
		"who puts an object makes a key":        {[]string{ofTheKey}, puts("", "kms:GenerateDataKey"), ""},
		"and needs it":                          {[]string{ofTheKey}, puts("", "kms:Decrypt"), "AccessDenied: User: "},
		"under a bucket's key, opens it too":    {[]string{ofTheKey}, puts("<BucketKeyEnabled>true</BucketKeyEnabled>", "kms:GenerateDataKey"), "kms:Decrypt"},
		"and may":                               {[]string{ofTheKey}, puts("<BucketKeyEnabled>true</BucketKeyEnabled>", "kms:GenerateDataKey", "kms:Decrypt"), ""},
		"who gets an object opens it":           {[]string{ofTheKey}, gets("kms:Decrypt"), ""},
		"and needs to":                          {[]string{ofTheKey}, gets("kms:GenerateDataKey"), "AccessDenied: User: "},
		"a log group's key lets CloudWatch in":  {[]string{ofTheKey, logs}, logsUnder, ""},
		"and no log group is made without":      {[]string{ofTheKey}, logsUnder, "AccessDeniedException: The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:" + sandbox.Region},
		"nor for another region's":              {[]string{ofTheKey, lets("logs.us-east-1.amazonaws.com", "")}, logsUnder, "is not allowed to be used"},
		"nor for the service without a region":  {[]string{ofTheKey, lets("logs.amazonaws.com", "")}, logsUnder, "is not allowed to be used"},
		"who makes a function needs both":       {[]string{ofTheKey}, functions("kms:Encrypt", "kms:CreateGrant"), ""},
		"to grant its role":                     {[]string{ofTheKey}, functions("kms:Encrypt"), "kms:CreateGrant"},
		"and to encrypt":                        {[]string{ofTheKey}, functions("kms:CreateGrant"), "kms:Encrypt"},
		"who makes a repository grants":         {[]string{ofTheKey}, repositories("kms:DescribeKey", "kms:CreateGrant"), ""},
		"and cannot make one without":           {[]string{ofTheKey}, repositories("kms:DescribeKey"), "KmsException"},
		"an alarm tells a topic under a key":    {[]string{ofTheKey, alarms}, rings, ""},
		"that lets CloudWatch in":               {[]string{ofTheKey}, rings, "KMSAccessDenied"},
		"who is no principal of the account":    {[]string{ofTheKey, onlyTopic}, rings, "KMSAccessDenied"},
		"a queue under a key that is disabled":  {[]string{ofTheKey}, disabled(sends("kms:GenerateDataKey", "kms:Decrypt")), "KMS.DisabledException: " + theKey + " is disabled."},
		"a topic under a key that is disabled":  {[]string{ofTheKey}, disabled(publishes("kms:GenerateDataKey", "kms:Decrypt")), "KMSDisabled"},
		"a bucket under a key that is disabled": {[]string{ofTheKey}, disabled(puts("", "kms:GenerateDataKey")), "KMS.DisabledException"},
		"a group under a key that is disabled":  {[]string{ofTheKey, logs}, disabled(logsUnder), "InvalidParameterException: The specified KMS Key Id could not be found."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := refused(c.use(withKey(t, c.key...))); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func disabled(use func(*keyed) error) func(*keyed) error {
	return func(k *keyed) error {
		_, err := kms.NewFromConfig(k.root).DisableKey(k.t.Context(), &kms.DisableKeyInput{KeyId: aws.String(theKey)})
		k.need(err)
		return use(k)
	}
}

func (k *keyed) queue() *string {
	out, err := sqs.NewFromConfig(k.root).CreateQueue(k.t.Context(), &sqs.CreateQueueInput{
		QueueName: aws.String("q"), Attributes: map[string]string{"KmsMasterKeyId": theKey},
	})
	k.need(err)
	return out.QueueUrl
}

func sends(actions ...string) func(*keyed) error {
	return func(k *keyed) error {
		user := sqs.NewFromConfig(k.as("user", allow("*", "sqs:SendMessage"), allow(theKey, actions...)))
		_, err := user.SendMessage(k.t.Context(), &sqs.SendMessageInput{QueueUrl: k.queue(), MessageBody: aws.String("hello")})
		return err
	}
}

func receives(actions ...string) func(*keyed) error {
	return func(k *keyed) error {
		url := k.queue()
		_, err := sqs.NewFromConfig(k.root).SendMessage(k.t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("hello")})
		k.need(err)
		statements := []string{allow("*", "sqs:ReceiveMessage")}
		if actions != nil {
			statements = append(statements, allow(theKey, actions...))
		}
		out, err := sqs.NewFromConfig(k.as("user", statements...)).ReceiveMessage(k.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url})
		if err == nil && len(out.Messages) != 1 {
			return errors.New("there is no message")
		}
		return err
	}
}

func (k *keyed) topic() *string {
	out, err := sns.NewFromConfig(k.root).CreateTopic(k.t.Context(), &sns.CreateTopicInput{
		Name: aws.String("t"), Attributes: map[string]string{"KmsMasterKeyId": theKey},
	})
	k.need(err)
	return out.TopicArn
}

func publishes(actions ...string) func(*keyed) error {
	return func(k *keyed) error {
		user := sns.NewFromConfig(k.as("user", allow("*", "sns:Publish"), allow(theKey, actions...)))
		_, err := user.Publish(k.t.Context(), &sns.PublishInput{TopicArn: k.topic(), Message: aws.String("hello")})
		return err
	}
}

// bucket is made under the key; settings are its own.
func (k *keyed) bucket(settings string) {
	k.t.Helper()
	_, err := k.s3(k.root).CreateBucket(k.t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bucket")})
	k.need(err)
	document := `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>` +
		theKey + `</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>` + settings + `</Rule></ServerSideEncryptionConfiguration>`
	ask, err := http.NewRequestWithContext(k.t.Context(), http.MethodPut, k.Endpoint()+"/bucket?encryption", strings.NewReader(document))
	k.need(err)
	ask.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/"+sandbox.Region+"/s3/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := k.root.HTTPClient.Do(ask)
	k.need(err)
	resp.Body.Close()
	if resp.StatusCode >= 300 {
		k.t.Fatal(resp.Status)
	}
}

func (*keyed) s3(c aws.Config) *s3.Client {
	return s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true })
}

func puts(settings string, actions ...string) func(*keyed) error {
	return func(k *keyed) error {
		k.bucket(settings)
		out, err := k.s3(k.as("user", allow("*", "s3:PutObject"), allow(theKey, actions...))).PutObject(k.t.Context(),
			&s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("a"), Body: bytes.NewReader([]byte("hello"))})
		if err == nil && aws.ToString(out.SSEKMSKeyId) != theKey {
			return fmt.Errorf("it is under %s", aws.ToString(out.SSEKMSKeyId))
		}
		return err
	}
}

func gets(actions ...string) func(*keyed) error {
	return func(k *keyed) error {
		k.bucket("")
		_, err := k.s3(k.root).PutObject(k.t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("a"), Body: bytes.NewReader([]byte("hello"))})
		k.need(err)
		out, err := k.s3(k.as("user", allow("*", "s3:GetObject"), allow(theKey, actions...))).GetObject(k.t.Context(),
			&s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("a")})
		if err == nil {
			out.Body.Close()
		}
		return err
	}
}

func logsUnder(k *keyed) error {
	_, err := cloudwatchlogs.NewFromConfig(k.root).CreateLogGroup(k.t.Context(), &cloudwatchlogs.CreateLogGroupInput{
		LogGroupName: aws.String("g"), KmsKeyId: aws.String(theKey),
	})
	return err
}

func functions(actions ...string) func(*keyed) error {
	return func(k *keyed) error {
		user := lambda.NewFromConfig(k.as("user", allow("*", "lambda:CreateFunction", "iam:PassRole"), allow(theKey, actions...)))
		_, err := user.CreateFunction(k.t.Context(), k.function())
		return err
	}
}

func (k *keyed) function() *lambda.CreateFunctionInput {
	return &lambda.CreateFunctionInput{
		FunctionName: aws.String("f"), Role: aws.String("arn:aws:iam::" + sandbox.Account + ":role/runner"), Runtime: lambdatypes.RuntimeProvidedal2023,
		Handler: aws.String("bootstrap"), Code: &lambdatypes.FunctionCode{S3Bucket: aws.String("assets"), S3Key: aws.String("a.zip")},
		KMSKeyArn: aws.String(theKey), Environment: &lambdatypes.Environment{Variables: map[string]string{"NAME": "b"}},
	}
}

func repositories(actions ...string) func(*keyed) error {
	return func(k *keyed) error {
		user := ecr.NewFromConfig(k.as("user", allow("*", "ecr:CreateRepository"), allow(theKey, actions...)))
		_, err := user.CreateRepository(k.t.Context(), &ecr.CreateRepositoryInput{
			RepositoryName: aws.String("repo"), EncryptionConfiguration: &ecrtypes.EncryptionConfiguration{EncryptionType: ecrtypes.EncryptionTypeKms, KmsKey: aws.String(theKey)},
		})
		return err
	}
}

// rings sets an alarm off by hand, and tells how telling the topic went.
func rings(k *keyed) error {
	topic, alarms := k.topic(), cloudwatch.NewFromConfig(k.root)
	_, err := alarms.PutMetricAlarm(k.t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("a"), Namespace: aws.String("n"), MetricName: aws.String("m"), Statistic: cwtypes.StatisticSum, Period: aws.Int32(3600),
		EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold,
		TreatMissingData: aws.String("ignore"), AlarmActions: []string{*topic},
	})
	k.need(err)
	_, err = alarms.SetAlarmState(k.t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("a"), StateValue: cwtypes.StateValueAlarm, StateReason: aws.String("by hand")})
	k.need(err)
	limit := time.After(30 * time.Second)
	for seen := 0; ; {
		entries, next, changed := k.TrailSince(seen)
		seen = next
		for _, e := range entries {
			if e.Service != "sns" || e.Action != "Publish" {
				continue
			}
			if e.Error != "" {
				return errors.New(e.Error)
			}
			return nil
		}
		select {
		case <-changed:
		case <-limit:
			return errors.New("the topic was not told")
		}
	}
}

func TestAFunctionsEnvironmentIsOpenedByItsRolesGrantWhileTheKeyIsEnabled(t *testing.T) {
	k := withKey(t, ofTheKey)
	k.as("runner", allow("*", "s3:GetObject"))
	functions, ctx := lambda.NewFromConfig(k.root), t.Context()
	_, err := functions.CreateFunction(ctx, k.function())
	k.need(err)
	invoke := func() string {
		out, err := functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("f")})
		if err == nil {
			return string(out.Payload)
		}
		return refused(err)
	}
	if got := invoke(); !strings.Contains(got, "Runtime.ExitError") { // /bin/true was started, and has nothing to say
		t.Error(got)
	}
	_, err = kms.NewFromConfig(k.root).DisableKey(ctx, &kms.DisableKeyInput{KeyId: aws.String(theKey)})
	k.need(err)
	if got := invoke(); !strings.HasPrefix(got, "KMSDisabledException: Lambda was unable to decrypt") || !strings.Contains(got, theKey+" is disabled.") {
		t.Error(got)
	}
	if _, err := functions.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("f"), KMSKeyArn: aws.String("")}); err != nil {
		t.Error(err)
	}
	if got := invoke(); !strings.Contains(got, "Runtime.ExitError") {
		t.Error(got)
	}
}
