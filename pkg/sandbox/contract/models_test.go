package contract_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox/contract"
	"github.com/cutover-ecs/cutover/pkg/sandbox/internal/botocore"
)

var update = flag.Bool("update", false, "write the record from botocore's models, and the README's table from the code")

func TestTheRecordIsWhatTheModelsSayOfTheRegisteredOperations(t *testing.T) {
	models := botocore.Find(t)
	for service, actions := range registered(t) {
		want := record(models.Service(t, service), models.Version, actions)
		if *update {
			write(t, service, want)
			continue
		}
		have, ok := contract.New().Service(service)
		if !ok {
			t.Errorf("%s has no record; run with -update", service)
			continue
		}
		if have.Botocore != models.Version {
			t.Skipf("the record is from botocore %s and this machine has %s: -update shows what changed", have.Botocore, models.Version)
		}
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("%s differs from the models (-model +record); run with -update:\n%s", service, d)
		}
	}
}

func TestEveryRegisteredOperationHasARecord(t *testing.T) {
	if *update {
		t.Skip("the record is being written")
	}
	all := contract.New()
	for service, actions := range registered(t) {
		s, ok := all.Service(service)
		if !ok {
			t.Errorf("%s has no record; run with -update", service)
			continue
		}
		if d := cmp.Diff(actions, slices.Sorted(maps.Keys(s.Operations))); d != "" {
			t.Errorf("%s: the operations (-registered +recorded); run with -update:\n%s", service, d)
		}
	}
}

// record is the part of a model that belongs to some operations.
func record(m *botocore.Model, version string, actions []string) *contract.Service {
	s := &contract.Service{
		Botocore: version, API: m.Metadata.APIVersion,
		Operations: map[string]*contract.Operation{}, Shapes: map[string]*contract.Shape{},
	}
	for _, action := range actions {
		from, ok := m.Operations[action]
		if !ok {
			continue
		}
		op := &contract.Operation{Input: from.Input.Shape, Output: from.Output.Shape}
		if m.Metadata.Protocol == "rest-json" {
			op.HTTP = from.HTTP.Method + " " + from.HTTP.RequestURI
		}
		for _, e := range from.Errors {
			code := m.Shapes[e.Shape].Error.Code
			if code == "" || m.Metadata.Protocol != "query" {
				code = e.Shape
			}
			op.Errors = append(op.Errors, code)
		}
		slices.Sort(op.Errors)
		s.Operations[action] = op
		keep(m, s, op.Input)
		keep(m, s, op.Output)
	}
	return s
}

// keep takes a shape and those below it into the record and returns the name under which it stands there.
func keep(m *botocore.Model, s *contract.Service, name string) string {
	from, ok := m.Shapes[name]
	if !ok {
		return ""
	}
	if from.Type == "character" {
		from.Type = "string"
	}
	scalar := from.Type != "structure" && from.Type != "list" && from.Type != "map"
	if scalar && from.Enum == nil && from.Min == nil && from.Max == nil && from.Pattern == "" {
		return from.Type
	}
	if s.Shapes[name] != nil {
		return name
	}
	sh := &contract.Shape{
		Type: from.Type, Required: from.Required, Enum: from.Enum, Min: from.Min, Max: from.Max, Pattern: from.Pattern,
	}
	s.Shapes[name] = sh
	for member, of := range from.Members {
		if sh.Members == nil {
			sh.Members, sh.At = map[string]string{}, map[string]string{}
		}
		sh.Members[member] = keep(m, s, of.Shape)
		if of.Location != "" {
			sh.At[member] = of.Location + " " + of.LocationName
		} else if member == from.Payload {
			sh.At[member] = "payload"
		}
	}
	if len(sh.At) == 0 {
		sh.At = nil
	}
	sh.Of, sh.Key = keep(m, s, from.Member.Shape), keep(m, s, from.Key.Shape)
	if from.Type == "map" {
		sh.Of = keep(m, s, from.Value.Shape)
	}
	return name
}

// write puts a record into its file, an operation or a shape on each line.
func write(t *testing.T, service string, s *contract.Service) {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"Botocore\":%q,\"API\":%q,\n\"Operations\":{\n", s.Botocore, s.API)
	lines(t, &b, s.Operations)
	b.WriteString("},\n\"Shapes\":{\n")
	lines(t, &b, s.Shapes)
	b.WriteString("}}\n")
	if err := os.WriteFile(filepath.Join("record", service+".json"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func lines[V any](t *testing.T, b *bytes.Buffer, m map[string]V) {
	t.Helper()
	for i, name := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b.WriteString(",\n")
		}
		var line bytes.Buffer
		e := json.NewEncoder(&line)
		e.SetEscapeHTML(false)
		if err := e.Encode(m[name]); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(b, "%q:%s", name, bytes.TrimSpace(line.Bytes()))
	}
	b.WriteString("\n")
}
