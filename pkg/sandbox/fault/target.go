package fault

import (
	"errors"
	"net"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/ecs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/elb"
)

// Target befalls requests and health checks on their way to tasks: the tasks are slow, or answer an error.
type Target struct {
	Group    string        `arg:"" optional:"" help:"The target group's name; * matches."`
	Service  string        `help:"Only tasks of this ECS service; * matches."`
	Revision string        `help:"Only tasks of this revision, family:number; * matches."`
	Only     string        `enum:",checks,requests" default:"" help:"Only health checks, or only requests."`
	Status   int           `help:"Answer this status in the task's stead."`
	Delay    time.Duration `help:"Answer so much later, in real time."`
	Skip     int           `help:"Let the first ones pass."`
	Times    int           `help:"How often; 0 is always."`
	Chance   float64       `help:"Strike with this chance, drawn from the seed; 0 is always."`
}

// Values of Target.Only.
const (
	Checks   = "checks"
	Requests = "requests"
)

// Kind implements Fault.
func (Target) Kind() string { return "target" }

func (f Target) when() when { return when{f.Skip, f.Times, f.Chance} }

func (f Target) check() error {
	switch {
	case f.Only != "" && f.Only != Checks && f.Only != Requests:
		return errors.New("only checks or requests can be chosen")
	case f.Status == 0 && f.Delay <= 0:
		return errors.New("a status or a delay is needed")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return errors.New("a status lies between 200 and 599")
	}
	return checkPattern(f.Group, f.Service, f.Revision)
}

type origin struct {
	ecs.Origin
	told map[int]bool // faults that the trail has told of for this task
}

// Attached remembers whose address it is; it has the form of ecs's Options.Attached.
func (p *Plan) Attached(ip string, o ecs.Origin) (detached func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.origins[ip] = origin{o, map[int]bool{}}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.origins, ip)
	}
}

// Target says what befalls a request or a health check; it has the form of elb's Options.Disturb. The trail tells of
// each fault once a task.
func (p *Plan) Target(group, addr string, check bool) (d elb.Disturbance) {
	if p.count.Load() == 0 {
		return d
	}
	ip, _, _ := net.SplitHostPort(addr)
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.origins[ip]
	for _, e := range p.entries {
		f, ok := e.fault.(Target)
		if !ok || f.Only == Checks && !check || f.Only == Requests && check ||
			!like(f.Group, group) || !like(f.Service, o.Service) || !like(f.Revision, o.Revision) || !e.strikes() {
			continue
		}
		d.Delay += f.Delay
		if f.Status != 0 {
			d.Status = f.Status
		}
		if o.told != nil && !o.told[e.id] {
			o.told[e.id] = true
			p.tell("elasticloadbalancing", "Target", addr, "%s answers %s", o.Revision, f.words())
		}
	}
	return d
}

func (f Target) words() string {
	text := "as it does"
	if f.Status != 0 {
		text = statusText(f.Status)
	}
	if f.Delay > 0 {
		text += ", " + f.Delay.String() + " late"
	}
	if f.Only != "" {
		text += " (" + f.Only + ")"
	}
	return text
}
