// Package live is what stands in AWS for one service, and the lean SDK configuration to look at it.
//
// It knows the marks that Cutover leaves in AWS and reads back: the wish (a short hash in a deployment's
// description and a revision's tags) and the operator's tags on the ECS service. Everything here but Settings'
// transport is pure: it reads answers of the SDK's own types and calls nothing.
package live
