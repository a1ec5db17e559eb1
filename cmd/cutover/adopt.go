package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	cutover "github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/doctor"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

type adoptCommand struct {
	Service string `arg:"" help:"The ECS service's name."`
	Cluster string `default:"default" help:"The ECS cluster that it is in."`
	App     string `help:"CodeDeploy's application. Without it, the deployment group that deploys the service is looked for."`
	Group   string `help:"CodeDeploy's deployment group; goes with --app."`

	Name       string   `help:"What the service is called in the configuration. Default: its name in lower case, with hyphens."`
	Tag        string   `help:"Which pushes release it, such as 'v*'. Default: what follows from the tag that runs, where something does."`
	ServerName string   `help:"The name that the certificate of an HTTPS test listener is for."`
	Subnet     []string `help:"A private subnet for the verify function; several times. Default: those of the tasks."`
	NAT        []string `name:"nat" help:"An address by which those subnets leave; several times."`

	Write string `type:"path" placeholder:"cdk.json" help:"Add the service to this file's context.cutover, instead of printing it."`
	JSON  bool   `name:"json" help:"Write JSON."`
}

// Help teaches by example.
func (adoptCommand) Help() string {
	return `Reads a service that stands and that CodeDeploy deploys, and writes the configuration by which its pushes deploy it. Says what is taken as it stands and everything that is in the way, at once. Changes nothing in AWS: the stack then adds only what watches over it (docs/adopt.md).

    cutover adopt shop-web --cluster prod
    cutover adopt shop-web --cluster prod --tag 'v*' --write cdk.json
    cutover adopt shop-web --cluster prod --app shop-app --group shop-group --json | jq .inTheWay

Exit code: 0, it can be adopted; 1, something is in the way; 2, it could not be looked at, or the file not be written.`
}

// Run looks, tells, and writes.
func (c adoptCommand) Run(s *stage) error {
	if (c.App == "") != (c.Group == "") {
		return unusable{errors.New("--app and --group go together")}
	}
	cfg, err := credentials(s)
	if err != nil {
		return unusable{err}
	}
	found, err := doctor.Adopt(s.ctx, c.candidate(), doctor.Through(cfg), doctor.FindersThrough(cfg))
	if err != nil {
		return unusable{err}
	}
	if err := c.show(s.out, found); err != nil {
		return err
	}
	if n := len(found.InTheWay); n > 0 {
		return coded{1, fmt.Errorf("%s in the way of adopting %s; nothing was written", plural(n, "thing is", "things are"), c.Service)}
	}
	if c.Write == "" {
		return nil
	}
	return c.write(s.errout, found)
}

var noName = regexp.MustCompile(`[^a-z0-9]+`)

func (c adoptCommand) candidate() doctor.Candidate {
	name := c.Name
	if name == "" {
		name = strings.Trim(noName.ReplaceAllString(strings.ToLower(c.Service), "-"), "-")
	}
	return doctor.Candidate{
		Name: name, Cluster: c.Cluster, Service: c.Service, Application: c.App, Group: c.Group,
		Tag: c.Tag, ServerName: c.ServerName, Subnets: c.Subnet, NAT: c.NAT,
	}
}

func (c adoptCommand) show(out io.Writer, a doctor.Adoption) error {
	if c.JSON {
		return printJSON(out, a)
	}
	for _, part := range []struct {
		heading string
		all     []doctor.Finding
	}{{"In the way:", a.InTheWay}, {"Worth a look:", a.Warnings}} {
		if len(part.all) == 0 {
			continue
		}
		fmt.Fprintln(out, part.heading)
		for _, f := range part.all {
			fmt.Fprintf(out, "  - %s%s\n    fix: %s\n", f.Evidence, ofPitfall(f.Pitfall), f.Fix)
		}
	}
	fmt.Fprintln(out, "Taken as it stands:")
	for _, sentence := range a.Adopted {
		fmt.Fprintf(out, "  - %s\n", sentence)
	}
	if len(a.InTheWay) > 0 || c.Write != "" {
		return nil
	}
	text, err := cutover.Merge([]byte(`{}`), a.Service, a.Network, policy.Range)
	if err != nil {
		return unusable{err}
	}
	_, err = fmt.Fprintf(out, "Its configuration, which --write adds to a cdk.json:\n%s", text)
	return err
}

func ofPitfall(pitfall int) string {
	if pitfall == 0 {
		return ""
	}
	return fmt.Sprintf(" (pitfall %d)", pitfall)
}

// write adds the service to the file.
func (c adoptCommand) write(out io.Writer, a doctor.Adoption) error {
	is, err := os.Stat(c.Write)
	if err != nil {
		return unusable{fmt.Errorf("the file that the service is to be added to cannot be read: %w", err)}
	}
	before, err := os.ReadFile(c.Write)
	if err != nil {
		return unusable{err}
	}
	after, err := cutover.Merge(before, a.Service, a.Network, policy.Range)
	if err != nil {
		return unusable{err}
	}
	if err := os.WriteFile(c.Write, after, is.Mode().Perm()); err != nil {
		return unusable{err}
	}
	fmt.Fprintf(out, "%s has the service %s now. Say in its verify what a version must hold, and deploy the stacks: the first look releases the newest image that its policy takes.\n", c.Write, a.Service.Name)
	return nil
}
