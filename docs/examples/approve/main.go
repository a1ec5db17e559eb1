// The approve function is an example of a gate: it lets a release through when somebody has approved its images. Who
// approves names a tag, or a digest, in the function's variable APPROVED, and CloudTrail keeps who that was:
//
//	aws lambda update-function-configuration --function-name approve --environment 'Variables={APPROVED="v7,v8"}'
//
// It depends on nothing of Cutover's: a gate may be written in any language.
package main

import "github.com/aws/aws-lambda-go/lambda"

func main() { lambda.Start(decide) }
