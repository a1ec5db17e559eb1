package config

import "github.com/cutover-ecs/cutover/pkg/appspec"

// Deployed is what a function is told of the service it works for: the description, complete with its
// defaults, and what only the deployed stack knows. It travels in the function's environment.
type Deployed struct {
	// Service is complete: Parse filled in every default.
	Service Service
	// Stage is the lifecycle event that a verify function is bound to; empty for every other function. Only that one's
	// suite travels: the others are known to be there, and empty.
	Stage appspec.Event
	// Reports is where a verify function keeps its reports; empty for nowhere.
	Reports Shelf
	// Cluster is the ECS cluster's name.
	Cluster string
	// Base is the ARN of the stack's own task definition revision, which never runs. Of a service that stood already it is
	// its family's, without a number: there the base is what serves.
	Base string
	// Subnets and SecurityGroups are those of the tasks; the AppSpec carries them. Of a service that stood already there
	// are none: it has its own, which CodeDeploy takes when an AppSpec names no others.
	Subnets        []string
	SecurityGroups []string
	// AssignPublicIP is whether tasks get public addresses; false behind NAT.
	AssignPublicIP bool
}

// Suite is what the function judges by.
func (d Deployed) Suite() Suite { return d.Service.Suite(d.Stage) }

// Names of the deployed service.
func (d Deployed) Names() Names { return d.Service.Names(d.Cluster) }
