package live

import "time"

// Past is a deployment, over or under way, as history tells it. Its JSON form is a promise of `cutover history --json`.
type Past struct {
	Deployment string     `json:"deployment"`
	Status     string     `json:"status"`
	Creator    string     `json:"creator"`
	Brought    string     `json:"brought"` // images, or what it rolls back
	Created    time.Time  `json:"created"`
	Completed  *time.Time `json:"completed,omitempty"`
	Seconds    float64    `json:"seconds,omitempty"`
	// Why it ended so; empty while nothing is known.
	Why       string `json:"why,omitempty"`
	Rollback  string `json:"rollbackDeploymentId,omitempty"`
	RollsBack string `json:"rollbackTriggeringDeploymentId,omitempty"`
}
