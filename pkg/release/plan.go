package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// Plan is what the loop would do now. Nothing was done.
type Plan struct {
	Decision Decision
	// Also are the reasons that would hold or refuse the wish once the decision's own is out of the way. One that is in
	// the decision's reason is not among them.
	Also []string
	// Unasked are sentences on what could not be asked with the credentials of who plans, and was taken to let the
	// wish through: the function may be told otherwise.
	Unasked []string
	// Chosen is what the policy leads to in the service's own container, whatever was ordered; zero when to nothing.
	Chosen live.Image
	// Wish is what is wished for, orders heeded; the decision may be about another one, when this is held.
	Wish live.Wish
	// Primary is what production runs; nil when nothing does.
	Primary *live.Revision
	// Revision is what would be registered for the wish; nil when there is no wish or no base yet.
	Revision *ecs.RegisterTaskDefinitionInput
}

// planning is how the event of a plan is told to a gate function.
const planning = "plan"

// Plan observes and decides as Handle does, and writes nothing. The service is taken as if it had these tags too, so
// that an order can be tried before it is given, and with again as if one more try of what is wished for were allowed.
// Scans, labels and the gate function are asked as the loop asks them; what the caller may not ask is told in Unasked. Its
// errors are those of the other reads, and of a base that has no place for the wish.
func (l *Loop) Plan(ctx context.Context, orders map[string]string, again bool) (Plan, error) {
	as, p := *l, Plan{}
	as.unasked = &p.Unasked
	for key, value := range orders {
		as.asIf = append(as.asIf, ecstypes.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	o, err := as.observe(ctx)
	if err != nil {
		return Plan{}, err
	}
	desired := l.desired(o)
	if again {
		desired.Retry = desired.Wish.Hash()
	}
	d := Decide(desired, o)
	if err := as.foresee(ctx, desired, &o, d); err != nil {
		return Plan{}, err
	}
	_, d, err = as.gate(ctx, Trigger{Event: planning}, desired, &o, Decide(desired, o))
	if err != nil {
		return Plan{}, err
	}
	p.Decision, p.Also, p.Wish, p.Primary = d, others(desired, o, d), desired.Wish, o.Primary
	for _, i := range Wanted(l.deployed, o.Images).Wish.Images {
		if i.Container == l.names.Container {
			p.Chosen = i
		}
	}
	if o.Base != nil && len(d.Wish.Images) > 0 {
		p.Revision, err = Revise(o.Base, l.names.Family, d.Wish)
	}
	return p, err
}

// foresee reads the scans and the label of what is wished for also where the loop leaves that out, because something else
// keeps the wish from being released now.
func (l *Loop) foresee(ctx context.Context, desired Desired, o *Observed, d Decision) error {
	if d.Verdict == Wait || d.Verdict == Current || desired.back {
		return nil
	}
	l.scan(ctx, desired, o, desired.Wish)
	_, err := l.read(ctx, desired, o, desired.Wish)
	return err
}

// others are the reasons of the table's other rows that would hold or refuse what is desired, and that of its scans, which
// a freeze comes before in its row.
func others(desired Desired, o Observed, d Decision) (reasons []string) {
	if d.Verdict == Wait || d.Verdict == Current {
		return nil
	}
	for _, r := range append(slices.Clone(table), row{decide: scanHolds}) {
		is, applies := r.decide(desired, o)
		if applies && (is.Verdict == Hold || is.Verdict == Refuse) && !strings.Contains(d.Reason, is.Reason) && !slices.Contains(reasons, is.Reason) {
			reasons = append(reasons, is.Reason)
		}
	}
	return reasons
}

// permitted reports, of a read that failed, whether the loop itself might have made it: who plans was denied it. It is
// noted as not asked.
func (l *Loop) permitted(what string, err error) bool {
	var denied smithy.APIError
	if l.unasked == nil || !errors.As(err, &denied) || !strings.HasPrefix(denied.ErrorCode(), "AccessDenied") {
		return false
	}
	if text := fmt.Sprintf("%s: you may not ask, and the release function is taken to get a yes: %v", what, err); !slices.Contains(*l.unasked, text) {
		*l.unasked = append(*l.unasked, text)
	}
	return true
}
