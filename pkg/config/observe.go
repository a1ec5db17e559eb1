package config

// Observe is how a service's deployments are watched over.
type Observe struct {
	// Phases measures each deployment that ends: lead time from push to live, and the time of its phases, as metrics
	// (docs/metrics.md). It costs the release function one call at each deployment's end. Default true.
	Phases *bool `json:"phases,omitempty"`
}

func (o *Observe) fill() { given(&o.Phases, true) }

// Measures reports whether deployments are measured by their phases. A function that an earlier version deployed was not
// told, and does.
func (o Observe) Measures() bool { return o.Phases == nil || *o.Phases }
