package release

import "github.com/cutover-ecs/cutover/pkg/live"

// suspended, pinned and blocked are the operator's tags on the ECS service.
func suspended(_ Desired, o Observed) (Decision, bool) {
	if order := o.hand().Suspend; order != nil {
		return Decision{Verdict: Hold, Reason: byHand("releases are suspended", order)}, true
	}
	return Decision{}, false
}

func imageHeldByHand(desired Desired, o Observed) (Decision, bool) {
	hand := o.hand()
	for _, i := range desired.Wish.Images {
		if hand.Pin != nil && !hand.Pin.Names(i) {
			return Decision{Verdict: Hold, imagesHeld: true, Reason: byHand("the service is pinned", hand.Pin)}, true
		}
		if hand.Blocked.Names(i) {
			return Decision{Verdict: Hold, imagesHeld: true, Reason: byHand(i.Name()+" is blocked", hand.Blocked)}, true
		}
	}
	return Decision{}, false
}

func (o Observed) hand() live.Hand { return live.ReadHand(live.Tags(o.Service.Tags), o.At) }

func byHand(what string, order *live.Order) string {
	if order.Text == "" {
		return what
	}
	return what + ": " + order.Text
}
