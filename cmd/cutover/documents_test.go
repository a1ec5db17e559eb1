package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	invopop "github.com/invopop/jsonschema"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/doctor"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/account"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/verify"
)

var update = flag.Bool("update", false, "write docs/cli.schema.json anew")

// documents are what each command writes with --json. Those that may write several of one kind, a line each, are of the
// same type.
var documents = map[string]reflect.Type{
	"status": reflect.TypeFor[live.Status](), "watch": reflect.TypeFor[live.Status](), "history": reflect.TypeFor[[]live.Past](),
	"explain": reflect.TypeFor[explanation](), "plan": reflect.TypeFor[planned](), "logs": reflect.TypeFor[written](),
	"adopt": reflect.TypeFor[doctor.Adoption](), "doctor": reflect.TypeFor[[]doctor.Report](), "preflight": reflect.TypeFor[account.Report](), "policy test": reflect.TypeFor[[]policyVerdict](),
	"verify": reflect.TypeFor[verify.Verdict](), "demo": reflect.TypeFor[result](), "replay": reflect.TypeFor[[]replayed](),
	"sandbox trail": reflect.TypeFor[sandbox.TrailLine](), "sandbox fault list": reflect.TypeFor[[]map[string]any](),
	"stop": reflect.TypeFor[answer](), "rollback": reflect.TypeFor[answer](), "approve": reflect.TypeFor[answer](), "finish": reflect.TypeFor[answer](),
	"retry": reflect.TypeFor[answer](), "suspend": reflect.TypeFor[answer](), "resume": reflect.TypeFor[answer](), "thaw": reflect.TypeFor[answer](),
	"pin": reflect.TypeFor[answer](), "unpin": reflect.TypeFor[answer](), "deploy": reflect.TypeFor[answer](),
}

// withoutJSON are the commands without --json, each with why.
var withoutJSON = map[string]string{
	"completion": "it writes a program for a shell", "sandbox env": "it writes a program for a shell",
	"sandbox serve": "it runs until it is interrupted", "sandbox push": "its line is the image", "sandbox raise": "it says nothing",
	"sandbox skip": "it says nothing", "sandbox fault clear": "it says nothing", "sandbox fault random": "sandbox fault list tells", "sandbox fault add": "sandbox fault list tells",
}

