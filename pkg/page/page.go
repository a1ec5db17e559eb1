// Package page serves one page that shows a service and its deployment as they go: the way from push to end as a
// picture, lifecycle events, blue and green, traffic over time, checks, the reason when something fails, history.
//
// What it shows comes from one source, the one that the commands read: a Source tells how things stand and that they
// changed, Tell makes a State of it, and every open page gets that whole and then again at each change, as server-sent
// events. Nothing is read while no page is open.
//
// It answers on this machine only, at a URL that holds a random token, and to requests that name it as their host; what
// changes something must come from the page itself. Nothing on the page is loaded from elsewhere, and its policy lets
// nothing else run. Where Source.Do is nil the page shows and does nothing more.
package page

import (
	"context"
	"time"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/verify"
)

// Source is one service, and what can be done with it.
type Source struct {
	// Read tells how things stand. It is called by one goroutine at a time.
	Read func(context.Context) (Seen, error)
	// Changed returns a channel that the next change closes. nil: nobody tells, and Every says how often to look.
	Changed func() <-chan struct{}
	// Every is how often to look beside. 0: only when something changed.
	Every time.Duration
	// Seen is what the listeners have answered so far, by target group. nil: nobody counts, and the page draws the
	// weights in its stead.
	Seen func() Answered
	// Waits that can be skipped now, by name. nil: none ever.
	Waits func() []Wait
	// Do does one of the Actions. nil: the page only shows.
	Do func(context.Context, Order) (Done, error)
	// Actions that Do knows.
	Actions []string
	// On are the actions that are in effect, such as users who go on sending requests. nil: none ever.
	On func() []string
}

// Seen is a service as Source.Read found it.
type Seen struct {
	live.Status
	// Undone is the deployment that the newest one rolls back; nil when it rolls back none.
	Undone *live.DeploymentStatus
	// Past are the newest deployments, the newest first.
	Past []live.Past
	// Progress of the checks of the deployment that is shown, as they were made.
	Progress []verify.Progress
	// Verdict on it; nil while there is none.
	Verdict *verify.Verdict
	// Said is what the release loop said last; nil when it said nothing lately.
	Said *Said
}

// Said is a decision of the release loop.
type Said struct {
	At       time.Time `json:"at"`
	Decision string    `json:"decision"`
	Reason   string    `json:"reason"`
	// Released says that something goes on, or had nothing to do: there is no need to explain it.
	Released bool `json:"released"`
}

// Answered are counts since the beginning.
type Answered struct{ Production, Test map[string]Count } // by target group

// Count of requests.
type Count struct{ All, Failed int64 }

// Wait is one that is under way.
type Wait struct {
	Name string `json:"name"`
	// Until it ends by itself.
	Until time.Time `json:"until"`
}

// Order is what is to be done.
type Order struct {
	// Action is one of Source.Actions.
	Action string `json:"-"`
	// Confirmed says that the plan was told and agreed to.
	Confirmed bool `json:"confirmed"`
	// Wait to skip.
	Wait string `json:"wait"`
}

// Done is what came of an order.
type Done struct {
	// Plan, when there is one, is what would be done: nothing was, and the order is to be confirmed.
	Plan []string `json:"plan,omitempty"`
	// Did are sentences.
	Did []string `json:"did,omitempty"`
}
