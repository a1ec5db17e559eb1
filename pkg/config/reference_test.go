package config

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
)

// reference is where people look a key up.
const reference = "../../docs/configuration.md"

func TestTheReferenceOfKeysIsThatOfTheTypes(t *testing.T) {
	var out bytes.Buffer
	fmt.Fprint(&out, "# Configuration\n\n"+
		"Everything stands in `cdk.json` under `context.cutover`. Unknown keys, wrong types and impossible combinations are\n"+
		"reported together, each with its path. `pkg/config/schema.json` completes the keys in an editor. This page is\n"+
		"written by `go test ./pkg/config -update` from the Go types.\n\n| key | type | meaning |\n|---|---|---|\n")
	list(&out, map[string]string{}, "", schemaOf(t).Properties.Value("context").Properties.Value("cutover"))
	if *update {
		if err := os.WriteFile(reference, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, out.Bytes()) {
		t.Error("docs/configuration.md is not what the types say; run `go test ./pkg/config -update` and commit it")
	}
}

// list writes a line a key. The keys of a type that was listed already are not listed again.
func list(out *bytes.Buffer, listed map[string]string, path string, s *jsonschema.Schema) {
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		key, v := strings.TrimPrefix(path+"."+p.Key, "."), p.Value
		kind := v.Type
		inner := v
		switch {
		case v.Pattern != "" && v.Type == "string":
			kind = "duration"
		case v.Type == "array":
			key += "[]"
			inner = v.Items
			kind = "list of " + v.Items.Type + "s"
		case v.Type == "object" && v.Properties == nil:
			kind = "table"
			if v.AdditionalProperties != nil && v.AdditionalProperties.Properties != nil {
				kind, key, inner = "table of objects", key+".*", v.AdditionalProperties
			}
		case v.OneOf != nil:
			kind = "code, class or list"
		case v.Type == "":
			kind = "any JSON"
		}
		as := ""
		if inner.Properties != nil {
			var names []string
			for one := inner.Properties.Oldest(); one != nil; one = one.Next() {
				names = append(names, one.Key)
			}
			if kind := strings.Join(names, " "); listed[kind] != "" {
				as = " Its keys are those of `" + listed[kind] + "`."
			} else {
				listed[kind] = key
			}
		}
		fmt.Fprintf(out, "| `%s` | %s | %s |\n", key, kind, strings.ReplaceAll(strings.ReplaceAll(v.Description, "\n", " "), "|", "\\|")+as)
		if inner.Properties != nil && as == "" {
			list(out, listed, key, inner)
		}
	}
}
