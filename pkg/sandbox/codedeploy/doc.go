// Package codedeploy plays AWS CodeDeploy for the ECS compute platform: its control plane and its engine.
//
// A deployment goes through the rows of one table (steps.go), which reads as
// https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-ecs.html does. All work on ECS, Elastic
// Load Balancing, Lambda and CloudWatch goes over the wire as the deployment group's service role, so that what the
// role may not do fails here as it fails in AWS. What AWS does not document is decided in one place (assumptions.go).
//
// Limits: the EC2/On-Premises and Lambda platforms, Network Load Balancers' own behaviour, revisions in S3 and
// GitHub, and SNS triggers (kept, not sent) are absent; each is refused by name where it would matter.
package codedeploy
