package cfn

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// resource is a created resource: what Ref and Fn::GetAtt give.
type resource struct {
	id         string
	attributes map[string]any
}

// change is one resource on its way: its properties are resolved, and those that a creator has taken out are its own
// business; the rest must be members of the call's input.
type change struct {
	ctx        context.Context
	service    *Service
	stack      string
	logical    string
	kind       string
	properties map[string]any
	// Of a resource that stands: what it is, and its properties before.
	standing resource
	was      map[string]any
}

// creator creates or updates a resource. With an error it returns the resource that exists nevertheless, if any.
type creator func(*change) (resource, error)

// nothing is for types without behaviour and identity.
func nothing(c *change) (resource, error) { return resource{id: c.generated()}, nil }

// same is the update of a resource that has nothing to update in place.
func same(c *change) (resource, error) { return c.standing, nil }

// leave is the deletion of a resource that nothing stands behind.
func leave(*change) error { return nil }

// call makes one call with the properties that are left as its input.
func call[Out, In any](c *change) (*Out, error) {
	if tags, ok := c.properties["Tags"].([]any); ok && len(tags) == 0 {
		delete(c.properties, "Tags") // services that take tags want at least one
	}
	in := new(In)
	if err := c.bind(in); err != nil {
		return nil, err
	}
	return wire.Call[Out](c.ctx, c.service.opts.Server, in)
}

// with makes one call with the given properties as its input.
func with[Out, In any](c *change, properties map[string]any) error {
	c.properties = properties
	_, err := call[Out, In](c)
	return err
}

func (c *change) bind(in any) error {
	unknown, err := wire.Bind(in, c.properties, wire.Fold)
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		return fmt.Errorf("the sandbox does not know the properties %s of %s", strings.Join(unknown, ", "), c.kind)
	}
	return nil
}

// take removes a property and returns it; nil when it is not there.
func (c *change) take(name string) any {
	v := c.properties[name]
	delete(c.properties, name)
	return v
}

// text puts a document, which a template writes as an object and the API takes as text, in its place as text.
func (c *change) text(name string) error {
	v, ok := c.properties[name].(map[string]any)
	if !ok {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.properties[name] = string(b)
	return nil
}

// name gives the resource the name that CloudFormation would make up where the template has none.
func (c *change) name(property string) string {
	if c.properties[property] == nil {
		c.properties[property] = c.generated()
	}
	return fmt.Sprint(c.properties[property])
}

func (c *change) generated() string {
	logical := c.logical
	if len(logical) > 24 {
		logical = logical[:24]
	}
	return c.stack + "-" + logical + "-" + strings.ToUpper(identifier(6))
}

// tagMap turns the template's list of tags into the map that some services take.
func (c *change) tagMap() {
	list, ok := c.properties["Tags"].([]any)
	if !ok {
		return
	}
	tags := map[string]any{}
	for _, t := range list {
		if pair, ok := t.(map[string]any); ok {
			tags[fmt.Sprint(pair["Key"])] = pair["Value"]
		}
	}
	c.properties["Tags"] = tags
}

func (c *change) arn(service, rest string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, c.service.opts.Server.Region(), c.service.opts.Server.Account(), rest)
}

// identifier is n random bytes in hexadecimal.
func identifier(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
