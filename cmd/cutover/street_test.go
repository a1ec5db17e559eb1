package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cutover-ecs/cutover/infra/assembly"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// next is the same sandbox's room of another service.
func (r *room) next(service string) *room {
	r.t.Helper()
	c, err := config.Parse([]byte(`{"services": [{"name": "`+service+`"}]}`), policy.Range)
	if err != nil {
		r.t.Fatal(err)
	}
	one := *r
	one.names = c.Services[0].Names(c.Platform.Cluster)
	return &one
}

// street is the shipped assembly with the sample website's stack many times, under other names. A name stands in the
// template as it is and within what the functions are told, which is packed.
func street(t *testing.T, names []string) fs.FS {
	t.Helper()
	shipped := assembly.Files()
	read := func(name string) []byte {
		text, err := fs.ReadFile(shipped, name)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var manifest struct {
		Artifacts map[string]map[string]any `json:"artifacts"`
	}
	if err := json.Unmarshal(read("manifest.json"), &manifest); err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	files["cutover.assets.json"] = &fstest.MapFile{Data: read("cutover.assets.json")}
	files[website+".assets.json"] = &fstest.MapFile{Data: read(website + ".assets.json")}
	files["cutover.template.json"] = &fstest.MapFile{Data: withRepositories(t, read("cutover.template.json"), names)}
	template, assets := string(read(website+".template.json")), manifest.Artifacts[website+".assets"]
	delete(manifest.Artifacts, website)
	for _, name := range names {
		manifest.Artifacts[name] = map[string]any{"type": "aws:cloudformation:stack", "dependencies": []string{"cutover"},
			"environment": "aws://unknown-account/unknown-region", "properties": map[string]any{"templateFile": name + ".template.json"}}
		files[name+".template.json"] = &fstest.MapFile{Data: []byte(renamed(t, template, name))}
	}
	manifest.Artifacts[website+".assets"] = assets
	text, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	files["manifest.json"] = &fstest.MapFile{Data: text}
	return files
}

// withRepositories has the platform hold a repository for each of the names.
func withRepositories(t *testing.T, platform []byte, names []string) []byte {
	t.Helper()
	var template map[string]any
	if err := json.Unmarshal(platform, &template); err != nil {
		t.Fatal(err)
	}
	resources := template["Resources"].(map[string]any)
	for id, resource := range resources {
		text, err := json.Marshal(resource)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, []byte(`"RepositoryName":"`+website+`"`)) {
			continue
		}
		for _, name := range names {
			resources[id+strings.ReplaceAll(name, "-", "")] = json.RawMessage(bytes.ReplaceAll(text, []byte(website), []byte(name)))
		}
	}
	text, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var packed = regexp.MustCompile(`"CUTOVER_SERVICE": "([^"]+)"`)

func renamed(t *testing.T, template, name string) string {
	t.Helper()
	template = packed.ReplaceAllStringFunc(template, func(variable string) string {
		return `"CUTOVER_SERVICE": "` + repacked(t, packed.FindStringSubmatch(variable)[1], name) + `"`
	})
	old := config.Service{Name: website}.Names("")
	is := config.Service{Name: name}.Names("")
	return strings.NewReplacer(website, name, old.Service, is.Service, old.Title, is.Title).Replace(template)
}

// repacked is a function's description under another name. Each function is told only the suite that is its own.
func repacked(t *testing.T, description, name string) string {
	t.Helper()
	told, err := config.FromEnvironment(func(variable string) string {
		switch variable {
		case config.EnvService:
			return description
		case config.EnvStage:
			return string(config.Main)
		}
		return "-"
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(told.Service)
	if err != nil {
		t.Fatal(err)
	}
	told.Service = config.Service{}
	if err := json.Unmarshal(bytes.ReplaceAll(text, []byte(website), []byte(name)), &told.Service); err != nil {
		t.Fatal(err)
	}
	variables, err := told.Environment()
	if err != nil {
		t.Fatal(err)
	}
	return variables[config.EnvService]
}
