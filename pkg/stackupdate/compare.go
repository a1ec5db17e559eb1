package stackupdate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Effect is what an update would do that it should not.
type Effect string

// The effects. What an update does otherwise, in place or by a replacement that nothing notices, is none.
const (
	Touched  Effect = "touched"  // the resource is frozen: the update fails, or moves users
	Replaced Effect = "replaced" // another resource takes its place
	Refused  Effect = "refused"  // it would have to be replaced under the name that it has, which CloudFormation refuses
	Removed  Effect = "removed"  // it is deleted
	Unknown  Effect = "unknown"  // its type is not in the table
)

// Change is one thing that an update would do and should not. Its JSON form is a promise of `cutover doctor --stack --json`.
type Change struct {
	Resource string `json:"resource"` // logical id
	Type     string `json:"type"`
	// Path in the template; empty when the whole resource is concerned.
	Path   string `json:"path,omitempty"`
	Effect Effect `json:"effect"`
	// Evidence is what would happen, Fix what to do, both without a full stop.
	Evidence string `json:"evidence"`
	Fix      string `json:"fix"`
}

type resource struct {
	Type           string         `json:"Type"`
	Properties     map[string]any `json:"Properties"`
	DeletionPolicy string         `json:"DeletionPolicy"`
}

type document struct {
	Resources map[string]resource `json:"Resources"`
}

// Frozen tells whether no update may touch the resource, whatever of it changes. CloudFormation sends all properties
// with any update: ECS refuses them for a service that CodeDeploy deploys
// (https://github.com/aws/aws-cdk/issues/7040), and a listener's actions move users to where the template says
// (https://github.com/aws/aws-cdk/issues/36649). A listener that leads elsewhere, such as from HTTP to HTTPS, is none
// of CodeDeploy's.
func Frozen(kind string, properties map[string]any) bool {
	switch kind {
	case "AWS::ECS::Service":
		controller, _ := properties["DeploymentController"].(map[string]any)
		return controller["Type"] == "CODE_DEPLOY"
	case "AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule":
		return strings.Contains(written(properties["DefaultActions"]), `"forward"`) || strings.Contains(written(properties["Actions"]), `"forward"`)
	}
	return false
}

// Compare finds what updating a stack from one template to the next would do and should not, by resource. What is
// changed through another resource that is replaced counts too.
func Compare(deployed, next []byte) ([]Change, error) {
	var was, is document
	if err := json.Unmarshal(deployed, &was); err != nil {
		return nil, fmt.Errorf("read the deployed template: %w", err)
	}
	if err := json.Unmarshal(next, &is); err != nil {
		return nil, fmt.Errorf("read the synthesized template: %w", err)
	}
	c := comparison{was: was.Resources, is: is.Resources, replaced: map[string]bool{}}
	for c.spread() { // until nothing more is replaced for something else's sake
	}
	changes := []Change{}
	for _, id := range slices.Sorted(maps.Keys(c.was)) {
		changes = append(changes, c.effects(id)...)
	}
	return changes, nil
}

type comparison struct {
	was, is  map[string]resource
	replaced map[string]bool
}

// spread finds resources that are replaced, given those that are known to be; false when there are no more.
func (c *comparison) spread() bool {
	before := len(c.replaced)
	for id, was := range c.was {
		is, stays := c.is[id]
		if !stays || c.replaced[id] {
			continue
		}
		semantics, _ := Of(is.Type)
		yes := was.Type != is.Type
		for _, property := range c.changed(id) {
			yes = yes || slices.Contains(semantics.Fixed, property)
		}
		if yes {
			c.replaced[id] = true
		}
	}
	return len(c.replaced) > before
}

// changed are the properties of a resource that differ, or whose values do because they come from a replaced one.
func (c *comparison) changed(id string) []string {
	was, is := c.was[id].Properties, c.is[id].Properties
	all := maps.Clone(was)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, is)
	var changed []string
	for _, property := range slices.Sorted(maps.Keys(all)) {
		if written(was[property]) != written(is[property]) || c.source(is[property]) != "" {
			changed = append(changed, property)
		}
	}
	return changed
}

// source is the replaced resource that a value comes from; empty when there is none.
func (c *comparison) source(value any) string {
	for _, name := range References(value) {
		if c.replaced[name] {
			return name
		}
	}
	return ""
}

// written is a value as a template writes it.
func written(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
