package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/cutover-ecs/cutover/pkg/doctor"
)

// stacks compares what is synthesized with what is deployed.
func (c doctorCommand) stacks(s *stage) error {
	synthesized, err := synthesized(os.DirFS(c.Assembly), c.Service)
	if err != nil {
		return unusable{fmt.Errorf("the synthesized stacks cannot be read from %s; run make synth first: %w", c.Assembly, err)}
	}
	cfg, err := credentials(s)
	if err != nil {
		return unusable{err}
	}
	api := cloudformation.NewFromConfig(cfg)
	reports, found := []doctor.StackReport{}, 0
	for _, one := range synthesized {
		r, err := doctor.CompareStack(s.ctx, api, one)
		if err != nil {
			return unusable{err}
		}
		if found += len(r.Findings); r.State != "" {
			found++
		}
		reports = append(reports, r)
	}
	if err := c.showStacks(s.out, reports); err != nil {
		return err
	}
	if found > 0 {
		return coded{1, fmt.Errorf("%s in the way of deploying the stacks", plural(found, "thing stands", "things stand"))}
	}
	return nil
}

// synthesized are the stacks of a cloud assembly, or the one of that name.
func synthesized(assembly fs.FS, only string) ([]doctor.Synthesized, error) {
	text, err := fs.ReadFile(assembly, "manifest.json")
	if err != nil {
		return nil, err
	}
	var manifest struct {
		Artifacts map[string]struct {
			Type       string `json:"type"`
			Properties struct {
				TemplateFile string `json:"templateFile"`
				StackName    string `json:"stackName"`
			} `json:"properties"`
		} `json:"artifacts"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	var all []doctor.Synthesized
	for _, id := range slices.Sorted(maps.Keys(manifest.Artifacts)) {
		a := manifest.Artifacts[id]
		name := a.Properties.StackName
		if name == "" {
			name = id
		}
		if a.Type != "aws:cloudformation:stack" || only != "" && only != name {
			continue
		}
		template, err := fs.ReadFile(assembly, a.Properties.TemplateFile)
		if err != nil {
			return nil, err
		}
		all = append(all, doctor.Synthesized{Name: name, Template: template})
	}
	if len(all) == 0 {
		return nil, errors.New("it has no such stack")
	}
	return all, nil
}

func (c doctorCommand) showStacks(out io.Writer, reports []doctor.StackReport) error {
	if c.JSON {
		return printJSON(out, reports)
	}
	for _, r := range reports {
		switch {
		case !r.Deployed:
			fmt.Fprintf(out, "stack %s is not deployed yet\n", r.Stack)
		case r.State == "" && len(r.Findings) == 0:
			fmt.Fprintf(out, "stack %s can be updated\n", r.Stack)
		default:
			fmt.Fprintf(out, "stack %s must not be updated so\n", r.Stack)
		}
		if r.State != "" {
			fmt.Fprintf(out, "  %s\n", r.State)
		}
		for _, f := range r.Findings {
			where := f.Path
			if where == "" {
				where = "Resources." + f.Resource
			}
			fmt.Fprintf(out, "  %-8s %s (%s)\n           %s\n           fix: %s\n", f.Effect, where, f.Type, f.Evidence, f.Fix)
		}
	}
	return nil
}
