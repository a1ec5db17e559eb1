// Package watch ends a deployment whose green cannot start, with the cause.
//
// CodeDeploy knows no circuit breaker: a green whose tasks never run, or never get healthy, is waited for during an
// hour (https://docs.aws.amazon.com/codedeploy/latest/userguide/troubleshooting-ecs.html). A Watcher is woken by each
// task that stopped and looks at what stands in AWS: after the allowed number of failed starts it stops the deployment
// with rollback and says why in one paragraph, with the container's last log lines, secrets masked.
//
// It remembers nothing. Failed starts are counted among the task set's stopped tasks, which ECS tells of for an hour,
// so that an event that is lost, late, doubled or not ours changes nothing in the end. It acts only while green is
// being installed: once green has started, the hook and the alarms judge it.
package watch
