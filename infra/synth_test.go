//go:build !race

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// TestMain closes the one Node process that all tests share. The race detector finds races inside jsii's own
// runtime, so these tests are not built with it.
//
// jsii notes the environment before main begins, so the test binary starts itself again with what it should find
// there. CDK's own validation is four fifths of a synth; `make check` does it once.
func TestMain(m *testing.M) {
	if os.Getenv("CDK_VALIDATION") == "" {
		self, err := os.Executable()
		if err != nil {
			panic(err)
		}
		environment := append(os.Environ(), "CDK_VALIDATION=false", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=18,20")
		jsii.Close() // what it has unpacked already
		panic(syscall.Exec(self, os.Args, environment))
	}
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// shipped is a service with nothing but its name.
const shipped = `{"services": [{"name": "sample-website"}]}`

// stacks are the templates of a synthesized app, by stack.
type stacks map[string]template

type template struct {
	Description string
	Resources   map[string]resource
	Outputs     map[string]struct {
		Description string
		Value       any
		Export      struct{ Name string }
	}
}

type resource struct {
	Type                                           string
	Properties                                     map[string]any
	DependsOn                                      []string
	DeletionPolicy, UpdateReplacePolicy, Condition string
	Metadata                                       any
}

// synth is the app of a configuration document.
func synth(t *testing.T, document string) stacks {
	t.Helper()
	c, err := config.Parse([]byte(document), policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	s, err := synthesized(t, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func synthesized(t *testing.T, c config.Config) (stacks, error) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("CDK needs Node.js, which is not installed here")
	}
	dir := t.TempDir()
	if err := Placeholders(dir); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "cdk.out")
	app, err := NewApp(AppProps{Config: c, Functions: dir, Outdir: out})
	if err != nil {
		return nil, err
	}
	app.Synth(nil)
	var asked struct{ Missing []any }
	if err := readJSON(filepath.Join(out, "manifest.json"), &asked); err != nil {
		t.Fatal(err)
	}
	if len(asked.Missing) > 0 {
		t.Errorf("the app asks AWS for %v; a synth needs no credentials", asked.Missing)
	}
	s, err := templates(out)
	if err != nil {
		t.Fatal(err)
	}
	return s, nil
}

// templates of an assembly.
func templates(out string) (stacks, error) {
	files, err := filepath.Glob(filepath.Join(out, "*.template.json"))
	if err != nil {
		return nil, err
	}
	s := stacks{}
	for _, file := range files {
		var one template
		if err := readJSON(file, &one); err != nil {
			return nil, err
		}
		s[strings.TrimSuffix(filepath.Base(file), ".template.json")] = one
	}
	return s, nil
}

// only is the one resource of a type.
func (t template) only(tb testing.TB, kind string) resource {
	tb.Helper()
	ids := t.ids(kind)
	if len(ids) != 1 {
		tb.Fatalf("there are %d of %s: %v", len(ids), kind, ids)
	}
	return t.Resources[ids[0]]
}

// ids of all resources of a type, sorted.
func (t template) ids(kind string) []string {
	var ids []string
	for id, r := range t.Resources {
		if r.Type == kind {
			ids = append(ids, id)
		}
	}
	sort.Strings(ids)
	return ids
}

// with is the resource of a type whose property has that value.
func (t template) with(tb testing.TB, kind, property string, value any) (string, resource) {
	tb.Helper()
	for _, id := range t.ids(kind) {
		if r := t.Resources[id]; fmt.Sprint(r.Properties[property]) == fmt.Sprint(value) {
			return id, r
		}
	}
	tb.Fatalf("there is no %s with %s %v", kind, property, value)
	return "", resource{}
}

// at walks maps and arrays: at(r, "Policies", 0, "PolicyDocument").
func at(tb testing.TB, v any, path ...any) any {
	tb.Helper()
	for _, step := range path {
		switch key := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				tb.Fatalf("%v is not an object, so it has no %q", v, key)
			}
			v = m[key]
		case int:
			a, ok := v.([]any)
			if !ok || key >= len(a) {
				tb.Fatalf("%v is not a list with an entry %d", v, key)
			}
			v = a[key]
		}
	}
	return v
}

// account resolves what a template leaves open, as account 111122223333 in us-east-1 would see it: pseudo parameters,
// joins and imports. References to resources become "<logical id>" or "<logical id>.<attribute>" in angle brackets.
func account(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = account(v[i])
		}
		return out
	case map[string]any:
		if len(v) == 1 {
			for function, argument := range v {
				if text, ok := intrinsic(function, argument); ok {
					return text
				}
			}
		}
		out := map[string]any{}
		for k := range v {
			out[k] = account(v[k])
		}
		return out
	}
	return v
}

var pseudo = map[string]string{
	"AWS::AccountId": "111122223333", "AWS::Region": "us-east-1", "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com",
	"AWS::StackId": "arn:aws:cloudformation:us-east-1:111122223333:stack/sample-website/0a1b2c3d-0000-11ee-8c99-0242ac120002",
}

func intrinsic(function string, argument any) (string, bool) {
	switch function {
	case "Ref":
		if p, ok := pseudo[fmt.Sprint(argument)]; ok {
			return p, true
		}
		return fmt.Sprintf("<%v>", argument), true
	case "Fn::GetAtt":
		a := argument.([]any)
		return fmt.Sprintf("<%v.%v>", a[0], a[1]), true
	case "Fn::ImportValue":
		return fmt.Sprintf("<%v>", argument), true
	case "Fn::Sub":
		text := fmt.Sprint(argument)
		for k, p := range pseudo {
			text = strings.ReplaceAll(text, "${"+k+"}", p)
		}
		return text, true
	case "Fn::Join":
		a := argument.([]any)
		var parts []string
		for _, p := range a[1].([]any) {
			parts = append(parts, fmt.Sprint(account(p)))
		}
		return strings.Join(parts, fmt.Sprint(a[0])), true
	}
	return "", false
}

// text is v as JSON.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// unescaped undoes what JSON does to angle brackets.
func unescaped(s string) string { return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(s) }

func parsed(t *testing.T, document string) config.Config {
	t.Helper()
	c, err := config.Parse([]byte(document), policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
