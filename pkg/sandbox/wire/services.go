package wire

// targets are the X-Amz-Target prefixes of the JSON services, and the names under which Smithy's RPC protocol
// knows them, with their signing names.
var targets = map[string]string{
	"AmazonEC2ContainerServiceV20141113":   "ecs",
	"CodeDeploy_20141006":                  "codedeploy",
	"AmazonEC2ContainerRegistry_V20150921": "ecr",
	"AWSEvents":                            "events",
	"AmazonSQS":                            "sqs",
	"Logs_20140328":                        "logs",
	"GraniteServiceVersion20100801":        "monitoring",
	"AmazonSSM":                            "ssm",
	"secretsmanager":                       "secretsmanager",
	"TrentService":                         "kms",
	"ServiceQuotasV20190624":               "servicequotas",
	"AnyScaleFrontendService":              "application-autoscaling",
}

// namespaces are the XML namespaces of the query services' answers.
var namespaces = map[string]string{
	"elasticloadbalancing": "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
	"sns":                  "http://sns.amazonaws.com/doc/2010-03-31/",
	"sts":                  "https://sts.amazonaws.com/doc/2011-06-15/",
	"iam":                  "https://iam.amazonaws.com/doc/2010-05-08/",
	"cloudformation":       "http://cloudformation.amazonaws.com/doc/2010-05-15/",
	"monitoring":           "http://monitoring.amazonaws.com/doc/2010-08-01/",
}

// versions are the query services by the Version that their requests carry.
var versions = map[string]string{
	"2015-12-01": "elasticloadbalancing",
	"2010-03-31": "sns",
	"2011-06-15": "sts",
	"2010-05-08": "iam",
	"2010-05-15": "cloudformation",
	"2010-08-01": "monitoring",
}

// statuses are the HTTP statuses of error codes in the query and REST protocols, where they are not 400. From
// the services' models (github.com/boto/botocore, data/*/service-2.json).
var statuses = map[string]int{
	"AccessDenied":                  403,
	"AccessDeniedException":         403,
	"AuthorizationError":            403,
	"ConflictException":             409,
	"ConcurrentModification":        409,
	"DeleteConflict":                409,
	"EntityAlreadyExists":           409,
	"ExpiredToken":                  403,
	"InvalidClientTokenId":          403,
	"LimitExceeded":                 409,
	"NoSuchEntity":                  404,
	"NotFound":                      404,
	"PreconditionFailedException":   412,
	"RequestEntityTooLarge":         413,
	"RequestTooLargeException":      413,
	"ResourceConflictException":     409,
	"ResourceNotFound":              404,
	"ResourceNotFoundException":     404,
	"ResourceNotReadyException":     502,
	"InvalidRuntimeException":       502,
	"InvalidZipFileException":       502,
	"ServiceQuotaExceededException": 402,
	"Throttled":                     429,
	"ThrottlingException":           429,
	"TooManyRequestsException":      429,
	"UnsupportedMediaTypeException": 415,
}

// queryCodes are the codes that errors of services which once spoke query keep for their old clients, by the SDK's
// package and the shape's name. From the awsQueryError traits in github.com/aws/aws-sdk-go-v2,
// codegen/sdk-codegen/aws-models/sqs.json and cloudwatch.json.
var queryCodes = map[string]string{
	"cloudwatch.DashboardInvalidInputError":           "InvalidParameterInput",
	"cloudwatch.DashboardNotFoundError":               "ResourceNotFound",
	"cloudwatch.InternalServiceFault":                 "InternalServiceError",
	"cloudwatch.InvalidFormatFault":                   "InvalidFormat",
	"cloudwatch.InvalidParameterCombinationException": "InvalidParameterCombination",
	"cloudwatch.InvalidParameterValueException":       "InvalidParameterValue",
	"cloudwatch.LimitExceededFault":                   "LimitExceeded",
	"cloudwatch.MissingRequiredParameterException":    "MissingParameter",
	"sqs.BatchEntryIdsNotDistinct":                    "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
	"sqs.BatchRequestTooLong":                         "AWS.SimpleQueueService.BatchRequestTooLong",
	"sqs.EmptyBatchRequest":                           "AWS.SimpleQueueService.EmptyBatchRequest",
	"sqs.InvalidBatchEntryId":                         "AWS.SimpleQueueService.InvalidBatchEntryId",
	"sqs.KmsAccessDenied":                             "KMS.AccessDeniedException",
	"sqs.KmsDisabled":                                 "KMS.DisabledException",
	"sqs.KmsInvalidKeyUsage":                          "KMS.InvalidKeyUsageException",
	"sqs.KmsInvalidState":                             "KMS.InvalidStateException",
	"sqs.KmsNotFound":                                 "KMS.NotFoundException",
	"sqs.KmsOptInRequired":                            "KMS.OptInRequired",
	"sqs.KmsThrottled":                                "KMS.ThrottlingException",
	"sqs.MessageNotInflight":                          "AWS.SimpleQueueService.MessageNotInflight",
	"sqs.PurgeQueueInProgress":                        "AWS.SimpleQueueService.PurgeQueueInProgress",
	"sqs.QueueDeletedRecently":                        "AWS.SimpleQueueService.QueueDeletedRecently",
	"sqs.QueueDoesNotExist":                           "AWS.SimpleQueueService.NonExistentQueue",
	"sqs.QueueNameExists":                             "QueueAlreadyExists",
	"sqs.TooManyEntriesInBatchRequest":                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
	"sqs.UnsupportedOperation":                        "AWS.SimpleQueueService.UnsupportedOperation",
}
