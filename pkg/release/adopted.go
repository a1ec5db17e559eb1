package release

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/appspec"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// desired is what is wished for by the description, an operator's orders and what stands.
func (l *Loop) desired(o Observed) Desired {
	d := asked(Wanted(l.deployed, o.Images), o)
	if d.Service.Adopted() {
		d.standOn(o)
	}
	return d
}

// standOn makes what serves the base of the wish. A service that stood already has no base of its own: its settings are
// those of PRIMARY's revision and task set, so that whoever changes them, by a deployment made by hand, changes the
// base. In the wish the base is its family and a hash of what it says, which is the same of every revision that is made
// of it.
func (d *Desired) standOn(o Observed) {
	if o.Base == nil || o.Base.Definition == nil {
		return // there is no PRIMARY, which is waited for
	}
	var mapped []string
	for _, image := range d.Service.Wanted() {
		mapped = append(mapped, containerOf(image, d.Names))
	}
	if content, err := o.Base.Content(mapped); err == nil {
		d.Wish.Base += ":" + content
	}
	primary, _ := live.Primary(o.Service)
	d.Wish.Settings = settingsLike(*o.Service, primary)
}

// settingsLike are those of a task set, as an AppSpec says them. Security groups are needed in it; a task set without has
// the network's default one, which it then keeps by saying nothing. The version of the platform that a service asks for
// is told of the service; a task set tells to which one it led.
func settingsLike(s ecstypes.Service, primary ecstypes.TaskSet) live.Settings {
	var like live.Settings
	if v := aws.ToString(s.PlatformVersion); v != latest {
		like.PlatformVersion = v
	}
	for _, c := range primary.CapacityProviderStrategy {
		like.CapacityProviders = append(like.CapacityProviders, appspec.CapacityProvider{
			CapacityProvider: aws.ToString(c.CapacityProvider), Base: int(c.Base), Weight: int(c.Weight),
		})
	}
	if n := primary.NetworkConfiguration; n != nil && n.AwsvpcConfiguration != nil && len(n.AwsvpcConfiguration.SecurityGroups) > 0 {
		v := n.AwsvpcConfiguration
		like.Network = &appspec.Network{
			Subnets: v.Subnets, SecurityGroups: v.SecurityGroups,
			AssignPublicIP: string(cmp.Or(v.AssignPublicIp, ecstypes.AssignPublicIpDisabled)),
		}
	}
	return like
}

// latest is the platform version that an AppSpec asks for by naming none.
const latest = "LATEST"

// fulfilled reports whether PRIMARY is what is wished for. Of a service that stood already every wish is PRIMARY with
// other images, so that it is fulfilled by whatever runs its images, whoever deployed them.
func (o Observed) fulfilled(d Desired) bool {
	return o.Primary.Fulfils(d.Wish) || d.Service.Adopted() && o.runs(d.Wish.Images)
}
