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
