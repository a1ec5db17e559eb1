//go:build !race

package main

import (
	"slices"
	"strings"
	"testing"
)

func TestReportsAreKeptInAPrivateEncryptedBucketThatForgets(t *testing.T) {
	all := synth(t, `{"platform": {"reports": {"keepDays": 30}}, "services": [{"name": "sample-website", "stages": {"AfterAllowTraffic": {}}}]}`)
	platform, s := all["cutover"], all["sample-website"]
	b := platform.only(t, "AWS::S3::Bucket")
	const name = "cutover-reports-111122223333-us-east-1"
	got := map[string]any{
		"name": account(b.Properties["BucketName"]), "public": text(b.Properties["PublicAccessBlockConfiguration"]), "stays": b.DeletionPolicy,
		"days":      at(t, b.Properties, "LifecycleConfiguration", "Rules", 0, "ExpirationInDays"),
		"encrypted": at(t, b.Properties, "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "SSEAlgorithm"),
		"owner":     at(t, b.Properties, "OwnershipControls", "Rules", 0, "ObjectOwnership"),
	}
	for what, want := range map[string]any{
		"name": name, "days": 30.0, "encrypted": "AES256", "owner": "BucketOwnerEnforced", "stays": "Retain",
		"public": `{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}`,
	} {
		if got[what] != want {
			t.Errorf("%s: %v, want %v", what, got[what], want)
		}
	}
	policy := at(t, platform.only(t, "AWS::S3::BucketPolicy").Properties, "PolicyDocument", "Statement", 0)
	if at(t, policy, "Effect") != "Deny" || text(at(t, policy, "Condition")) != `{"Bool":{"aws:SecureTransport":"false"}}` {
		t.Errorf("it may be asked without TLS: %s", text(policy))
	}
	for _, hook := range []string{"CodeDeployHook_sample-website", "CodeDeployHook_sample-website-AfterAllowTraffic"} {
		_, f := s.with(t, "AWS::Lambda::Function", "FunctionName", hook)
		if told := account(at(t, f.Properties, "Environment", "Variables", "CUTOVER_REPORTS")); told != name+"/verify/sample-website/" {
			t.Errorf("%s is told %v", hook, told)
		}
		if lines := allowed(t, s, f.Properties["Role"]); !slices.Contains(lines, "s3:PutObject on arn:aws:s3:::"+name+"/verify/sample-website/*") {
			t.Errorf("%s may not keep its reports, or more: %v", hook, lines)
		}
	}
	_, release := s.with(t, "AWS::Lambda::Function", "FunctionName", "sample-website-release")
	if lines := strings.Join(allowed(t, s, release.Properties["Role"]), "\n"); strings.Contains(lines, "s3:") {
		t.Errorf("the release function may use S3:\n%s", lines)
	}
}

func TestReportsAndImagesAreUnderTheOperatorsKeysWhereTheyAreNamed(t *testing.T) {
	const key, images = "arn:aws:kms:us-east-1:111122223333:key/one", "arn:aws:kms:us-east-1:111122223333:key/two"
	all := synth(t, `{"platform": {"key": "`+key+`", "repositoryKey": "`+images+`", "reports": {}}, "services": [{"name": "sample-website"}]}`)
	bucket := all["cutover"].only(t, "AWS::S3::Bucket").Properties
	if got := text(at(t, bucket, "BucketEncryption", "ServerSideEncryptionConfiguration")); got !=
		`[{"BucketKeyEnabled":true,"ServerSideEncryptionByDefault":{"KMSMasterKeyID":"`+key+`","SSEAlgorithm":"aws:kms"}}]` {
		t.Errorf("the bucket is encrypted by %s", got)
	}
	_, hook := all["sample-website"].with(t, "AWS::Lambda::Function", "FunctionName", "CodeDeployHook_sample-website")
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		if lines := allowed(t, all["sample-website"], hook.Properties["Role"]); !slices.Contains(lines, action+" on "+key) {
			t.Errorf("the hook may not %s: %v", action, lines)
		}
	}
	if got := text(all["cutover"].only(t, "AWS::ECR::Repository").Properties["EncryptionConfiguration"]); got != `{"EncryptionType":"KMS","KmsKey":"`+images+`"}` {
		t.Errorf("the repository is encrypted by %s", got)
	}
	// platform.key alone leaves repositories as they are: those that stand cannot be moved under it.
	all = synth(t, `{"platform": {"key": "`+key+`"}, "services": [{"name": "sample-website"}]}`)
	if got := all["cutover"].only(t, "AWS::ECR::Repository").Properties["EncryptionConfiguration"]; got != nil {
		t.Errorf("a repository that stands would be replaced: %v", got)
	}
}

func TestAnExistingBucketIsUsedAsItIs(t *testing.T) {
	all := synth(t, `{"platform": {"reports": {"bucket": "ours", "prefix": "a/b/"}}, "services": [{"name": "sample-website"}]}`)
	if ids := all["cutover"].ids("AWS::S3::Bucket"); len(ids) > 0 {
		t.Errorf("another bucket is made: %v", ids)
	}
	_, f := all["sample-website"].with(t, "AWS::Lambda::Function", "FunctionName", "CodeDeployHook_sample-website")
	if told := account(at(t, f.Properties, "Environment", "Variables", "CUTOVER_REPORTS")); told != "ours/a/b/sample-website/" {
		t.Errorf("told %v", told)
	}
}
