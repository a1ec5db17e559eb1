package release

import (
	"slices"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// suspended, and the images that are pinned, blocked or passed over, are by the operator's tags on the ECS service.
func suspended(_ Desired, o Observed) (Decision, bool) {
	if order := o.hand().Suspend; order != nil {
		return Decision{Verdict: Hold, Reason: byHand("releases are suspended", order)}, true
	}
	return Decision{}, false
}

func imageHeldByHand(desired Desired, o Observed) (Decision, bool) {
	hand := o.hand()
	var held, texts []string
	for _, i := range desired.Wish.Images {
		switch {
		case hand.Pin != nil && !hand.Pin.Names(i):
			texts = append(texts, byHand("the service is pinned", hand.Pin)+pinMissing(desired, i))
		case hand.Blocked.Names(i):
			texts = append(texts, byHand(i.Name()+" is blocked", hand.Blocked))
		case hand.Pin == nil && desired.Asked == "" && i.Container == desired.Names.Container && passesOver(hand.Deploy, i) && !o.runs([]live.Image{i}):
			texts = append(texts, byHand(i.Name()+" is passed over", hand.Deploy)+"; what was asked for is blocked, or not in the repository any more")
		default:
			continue
		}
		held = append(held, i.Container)
	}
	if len(held) == 0 {
		return Decision{}, false
	}
	return Decision{Verdict: Hold, imagesHeld: true, held: held, Reason: strings.Join(slices.Compact(texts), "; ")}, true
}

func (o Observed) hand() live.Hand { return live.ReadHand(live.Tags(o.Service.Tags), o.At) }

func byHand(what string, order *live.Order) string {
	if order == nil || order.Text == "" {
		return what
	}
	return what + ": " + order.Text
}
