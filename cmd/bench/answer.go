package main

import (
	"context"
	"slices"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// answers races the release function, from the start of its process to the answer of its first event, against the
// same function with clients built the default way.
func answers(ctx context.Context, y *yard) (race, error) {
	e, err := y.firstEvent(ctx)
	if err != nil {
		return race{}, err
	}
	usual, err := y.build(ctx, "./cmd/bench/rivals/usual")
	if err != nil {
		return race{}, err
	}
	empty, err := y.build(ctx, "./functions/internal/empty")
	if err != nil {
		return race{}, err
	}
	unfitted := slices.DeleteFunc(slices.Clone(e.env), func(v string) bool { // the default way leaves Go's runtime as it is
		name, _, _ := strings.Cut(v, "=")
		_, ours := config.GoRuntime(memory)[name]
		return ours
	})
	const theirs, floor = "clients built the default way", "empty handler"
	return race{rounds: 101, lanes: []lane{
		e.answered(ours, e.env, e.release), e.answered(theirs, unfitted, usual), e.answered(floor, unfitted, empty),
	}, figures: []figure{
		{name: toAnswer, of: ours, over: theirs, quantity: wall, goal: 0.40, stretch: 0.30},
		{name: "release function: processor time of that", of: ours, over: theirs, quantity: cpu},
		{name: "release function: peak memory after it", of: ours, over: floor, quantity: peak, goal: 1.9, stretch: 1.5},
		{name: "clients built the default way: peak memory after it", of: theirs, over: floor, quantity: peak},
	}}, nil
}

// managedAnswers races it against handlers as users write them today, which are so slow that they have fewer rounds.
func managedAnswers(ctx context.Context, y *yard) (race, error) {
	e, err := y.firstEvent(ctx)
	if err != nil {
		return race{}, err
	}
	r := race{rounds: 15, lanes: []lane{e.answered(ours, e.env, e.release)}}
	for _, rival := range managed() {
		if rival.missing != "" {
			continue // named by the race of starts
		}
		r.lanes = append(r.lanes, e.answered(rival.name, append(e.env[:len(e.env):len(e.env)], "AWS_CA_BUNDLE="+e.bundle, "NODE_EXTRA_CA_CERTS="+e.bundle), rival.args...))
		r.figures = append(r.figures, figure{name: toAnswer, of: ours, over: rival.name, quantity: wall})
	}
	return r, nil
}

const toAnswer = "release function: start to first event answered over HTTPS"

// first is what both races of first events need: an AWS over HTTPS with the trust store of this machine, at which
// nothing is to be released, so that the event is all reads and the decision.
type first struct {
	*waking
	bundle string // of roots
}

func (y *yard) firstEvent(ctx context.Context) (e first, err error) {
	e.waking, err = y.waking(ctx, 0, func(f *front) (err error) {
		f.remember()
		e.bundle, err = f.secure(y.dir)
		return err
	})
	if err == nil {
		e.env = append(e.env, "SSL_CERT_FILE="+e.bundle)
	}
	return e, err
}

func (e first) answered(name string, env []string, args ...string) lane {
	return lane{name, func(ctx context.Context) (reading, error) { return e.cold(ctx, "answer", env, args...) }}
}