// leaves are the commands that can be run, by their words.
func leaves(t *testing.T) map[string]*kong.Node {
	t.Helper()
	parser, err := kong.New(&cli{}, kong.Name("cutover"), kong.Vars{"sandbox": usualSandbox(func(string) string { return "" })}, groups(), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*kong.Node{}
	for _, n := range parser.Model.Leaves(true) {
		words, _, _ := strings.Cut(strings.TrimPrefix(n.FullPath(), "cutover "), " <")
		all[words] = n
	}
	return all
}

func TestEveryCommandSaysWhatItWritesAsJSON(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "cli.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "\n## JSON\n")
	commands := leaves(t)
	for words, n := range commands {
		has := slices.ContainsFunc(n.Flags, func(f *kong.Flag) bool { return f.Name == "json" })
		_, typed := documents[words]
		excuse := withoutJSON[words]
		if strings.HasPrefix(words, "sandbox fault add ") {
			excuse = withoutJSON["sandbox fault add"]
		}
		switch {
		case has && !typed:
			t.Errorf("cutover %s has --json; say in documents what it writes", words)
		case !has && typed:
			t.Errorf("cutover %s has no --json any more", words)
		case !has && excuse == "":
			t.Errorf("cutover %s has no --json, and nothing excuses it", words)
		case has && !strings.Contains(table, "`"+words+"`"):
			t.Errorf("docs/cli.md does not say what cutover %s --json writes", words)
		}
	}
	for words := range documents {
		if commands[words] == nil {
			t.Errorf("there is no command %q", words)
		}
	}
}

// schemas are those of the documents, one a command.
func schemas(t *testing.T) []byte {
	t.Helper()
	r := &invopop.Reflector{Anonymous: true, DoNotReference: true, AllowAdditionalProperties: true, Mapper: func(t reflect.Type) *invopop.Schema {
		if t == reflect.TypeFor[config.Service]() || t == reflect.TypeFor[config.VPC]() { // pkg/config/schema.json has their forms
			return &invopop.Schema{Type: "object"}
		}
		return nil
	}}
	for path, dir := range map[string]string{
		"cmd/cutover": ".", "pkg/live": "../../pkg/live", "pkg/release": "../../pkg/release", "pkg/verify": "../../pkg/verify", "pkg/doctor": "../../pkg/doctor",
		"pkg/sandbox": "../../pkg/sandbox",
	} {
		if err := r.AddGoComments("github.com/cutover-ecs/cutover/"+path, dir); err != nil {
			t.Fatal(err)
		}
	}
	all, first := map[string]*invopop.Schema{}, map[reflect.Type]string{}
	for _, words := range slices.Sorted(maps.Keys(documents)) {
		of := documents[words]
		if same := first[of]; same != "" {
			all[words] = &invopop.Schema{Ref: "#/$defs/" + strings.ReplaceAll(same, " ", "%20")}
			continue
		}
		s := r.ReflectFromType(of)
		s.Version = ""
		all[words], first[of] = s, words
	}
	text, err := json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "What cutover COMMAND --json writes, by command", "$defs": all,
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

var schemaFile = filepath.Join("..", "..", "docs", "cli.schema.json")

func TestTheCheckedInSchemaOfEachDocumentIsThatOfItsType(t *testing.T) {
	want := schemas(t)
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/cli.schema.json is not that of the types: go test ./cmd/cutover -run CheckedInSchema -update")
	}
}

// conforms says why what a command wrote with --json is not as the checked-in schema says; all of a stream of documents.
func conforms(words string, written []byte) error {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("cli.json", document); err != nil {
		return err
	}
	schema, err := c.Compile("cli.json#/$defs/" + strings.ReplaceAll(words, " ", "%20"))
	if err != nil {
		return err
	}
	found := false
	for stream := json.NewDecoder(bytes.NewReader(written)); ; found = true {
		var raw json.RawMessage
		if err := stream.Decode(&raw); errors.Is(err, io.EOF) && found {
			return nil
		} else if err != nil {
			return err
		}
		one, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			return err
		}
		if err := schema.Validate(one); err != nil {
			return err
		}
	}
}

// TestASessionOnASandbox runs scripts against a sandbox, each with one of its own.
func TestASessionOnASandbox(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "sandbox"), RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, sandbox.Environment(r.Host())...)
			e.Vars = append(e.Vars, "BIN="+r.bin, "SITE="+strings.TrimPrefix(r.url(80), "http://"), "NO_PROXY=*")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// conforms COMMAND says whether the last standard output is as the checked-in schema of the command says.
			"conforms": func(ts *testscript.TestScript, _ bool, args []string) {
				if err := conforms(strings.Join(args, " "), []byte(ts.ReadFile("stdout"))); err != nil {
					ts.Fatalf("%v", err)
				}
			},
		},
	})
}

// elsewhere are commands that a script cannot hold, each with the test that runs it.
var elsewhere = map[string]string{
	"demo": "TestTheDemoTellsItsStory", "sandbox serve": "TestTheSandboxRunsUntilItIsInterrupted", "approve": "TestAWaitForApprovalEndsByAPersonOrStops",
	"preflight": "TestPreflightTellsEveryCheckAndEndsWellWhenNothingBlocks",
}

func TestEveryCommandHasAScriptWithGoodAndBadInput(t *testing.T) {
	var scripts, tests strings.Builder
	for pattern, into := range map[string]*strings.Builder{"testdata/*.txtar": &scripts, "testdata/sandbox/*.txtar": &scripts, "*_test.go": &tests} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			into.Write(text)
		}
	}
	for _, words := range slices.Sorted(maps.Keys(leaves(t))) {
		command := `exec cutover ` + regexp.QuoteMeta(words) + `( |$)`
		good, bad := regexp.MustCompile(`(?m)^`+command).MatchString(scripts.String()), regexp.MustCompile(`(?m)^! `+command).MatchString(scripts.String())
		if by := elsewhere[words]; by != "" && strings.Contains(tests.String(), "func "+by+"(") {
			good = true
		}
		if !good || !bad {
			t.Errorf("cutover %s: good input is tried in a script: %t, bad input: %t", words, good, bad)
		}
	}
}
