package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// NewReports is the platform's own bucket for the reports of verifications: private, encrypted, of one owner, asked over
// TLS only, and forgetting what is old. It stays when its stack goes.
func NewReports(scope constructs.Construct, id string, platform config.Platform) awss3.CfnBucket {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	bucket := awss3.NewCfnBucket(scope, jsii.String("Bucket"), &awss3.CfnBucketProps{
		BucketName:       jsii.String(Sub(platform.BucketName())),
		BucketEncryption: &awss3.CfnBucket_BucketEncryptionProperty{ServerSideEncryptionConfiguration: []any{encryptedBy(platform.Key)}},
		PublicAccessBlockConfiguration: &awss3.CfnBucket_PublicAccessBlockConfigurationProperty{
			BlockPublicAcls: jsii.Bool(true), BlockPublicPolicy: jsii.Bool(true), IgnorePublicAcls: jsii.Bool(true), RestrictPublicBuckets: jsii.Bool(true),
		},
		OwnershipControls: &awss3.CfnBucket_OwnershipControlsProperty{Rules: []any{
			&awss3.CfnBucket_OwnershipControlsRuleProperty{ObjectOwnership: jsii.String("BucketOwnerEnforced")},
		}},
		LifecycleConfiguration: &awss3.CfnBucket_LifecycleConfigurationProperty{Rules: []any{
			&awss3.CfnBucket_RuleProperty{
				Id: jsii.String("reports"), Status: jsii.String("Enabled"), Prefix: jsii.String(platform.Reports.Prefix),
				ExpirationInDays: jsii.Number(platform.Reports.KeepDays),
			},
		}},
	})
	explain(bucket, explanation{"S1", "one role a service may write here and only its owner's people read; access logs would cost more than the reports, and need a second bucket"})
	bucket.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	awss3.NewCfnBucketPolicy(scope, jsii.String("Policy"), &awss3.CfnBucketPolicyProps{
		Bucket: bucket.Ref(),
		PolicyDocument: document(map[string]any{
			"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": []any{bucket.AttrArn(), *bucket.AttrArn() + "/*"},
			"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
		}),
	})
	return bucket
}

// encryptedBy is what new objects are under: the operator's key, for which the bucket keeps a key of its own for a while
// because KMS is paid by the call, or S3's.
func encryptedBy(key string) *awss3.CfnBucket_ServerSideEncryptionRuleProperty {
	if key == "" {
		return &awss3.CfnBucket_ServerSideEncryptionRuleProperty{
			ServerSideEncryptionByDefault: &awss3.CfnBucket_ServerSideEncryptionByDefaultProperty{SseAlgorithm: jsii.String("AES256")},
		}
	}
	return &awss3.CfnBucket_ServerSideEncryptionRuleProperty{
		ServerSideEncryptionByDefault: &awss3.CfnBucket_ServerSideEncryptionByDefaultProperty{SseAlgorithm: jsii.String("aws:kms"), KmsMasterKeyId: jsii.String(key)},
		BucketKeyEnabled:              jsii.Bool(true),
	}
}

// keeping lets a function put its service's reports onto their shelf, under the operator's key where there is one, and
// nothing else. S3 asks for kms:Decrypt too where a bucket has a key of its own of it
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html).
func keeping(shelf config.Shelf, key string) []Statement {
	if shelf.Bucket == "" {
		return nil
	}
	all := []Statement{{Actions: []string{"s3:PutObject"}, Resources: []string{"arn:${AWS::Partition}:s3:::" + shelf.String() + "*"}}}
	if key != "" {
		all = append(all, keyed(key))
	}
	return all
}
