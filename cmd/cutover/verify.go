package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	cutover "github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/verify"
	"github.com/cutover-ecs/cutover/pkg/verify/page"
)

type verifyCommand struct {
	URL      string `arg:"" optional:"" help:"What to judge, such as http://localhost:8080."`
	Service  string `predictor:"service" help:"The service whose suite is run. Not needed when there is one."`
	Stage    string `help:"The lifecycle event whose suite is run, such as AfterAllowTraffic." default:"AfterAllowTestTraffic"`
	Against  string `placeholder:"URL" help:"Compare with what answers there, by the suite's own rules or, without any, the usual ones."`
	Identity string `help:"The tag or digest that version proof must find. Without it, none is asked."`
	HTML     string `name:"html" type:"path" help:"Write the report as a page to this file."`
	JSON     string `name:"json" help:"Write the report as JSON to this file; - is the standard output."`
	Lint     bool   `help:"Look at the suites only, ask nothing."`
	Config   string `short:"c" default:"cdk.json" type:"path" help:"The file whose context.cutover describes the services."`
}

// errVerdict is returned when a suite does not hold; the verdict has been told.
var errVerdict = errors.New("the suite does not hold")

// Run runs a service's suite against the URL as the hook does against green, but for what only a deployment has: the
// proof that green alone answers, and the wait for the listener.
func (c verifyCommand) Run(s *stage) error {
	all, err := cutover.Load(c.Config, policy.Range)
	if err != nil {
		return unusable{err}
	}
	services, err := all.Chosen(c.Service)
	if err != nil {
		return unusable{err}
	}
	if c.Lint {
		return lint(s.out, services)
	}
	if len(services) > 1 {
		_, err := all.Find("")
		return unusable{fmt.Errorf("say with --service whose suite to run: %w", err)}
	}
	base, err := baseOf(c.URL)
	if err != nil {
		return unusable{err}
	}
	stage := cutover.Event(c.Stage)
	if hooked := services[0].Hooked(); !slices.Contains(hooked, stage) {
		return unusable{fmt.Errorf("%s has no suite at %q; there are: %v", services[0].Name, c.Stage, hooked)}
	}
	client, suite, blue := verify.NewClient(), services[0].Suite(stage), ""
	if c.Against != "" {
		if blue, err = c.blue(base, suite); err != nil {
			return unusable{err}
		}
	}
	v := verify.Judge(s.ctx, client, base, suite, c.Identity)
	if blue != "" {
		v = verify.Against(s.ctx, client, v, blue, suite)
	}
	v.Service, v.Stage = services[0].Name, c.Stage
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	if err := c.write(s, v); err != nil {
		return unusable{err}
	}
	if v.Outcome != verify.Succeeded {
		return errVerdict
	}
	return nil
}

// blue is where to compare with, when the suite has something that can be compared in its time.
func (c verifyCommand) blue(green string, suite cutover.Suite) (string, error) {
	blue, err := baseOf(c.Against)
	if err != nil {
		return "", fmt.Errorf("--against: %w", err)
	}
	if blue == green {
		return "", errors.New("--against names what is judged itself; name another place")
	}
	return blue, suite.CheckComparison()
}

// lint tells what the suites ask; that they parse says that they are sound, but for their size.
func lint(out io.Writer, services []cutover.Service) error {
	var wrong cutover.Findings
	for i, service := range services {
		for _, event := range service.Hooked() {
			path, name := fmt.Sprintf("services[%d].verify", i), service.Name
			if event != cutover.Main {
				path, name = fmt.Sprintf("services[%d].stages.%s", i, event), name+" at "+string(event)
			}
			variables, err := cutover.Deployed{Service: service, Stage: event}.Environment()
			if err != nil {
				return unusable{err}
			}
			if n := len(variables[cutover.EnvService]); n > 4096-256 {
				wrong = append(wrong, cutover.Finding{Path: path, Problem: fmt.Sprintf(
					"makes the description %d bytes long, which a function's environment of 4096 bytes cannot hold; shorten bodies and texts", n)})
				continue
			}
			suite, compared := service.Suite(event), ""
			if c := suite.Compare; c != nil {
				routes := len(suite.Compared(*c))
				compared = fmt.Sprintf(", %s compared with blue in at least %s", plural(routes, "route", "routes"), c.Takes(routes))
			}
			fmt.Fprintf(out, "%s: %s%s, nothing wrong\n", name, plural(len(suite.Checks), "check", "checks"), compared)
		}
	}
	if len(wrong) > 0 {
		return unusable{wrong}
	}
	return nil
}

// baseOf is a URL without what a check adds.
func baseOf(text string) (string, error) {
	if text == "" {
		return "", errors.New("say what to judge: cutover verify http://localhost:8080")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", errors.New("the URL cannot be understood")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", fmt.Errorf("%q is not a URL such as http://localhost:8080", u.Redacted())
	case u.User != nil:
		return "", errors.New("the URL has credentials; write them into the suite's headers")
	case u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("the URL has a query or fragment, which belong into the suite's checks")
	}
	return strings.TrimSuffix(u.String(), "/"), nil
}

func (c verifyCommand) write(s *stage, v verify.Verdict) error {
	people := s.out
	if c.JSON == "-" {
		people = s.errout
	}
	printVerdict(people, v)
	if c.JSON != "" {
		if err := to(c.JSON, s.out, func(w io.Writer) error { return printJSON(w, v) }); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	if c.HTML != "" {
		if err := to(c.HTML, nil, func(w io.Writer) error { return page.Write(w, v) }); err != nil {
			return fmt.Errorf("write the page: %w", err)
		}
		fmt.Fprintf(people, "report: %s\n", filepath.Clean(c.HTML))
	}
	return nil
}

// to writes a file, or to out when the file is called "-". A report may tell more than everybody should read.
func to(name string, out io.Writer, write func(io.Writer) error) error {
	if name == "-" && out != nil {
		return write(out)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

func printVerdict(out io.Writer, v verify.Verdict) {
	fmt.Fprintf(out, "%s on %s\n\n", v.Service, v.URL)
	if p := v.Version; p != nil {
		fmt.Fprintf(out, "  version  expected %q, got %q\n", p.Want, p.Got)
	}
	for _, r := range v.Checks {
		result, status := "holds ", fmt.Sprint(r.Status)
		if !r.Holds() {
			result = "FAILED"
		}
		if r.Status == 0 {
			status = "  –"
		}
		tries := ""
		if r.Tries > 1 {
			tries = fmt.Sprintf("  (%d tries)", r.Tries)
		}
		fmt.Fprintf(out, "  %s  %s  %7.0f ms  %s%s\n", result, status, r.LatencyMS, r.Name, tries)
		for _, p := range r.Problems {
			fmt.Fprintf(out, "          %s\n", p)
		}
	}
	for _, name := range v.NotMade {
		fmt.Fprintf(out, "  not made               %s\n", name)
	}
	if l := v.Load; l != nil {
		result := "holds "
		if !l.Holds() {
			result = "FAILED"
		}
		fmt.Fprintf(out, "  %s  load %d/s for %.0f s: %d requests, %d failed; p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, slowest %.1f ms\n",
			result, l.Rate, l.Seconds, l.Requests, l.Errors, l.P50MS, l.P95MS, l.P99MS, l.MaxMS)
		for _, p := range l.Problems {
			fmt.Fprintf(out, "          %s\n", p)
		}
	}
	printComparison(out, v.Comparison)
	fmt.Fprintf(out, "\n%s after %.1f s: %s\n", v.Outcome, v.Seconds, v.Reason)
}
