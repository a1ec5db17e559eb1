package elb

import "time"

// What AWS does not publish, and how it is here.
const (
	// Spread is how long a change of a listener or a rule takes until every node of a load balancer has heard of it.
	// AWS's documentation gives no figure; operators report seconds.
	Spread = 4 * time.Second
	// nodes of a load balancer. AWS says only that there is at least one in each zone.
	nodes = 4
)

// A client whose cookie names a target group that gets no share any more is sent where the weights say, and sticks
// there (choose). AWS's documentation does not say what becomes of such clients.
