package bluegreen

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// RepositoryProps name an ECR repository.
type RepositoryProps struct {
	Name string
	// Key is the ARN of the KMS key that its images are under from its creation on; empty for ECR's own encryption. It
	// never changes afterwards: CloudFormation would have to replace the repository, under the name that it has.
	Key string
}

// kept is how many images a repository keeps. The rule counts all images and has no rule of its own for
// untagged ones: an image that runs by its digest loses its tag as soon as "latest" is pushed again.
const kept = 50

// NewRepository scans on push, keeps the newest images, and stays when its stack goes.
func NewRepository(scope constructs.Construct, id string, props RepositoryProps) {
	p := &awsecr.CfnRepositoryProps{
		RepositoryName:             jsii.String(props.Name),
		ImageScanningConfiguration: &awsecr.CfnRepository_ImageScanningConfigurationProperty{ScanOnPush: jsii.Bool(true)},
		LifecyclePolicy: &awsecr.CfnRepository_LifecyclePolicyProperty{
			LifecyclePolicyText: jsii.String(lifecycle()),
		},
	}
	if props.Key != "" {
		p.EncryptionConfiguration = &awsecr.CfnRepository_EncryptionConfigurationProperty{EncryptionType: jsii.String("KMS"), KmsKey: jsii.String(props.Key)}
	}
	r := awsecr.NewCfnRepository(scope, jsii.String(id), p)
	r.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
}

// lifecycle is the policy in ECR's words
// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html).
func lifecycle() string {
	type selection struct {
		TagStatus   string `json:"tagStatus"`
		CountType   string `json:"countType"`
		CountNumber int    `json:"countNumber"`
	}
	type rule struct {
		RulePriority int               `json:"rulePriority"`
		Description  string            `json:"description"`
		Selection    selection         `json:"selection"`
		Action       map[string]string `json:"action"`
	}
	text, err := json.Marshal(map[string][]rule{"rules": {{
		RulePriority: 1,
		Description:  "keep the newest 50",
		Selection:    selection{TagStatus: "any", CountType: "imageCountMoreThan", CountNumber: kept},
		Action:       map[string]string{"type": "expire"},
	}}})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return string(text)
}
