package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"

	"github.com/invopop/jsonschema"
)

var update = flag.Bool("update", false, "write schema.json anew")

// cdkJSON is the shape of the whole file, so that an editor completes it from its first line.
type cdkJSON struct {
	Context struct {
		Cutover Config `json:"cutover"`
	} `json:"context"`
}

// schemaOf reflects the types with their comments as descriptions.
func schemaOf(t *testing.T) *jsonschema.Schema {
	t.Helper()
	r := &jsonschema.Reflector{
		Anonymous: true, DoNotReference: true,
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			if t == reflect.TypeFor[Duration]() {
				return &jsonschema.Schema{Type: "string", Pattern: `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`}
			}
			if t == reflect.TypeFor[Codes]() {
				one := []*jsonschema.Schema{
					{Type: "integer", Minimum: "100", Maximum: "599"}, {Type: "string", Pattern: `^[1-5](xx|[0-9][0-9])$`},
				}
				return &jsonschema.Schema{OneOf: append(one, &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{OneOf: one}})}
			}
			return nil
		},
	}
	if err := r.AddGoComments("github.com/cutover-ecs/cutover/pkg/config", "."); err != nil {
		t.Fatal(err)
	}
	schema := r.Reflect(cdkJSON{})
	schema.Title = "cdk.json of a Cutover application"
	schema.AdditionalProperties = nil // other tools' keys stand beside ours
	context, _ := schema.Properties.Get("context")
	context.AdditionalProperties = nil
	return schema
}

func TestTheCheckedInSchemaIsThatOfTheTypes(t *testing.T) {
	want, err := json.MarshalIndent(schemaOf(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Error("schema.json is not what the types say; run `go test ./pkg/config -update` and commit it")
	}
}
