package fault

import "errors"

// Wait skips waits of the control plane as they begin: they last no time.
type Wait struct {
	Name   string  `arg:"" help:"The wait's name, such as termination-wait, traffic-shift or hook; * matches."`
	Skip   int     `help:"Let the first ones pass."`
	Times  int     `help:"How often; 0 is always."`
	Chance float64 `help:"Strike with this chance, drawn from the seed; 0 is always."`
}

// Kind implements Fault.
func (Wait) Kind() string { return "wait" }

func (f Wait) when() when { return when{f.Skip, f.Times, f.Chance} }

// unskippable waits pace loops, which would spin without them.
var unskippable = []string{"health-check", "alarm-period", "schedule"}

func (f Wait) check() error {
	if f.Name == "" || f.Name == "*" {
		return errors.New("a wait's name is needed: skipped waits of loops would make them spin")
	}
	for _, name := range unskippable {
		if like(f.Name, name) && f.Times == 0 {
			return errors.New("times is needed: " + name + " paces a loop, which would spin without it")
		}
	}
	return checkPattern(f.Name)
}

// Skips says whether a wait is skipped; it has the form of clock's SkipIf.
func (p *Plan) Skips(name string) bool {
	struck := strike(p, func(f Wait) bool { return like(f.Name, name) })
	if len(struck) > 0 {
		p.tell("clock", "Wait", "", "%s skipped", name)
	}
	return len(struck) > 0
}
