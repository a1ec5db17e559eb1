package autoscaling

import "time"

// What AWS does not document, or only in part.
const (
	// minute is how often policies look, and the period of the metrics of ECS and of load balancers.
	minute = time.Minute
	// above and below are how many minutes in a row a metric has to be over its target, or under nine tenths of it. Those
	// are the alarms that AWS makes for a target tracking policy of an ECS service; it says that they may change
	// (https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html).
	above, below = 3, 15
	slack        = 0.9
	// cooldown is that of ECS where a policy names none
	// (https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html).
	cooldown = 300 * time.Second
)

// startsFrom is the capacity that is scaled from. AWS takes "the actual running task count", which during a blue/green
// deployment is that of both task sets
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-bluegreen.html). Tasks that are still
// starting are taken for running here.
func startsFrom(desired, running int32) int32 { return max(desired, running) }
