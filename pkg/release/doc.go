// Package release is the loop that turns what is wished for into a CodeDeploy deployment: observe, decide, act.
//
// Events are hints. Whatever wakes the loop (an image push, a deployment's end, a stack update, an alarm gone
// quiet, a schedule), it looks at ECR, ECS and CodeDeploy anew and decides from that alone, so a lost, repeated
// or late event changes nothing in the end. Decide is pure and total and always gives its reason; its table
// stands in decide.go as one reads it.
//
// The loop keeps nothing of its own. A service has one writer (the function's reserved concurrency) and
// CodeDeploy is the lock: one deployment a group, and busy is an outcome, not an error. What was tried is told
// by the wish in the newest 25 deployments' descriptions; nothing is tried twice but by the stated rules.
//
// One image by exact tag costs at most 12 calls in 4 sequential rounds, all reads before all writes. Without an
// exact tag a call is added for every further 1,000 tagged images; each further repository adds one in the same round,
// and so does each image index, whose platforms are read before a revision is registered for it; a changed count or
// grace period adds one. A service that scales adds one read, in the first round, and for a deployment two writes
// before it: the mark and the suspension.
//
// A settle time is waited for by the push itself where Lambda brings its event back in time, within two minutes, and
// by the schedule otherwise; a push that was superseded meanwhile ends, because its successor's own event goes on.
package release
