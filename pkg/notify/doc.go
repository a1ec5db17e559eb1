// Package notify tells people what becomes of each push: one story from its arrival to its end.
//
// Nobody is asked to tell: Lambda itself hands on what the release, verify and watch functions answered (their on-success
// destination), CodeDeploy's events say that a deployment began or ended, and between the two a Notifier follows the
// deployment by reading it. So no function that deploys makes a call, waits or needs a permission for a message.
//
// Each step becomes one event of the source "cutover" on the default event bus, in the form of event.schema.json, among
// them the two that AWS has not: production traffic moved, and the termination wait began. A rule for each destination
// hands the events back to the function, one invocation for each destination and step: one that is down, slow or answers
// nonsense delays no deployment and no other destination, is tried again by itself, and its letters end in the
// function's own dead-letter queue.
//
// It remembers nothing. A step may be told more than once, always with the same id, and late, with its own time.
package notify
