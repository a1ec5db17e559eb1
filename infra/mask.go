package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cutover-ecs/cutover/infra/bluegreen"
)

// The parts of a cloud assembly that stay. Everything else is CDK's own business: versions, where its tools are,
// which file of which template is uploaded where.
type (
	manifest struct {
		Artifacts map[string]artifact `json:"artifacts"`
	}
	artifact struct {
		Type         string         `json:"type"`
		Environment  string         `json:"environment,omitempty"`
		Properties   map[string]any `json:"properties,omitempty"`
		Dependencies []string       `json:"dependencies,omitempty"`
	}
	assetManifest struct {
		Files map[string]asset `json:"files"`
	}
	asset struct {
		DisplayName  string                 `json:"displayName,omitempty"`
		Source       source                 `json:"source"`
		Destinations map[string]destination `json:"destinations"`
	}
	source struct {
		Path      string `json:"path"`
		Packaging string `json:"packaging"`
	}
	destination struct {
		BucketName string `json:"bucketName"`
		ObjectKey  string `json:"objectKey"`
	}
)

const (
	stackArtifact = "aws:cloudformation:stack"
	assetArtifact = "cdk:asset-manifest"
	// anywhere is the one destination of an asset: the account and region that the stack goes to.
	anywhere = "current_account-current_region"
)

// masked reads a cloud assembly and keeps what the sandbox needs of it, with the functions' hashes replaced.
func masked(out string) (map[string][]byte, error) {
	var m manifest
	if err := readJSON(filepath.Join(out, "manifest.json"), &m); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	var replace []string
	for id, a := range m.Artifacts {
		switch a.Type {
		case stackArtifact:
			keep(a.Properties, "templateFile", "stackName", "terminationProtection", "tags")
			a.Dependencies = without(a.Dependencies, ".assets")
		case assetArtifact:
			name, _ := a.Properties["file"].(string)
			assets, hashes, err := maskedAssets(filepath.Join(out, name))
			if err != nil {
				return nil, err
			}
			replace = append(replace, hashes...)
			keep(a.Properties, "file")
			if len(assets.Files) == 0 {
				delete(m.Artifacts, id)
				continue
			}
			if files[name], err = written(assets); err != nil {
				return nil, err
			}
		default:
			delete(m.Artifacts, id)
			continue
		}
		m.Artifacts[id] = a
	}
	var err error
	if files["manifest.json"], err = written(m); err != nil {
		return nil, err
	}
	return files, maskTemplates(out, m, strings.NewReplacer(replace...), files)
}

// maskedAssets keeps the functions of an asset manifest, and tells the replacements of their hashes.
func maskedAssets(file string) (assetManifest, []string, error) {
	var all assetManifest
	if err := readJSON(file, &all); err != nil {
		return all, nil, err
	}
	kept := assetManifest{Files: map[string]asset{}}
	var hashes []string
	for _, a := range all.Files {
		if a.Source.Packaging != "zip" {
			continue
		}
		function := filepath.Base(a.DisplayName)
		a.Source.Path = bluegreen.Displayed(function)
		for where, d := range a.Destinations {
			hashes = append(hashes, d.ObjectKey, function+".zip")
			d.ObjectKey = function + ".zip"
			delete(a.Destinations, where)
			a.Destinations[anywhere] = d
		}
		kept.Files[function] = a
	}
	return kept, hashes, nil
}

// maskTemplates drops the only rule and parameter there are, by which a template asks whether CDK's own bootstrap
// stack is new enough.
func maskTemplates(out string, m manifest, mask *strings.Replacer, files map[string][]byte) error {
	for _, a := range m.Artifacts {
		if a.Type != stackArtifact {
			continue
		}
		name, _ := a.Properties["templateFile"].(string)
		var template map[string]any
		if err := readJSON(filepath.Join(out, name), &template); err != nil {
			return err
		}
		delete(template, "Rules")
		delete(template, "Parameters")
		text, err := written(template)
		if err != nil {
			return err
		}
		files[name] = []byte(mask.Replace(string(text)))
	}
	return nil
}

func keep(properties map[string]any, names ...string) {
	kept := map[string]any{}
	for _, n := range names {
		if v, ok := properties[n]; ok {
			kept[n] = v
		}
	}
	clear(properties)
	for k, v := range kept {
		properties[k] = v
	}
}

func without(names []string, suffix string) []string {
	var out []string
	for _, n := range names {
		if !strings.HasSuffix(n, suffix) {
			out = append(out, n)
		}
	}
	return out
}

func readJSON(file string, into any) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// written is JSON with its keys in order, for people and for diffs.
func written(v any) ([]byte, error) {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return []byte(out.String()), nil
}
