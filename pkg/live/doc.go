// Package live is what stands in AWS for one service: its deployment, task sets, listeners and health, and the lean
// SDK configuration to look at it.
//
// It knows the marks that Cutover leaves in AWS and reads back: the wish (a short hash in a deployment's
// description and a revision's tags) and the operator's tags on the ECS service. It reads and never writes; the
// interfaces that it reads through are part of the IAM policy of whoever calls it.
package live
