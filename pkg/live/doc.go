// Package live is what stands in AWS for one service, and the lean SDK configuration to look at it.
//
// It knows the marks that Cutover leaves in AWS and reads back: the wish (a short hash in a deployment's
// description and in a revision's tags) and the operator's tags on the ECS service. It only looks: nothing here
// changes anything in AWS.
package live
