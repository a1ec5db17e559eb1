// Package lambda runs functions as AWS Lambda runs them: the compiled bootstrap is a real process that talks to
// the real Runtime API, with the environment, the time-out, the concurrency, the retries and the answers that
// AWS documents (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
//
// A function's own time-out is never scaled; the waits between asynchronous attempts are. Functions are
// zip-packaged, unqualified ($LATEST) and run without isolation, as whoever runs the sandbox. When Close returns,
// no process and no goroutine of this package is left.
package lambda
