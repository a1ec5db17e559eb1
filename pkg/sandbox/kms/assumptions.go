package kms

// What AWS does not document, and this sandbox takes, in one place:
//
//   - Whether kms:ViaService is there when a service comes in its own name, as EventBridge does to an SQS queue. The key's
//     page speaks of requests in the name of a principal in the account
//     (https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service), so it is not.
//   - Whether a grant or a policy is said to have allowed what both allow. The grant is, so that a permission which a grant
//     makes needless shows as unused.
//   - When a service forgets a data key. SQS keeps one for KmsDataKeyReusePeriodSeconds and S3 that of a bucket for a time
//     that it does not tell; here each message and each object asks, so that a key or a policy that changed is felt at once.
//   - What S3 does with the key of a bucket (BucketKeyEnabled) when an object is put. The page of directory buckets, whose
//     bucket keys are always on, asks for kms:GenerateDataKey and kms:Decrypt to upload
//     (https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-UsingKMSEncryption.html), so here it makes the bucket's
//     key and opens it.
//   - What CloudWatch Logs does with a key when a log group is put under it. It makes a data key for the group; lines of a
//     group whose key was disabled later are taken and told here, while AWS stops within the hour
//     (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/logs/encrypt-log-data-kms.html).
//   - That Lambda lets a function's role open its environment by a grant, for that function's encryption context, made in the
//     name of who creates or changes the function: a grant was observed (https://dev.classmethod.jp/articles/tsnote-kms-when-using-a-kms-cmk-why-arent-i-denied-using-a-cmk-even-though-my-iam-and-key-policies-dont-allow-it-en),
//     and the reason why those need kms:CreateGrant and kms:Encrypt
//     (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html).
//   - Which operations ECR's grants are for; a repository's key is asked for once, when the repository is made.
//
// viaOfServices is the first of these.
const viaOfServices = false
