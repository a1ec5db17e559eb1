package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// unusedBeyond are grants of other assemblies than the shipped one that nothing here uses, each with why.
var unusedBeyond = map[string]string{
	"FunctionsRelease inspector2:List":      "ECR asks for it where a registry has enhanced scanning, which the sandbox has not",
	"FunctionsReport lambda:InvokeFunction": "what the report function answers is handed on, and in this story no hook dies",
	"Watch lambda:InvokeFunction":           "what the watch function answers is handed on, and in this story every task starts",
	"Notify sqs:SendMessage":                "for what the notify function fails on for good, which is another story's",
}

// permitted are the permissions of an assembly's roles: logical id and action.
func permitted(r *room, assembly fs.FS) map[[2]string]bool {
	r.t.Helper()
	files, err := fs.Glob(assembly, "*.template.json")
	r.need(err)
	all := map[[2]string]bool{}
	for _, name := range files {
		var template struct {
			Resources map[string]struct {
				Type       string
				Properties struct {
					Policies []struct {
						PolicyDocument struct{ Statement []struct{ Action []string } }
					}
				}
			}
		}
		text, err := fs.ReadFile(assembly, name)
		r.need(err)
		_ = json.Unmarshal(text, &template) // of other resources, whose properties are of other kinds
		for id, one := range template.Resources {
			for _, p := range one.Properties.Policies {
				for _, s := range p.PolicyDocument.Statement {
					for _, action := range s.Action {
						all[[2]string{id, action}] = one.Type == "AWS::IAM::Role"
					}
				}
			}
		}
	}
	return all
}

// usesAllBeyond checks that no call was denied, and that every permission that an assembly gives beyond the shipped one
// was used; that one's own are another test's.
func (r *room) usesAllBeyond(assembly string) {
	r.t.Helper()
	more := permitted(r, os.DirFS(filepath.Join("testdata", assembly)))
	maps.DeleteFunc(more, func(key [2]string, _ bool) bool {
		return permitted(r, os.DirFS(filepath.Join("..", "..", "infra", "assembly")))[key]
	})
	if len(more) == 0 {
		r.t.Errorf("%s gives nothing beyond the shipped assembly", assembly)
	}
	for _, d := range r.Decisions() {
		if !d.Allowed {
			r.t.Errorf("%s was denied %s on %s: %s", d.Caller.ARN, d.Action, d.Resource, d.Why)
		}
	}
	for _, g := range r.Unused() {
		role := g.Role[strings.LastIndexByte(g.Role, '/')+1:]
		role = strings.TrimPrefix(strings.TrimPrefix(role, "sample-website-"), "cutover-")
		for key := range more {
			if key[1] != g.Action || !strings.HasPrefix(role, key[0][:min(len(key[0]), 24)]) || excusedBeyond(role, g.Action) {
				continue
			}
			r.t.Errorf("%s is granted %s on %s and nothing used it", role, g.Action, g.Resource)
		}
	}
}

func excusedBeyond(role, action string) bool {
	for key := range unusedBeyond {
		of, actions, _ := strings.Cut(key, " ")
		if strings.HasPrefix(role, of) && strings.HasPrefix(action, actions) {
			return true
		}
	}
	return false
}
