// Package cfn creates, updates and deletes stacks, from a CDK app's cloud assembly or by the API: the sandbox's
// CloudFormation.
//
// A template is read whole and strictly: an intrinsic function, a resource type or a property that the sandbox does
// not know is an error that names it, never a silent gap. Resources are created in the order of their references,
// each by the same typed call that an SDK would make (wire.Call), so a property that AWS would refuse is refused
// here. References have AWS's own shapes, since templates take them apart.
//
// An update does what hurts in AWS: it sends a resource's whole properties, resets a listener to what the template
// says, and rolls back when a resource refuses.
//
// What has no behaviour in the sandbox (networks, security groups) gets an identifier and nothing else.
package cfn

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
)

// Stack is one stack of an assembly, ready to be created or updated.
type Stack struct {
	Name     string
	Template []byte
	// Parameters that are not to have the template's defaults.
	Parameters map[string]string
	// Assets of the assembly by their S3 keys.
	Assets map[string]Asset
	// Bootstrap is the parameter of SSM in which CDK's bootstrap stack says its version; empty when the assembly asks
	// for none.
	Bootstrap string
}

// Asset is a directory or file that a template names by its S3 key.
type Asset struct {
	// Name that the app shows for it, a path within the app: functions/release.
	Name string
	// Path within the assembly.
	Path string
}

// The parts of a cloud assembly that are read
// (https://docs.aws.amazon.com/cdk/api/v2/docs/cloud-assembly-schema-readme.html).
type (
	manifest struct {
		Artifacts map[string]artifact `json:"artifacts"`
	}
	artifact struct {
		Type         string   `json:"type"`
		Dependencies []string `json:"dependencies"`
		Properties   struct {
			TemplateFile string `json:"templateFile"`
			StackName    string `json:"stackName"`
			File         string `json:"file"`
			Bootstrap    string `json:"bootstrapStackVersionSsmParameter"`
		} `json:"properties"`
	}
	assets struct {
		Files map[string]struct {
			DisplayName string `json:"displayName"`
			Source      struct {
				Path      string `json:"path"`
				Packaging string `json:"packaging"`
			} `json:"source"`
			Destinations map[string]struct {
				ObjectKey string `json:"objectKey"`
			} `json:"destinations"`
		} `json:"files"`
	}
)

// Read returns an assembly's stacks, each after those that it depends on.
func Read(files fs.FS) ([]Stack, error) {
	var m manifest
	if err := readJSON(files, "manifest.json", &m); err != nil {
		return nil, fmt.Errorf("read the cloud assembly: %w", err)
	}
	origins := map[string]Asset{}
	for _, a := range m.Artifacts {
		if a.Type != "cdk:asset-manifest" {
			continue
		}
		var all assets
		if err := readJSON(files, a.Properties.File, &all); err != nil {
			return nil, fmt.Errorf("read the cloud assembly: %w", err)
		}
		for _, f := range all.Files {
			for _, d := range f.Destinations {
				origins[d.ObjectKey] = Asset{Name: f.DisplayName, Path: f.Source.Path}
			}
		}
	}
	var stacks []Stack
	done := map[string]bool{}
	var visit func(id string) error
	visit = func(id string) error {
		a := m.Artifacts[id]
		if done[id] || a.Type != "aws:cloudformation:stack" {
			return nil
		}
		done[id] = true
		for _, d := range slices.Sorted(slices.Values(a.Dependencies)) {
			if err := visit(d); err != nil {
				return err
			}
		}
		text, err := fs.ReadFile(files, a.Properties.TemplateFile)
		if err != nil {
			return fmt.Errorf("read the template of stack %s: %w", id, err)
		}
		name := a.Properties.StackName
		if name == "" {
			name = id
		}
		stacks = append(stacks, Stack{Name: name, Template: text, Assets: origins, Bootstrap: a.Properties.Bootstrap})
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(m.Artifacts)) {
		if err := visit(id); err != nil {
			return nil, err
		}
	}
	if len(stacks) == 0 {
		return nil, fmt.Errorf("the cloud assembly has no stack")
	}
	return stacks, nil
}

func readJSON(files fs.FS, name string, into any) error {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s is not JSON: %w", name, err)
	}
	return nil
}
