package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"time"
)

// course is a race that is prepared when its turn comes; end takes down what preparing put up.
type course struct {
	name    string
	prepare func(context.Context, *yard) (race, error)
}

var courses = []course{
	{"start", starts},
	{"answer", answers},
	{"managed", managedAnswers},
	{"release", releases},
	{"deploy", cliReleases},
	{"listener", listeners},
	{"shifts", shifts},
	{"bluegreen", bluegreens},
	{"growth", growths},
	{"synth", synths},
}

func run(ctx context.Context, args []string, out, errout io.Writer) int {
	if helped, code := help(ctx, args); helped {
		return code
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errout)
	only := flags.String("only", "", "`regexp` of the races to run: start, answer, managed, release, deploy, listener, shifts, bluegreen, growth, synth")
	rounds := flags.Float64("rounds", 1, "how many times as many rounds as usual")
	record := flags.Bool("record", false, "write the table, the figures and the plot into docs/")
	compare := flags.Bool("compare", false, "say what got worse against the recorded figures")
	verbose := flags.Bool("v", false, "show what the programs log")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	log := io.Discard
	if *verbose {
		log = errout
	}
	wanted, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(errout, "bench: -only:", err)
		return 2
	}
	told := table{Date: time.Now().UTC().Format(time.DateOnly), Machine: machine(), Go: runtime.Version()}
	for _, c := range courses {
		if !wanted.MatchString(c.name) {
			continue
		}
		fmt.Fprintf(errout, "%s …\n", c.name)
		if err := told.hold(ctx, c, *rounds, log); err != nil {
			fmt.Fprintf(errout, "bench: %s: %v\n", c.name, err)
			return 1
		}
	}
	told.print(out)
	if *compare {
		err = told.compare(out)
	}
	if *record && err == nil {
		err = told.write()
	}
	if err != nil {
		fmt.Fprintln(errout, "bench:", err)
		return 1
	}
	return 0
}

// hold runs one race in a yard of its own.
func (t *table) hold(ctx context.Context, c course, rounds float64, log io.Writer) error {
	y, err := newYard(log)
	if err != nil {
		return err
	}
	defer y.clear()
	r, err := c.prepare(ctx, y)
	if err != nil {
		return err
	}
	r.rounds = max(1, int(float64(r.rounds)*rounds))
	results, err := r.run(ctx, log)
	if err != nil {
		return err
	}
	t.Results = append(t.Results, results...)
	t.Missing = append(t.Missing, r.missing...)
	return nil
}
