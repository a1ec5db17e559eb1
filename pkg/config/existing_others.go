package config

import (
	"reflect"
	"slices"
	"strings"
)

// Why keys are of no use to a service that stands already.
const (
	byRevision = "is of the revision that serves, which every new one is made of: register a revision and deploy it by hand, and Cutover goes on from there"
	byService  = "is the service's own and stays as it is: change it where the service was made"
	byBalancer = "is of the load balancer that stands and stays as it is: change it where that was made"
	byGroup    = "is the deployment group's own and stays as it is: change it where that was made"
)

// ofExisting are the keys below these objects that say something to Cutover itself, so that a service which stands
// may have them; all others are refused with the reason.
var ofExisting = []struct {
	object string
	of     func(Service) any
	keys   []string
	why    string
}{
	{"task", func(s Service) any { return s.Task }, []string{"container", "port"}, byRevision},
	{"loadBalancer", func(s Service) any { return s.LoadBalancer }, []string{"internal", "productionPort", "testPort"}, byBalancer},
	{"deployment", func(s Service) any { return s.Deployment }, []string{"config", "hooks", "terminationWait"}, byGroup},
}

// checkOthers refuses what only resources have that a stack would make. It wants the service as it was written, before
// any default.
func (s Service) checkOthers(path string, f *Findings) {
	if !s.Adopted() {
		return
	}
	if s.DesiredCount != nil {
		f.add(path+".desiredCount", "%s", byService)
	}
	if s.Scaling != nil {
		f.add(path+".scaling", "%s. Say existing.scaled so that deployments hold the scaling still that it has", byService)
	}
	for _, o := range ofExisting {
		v := reflect.ValueOf(o.of(s))
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if !v.Field(i).IsZero() && !slices.Contains(o.keys, name) {
				f.add(path+"."+o.object+"."+name, "%s", o.why)
			}
		}
	}
}

// checkExistingWay asks whether the verify function can reach the test listener of a service that stands.
func (c Config) checkExistingWay(s Service, f *Findings) {
	v := c.Platform.VPC
	switch {
	case s.LoadBalancer.Internal && v.ID == "":
		f.add("platform.vpc.id", "is missing: the load balancer of %q is internal, so its verify function must stand in the same network", s.Name)
	case !s.LoadBalancer.Internal && s.Existing.SecurityGroup != "" && v.ID != "" && len(v.NATAddresses) == 0:
		f.add("platform.vpc.natAddresses", "must name the public addresses that the private subnets leave by: "+
			"the hook of %q reaches its internet-facing test listener from there", s.Name)
	case !s.LoadBalancer.Internal && v.Egress == Endpoints:
		f.add("platform.vpc.egress", "%q leaves no way to the internet, where the test listener of %q is", v.Egress, s.Name)
	}
}
