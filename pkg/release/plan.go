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
	// Primary is what production runs; nil when nothing does.
	Primary *live.Revision
	// Revision is what would be registered for the wish; nil when there is no wish or no base yet.
	Revision *ecs.RegisterTaskDefinitionInput
}

// Plan observes and decides as Handle does, and writes nothing. The service is taken as if it had these tags too, so
// that an order can be tried before it is given. Its errors are those of the reads, and of a base that has no place
// for the wish.
func (l *Loop) Plan(ctx context.Context, orders map[string]string) (Plan, error) {
	as := *l
	for key, value := range orders {
		as.asIf = append(as.asIf, ecstypes.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	o, err := as.observe(ctx)
	if err != nil {
		return Plan{}, err
	}
	d := Decide(asked(Wanted(l.deployed, o.Images), o), o)
	p := Plan{Decision: d, Primary: o.Primary}
	if o.Base != nil && len(d.Wish.Images) > 0 {
		p.Revision, err = Revise(o.Base, l.names.Family, d.Wish)
	}
	return p, err
}
