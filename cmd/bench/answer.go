package main

import (
	"context"
	"slices"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// answers races the release function, from the start of its process to the answer of its first event, against the
// same function with clients built the default way, over HTTPS with the trust store of this machine. The event is
// the schedule's, at a service where nothing is to be released: all reads, and the decision.
func answers(ctx context.Context, y *yard) (race, error) {
	a, err := y.account(ctx, 3600)
	if err != nil {
		return race{}, err
	}
	if err := a.quiet(ctx); err != nil {
		return race{}, err
	}
	f := y.front(a.host, 0)
	f.remember()
	bundle, err := f.secure(y.dir)
	if err != nil {
		return race{}, err
	}
	env, err := a.variables(ctx, a.names.ReleaseFunction, f.URL)
	if err != nil {
		return race{}, err
	}
	env = append(env, "SSL_CERT_FILE="+bundle)
	schedule, err := event("schedule")
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
	api := &rapid{event: schedule}
	contender := func(name string, env []string, args ...string) lane {
		return lane{name, func(ctx context.Context) (reading, error) { return api.cold(ctx, "answer", env, args...) }}
	}
	unfitted := slices.DeleteFunc(slices.Clone(env), func(v string) bool { // the default way leaves Go's runtime as it is
		name, _, _ := strings.Cut(v, "=")
		_, ours := config.GoRuntime(memory)[name]
		return ours
	})
	managedEnv := append(env[:len(env):len(env)], "AWS_CA_BUNDLE="+bundle, "NODE_EXTRA_CA_CERTS="+bundle)
	const ours, theirs, floor = "release", "clients built the default way", "empty handler"
	r := race{rounds: 31, lanes: []lane{
		contender(ours, env, "bin/local/release/bootstrap"), contender(theirs, unfitted, usual), contender(floor, unfitted, empty),
	}, figures: []figure{
		{name: "release function: start to first event answered over HTTPS", of: ours, over: theirs, quantity: wall, goal: 0.40, stretch: 0.30},
		{name: "release function: processor time of that", of: ours, over: theirs, quantity: cpu},
		{name: "release function: peak memory after it", of: ours, over: floor, quantity: peak, goal: 1.9, stretch: 1.5},
		{name: "clients built the default way: peak memory after it", of: theirs, over: floor, quantity: peak},
	}}
	for _, rival := range managed() {
		if rival.missing != "" {
			continue // named by the race of starts
		}
		r.lanes = append(r.lanes, lane{rival.name, func(ctx context.Context) (reading, error) { return api.cold(ctx, "answer", managedEnv, rival.args...) }})
		r.figures = append(r.figures, figure{name: "release function: start to first event answered over HTTPS", of: ours, over: rival.name, quantity: wall})
	}
	return r, nil
}
