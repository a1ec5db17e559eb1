// Package events is EventBridge's default bus: rules with the whole pattern language, schedules, targets with
// input transformers, delivery with retries and dead letters.
//
// Targets are Lambda functions, SQS queues and SNS topics of the same account. Delivery is asynchronous, at least
// once and in no order, as on AWS. Waits pass on the sandbox's clock; a schedule never fires more often than once
// a second of real time. When Close returns, no goroutine of this package is left.
package events
