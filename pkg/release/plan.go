package release

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// Plan is what the loop would do now. Nothing was done.
type Plan struct {
	Decision Decision
	// Chosen is what the policy leads to in the service's own container, whatever was ordered; zero when to nothing.
	Chosen live.Image
	// Wish is what is wished for, orders heeded; the decision may be about another one, when this is held.
	Wish live.Wish
	// Primary is what production runs; nil when nothing does.
	Primary *live.Revision
	// Revision is what would be registered for the wish; nil when there is no wish or no base yet.
	Revision *ecs.RegisterTaskDefinitionInput
}

// Plan observes and decides as Handle does, and writes nothing. The service is taken as if it had these tags too, so
// that an order can be tried before it is given, and with again as if one more try of what is wished for were allowed.
// Gates that ask somebody, the registry's scans and the gate function, are not asked. Its errors are those of the reads, and of a base that has no place
// for the wish.
func (l *Loop) Plan(ctx context.Context, orders map[string]string, again bool) (Plan, error) {
	as := *l
	for key, value := range orders {
		as.asIf = append(as.asIf, ecstypes.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	o, err := as.observe(ctx)
	if err != nil {
		return Plan{}, err
	}
	chosen := Wanted(l.deployed, o.Images)
	desired := l.desired(o)
	if again {
		desired.Retry = desired.Wish.Hash()
	}
	d := Decide(desired, o)
	p := Plan{Decision: d, Wish: desired.Wish, Primary: o.Primary}
	for _, i := range chosen.Wish.Images {
		if i.Container == l.names.Container {
			p.Chosen = i
		}
	}
	if o.Base != nil && len(d.Wish.Images) > 0 {
		p.Revision, err = Revise(o.Base, l.names.Family, d.Wish)
	}
	return p, err
}
