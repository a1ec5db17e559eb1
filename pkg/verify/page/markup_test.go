package page

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/verify"
)

// attack would leave a text, an attribute, a comment and what is shown as it is.
const attack = `"'></pre></style></title>--><script>alert(1)</script><img src=x onerror=alert(1)>&` + "\x00\xff"

// filled sets every text below v to the same, every number to one, and gives every list and map two entries.
func filled(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint64:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), text)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			filled(v.Index(i), text)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		filled(key, text)
		filled(value, text)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				filled(v.Field(i), text)
			}
		}
	}
}

// everything is the page of a verdict that has all that a verdict can have, each text in it being the same.
func everything(t *testing.T, text string) string {
	t.Helper()
	var v verify.Verdict
	filled(reflect.ValueOf(&v).Elem(), text)
	for i := range v.Comparison.Result.Routes {
		v.Comparison.Result.Routes[i].Histogram.ToMS = 2
		v.Comparison.Result.Routes[i].Tests[0].Adjusted = .5
	}
	var out bytes.Buffer
	if err := Write(&out, v); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestNoValueIsMarkupWhereverItStands(t *testing.T) {
	// The tags with their attributes' names: what a browser would build.
	built := func(page string) []string {
		var tags []string
		for _, tag := range regexp.MustCompile(`<[^>]*>`).FindAllString(page, -1) {
			tags = append(tags, regexp.MustCompile(`"[^"]*"`).ReplaceAllString(tag, `""`))
		}
		return tags
	}
	harmless, hostile := everything(t, "x"), everything(t, attack)
	if d := cmp.Diff(built(harmless), built(hostile)); d != "" {
		t.Errorf("a value changes what the page is built of:\n%s", d)
	}
	if strings.Contains(hostile, "<script") || strings.Contains(hostile, "\x00") || !utf8.ValidString(hostile) || !strings.Contains(hostile, "&lt;script&gt;alert(1)") {
		t.Error("a value is not shown as text")
	}
	if n := strings.Count(hostile, "&lt;script&gt;"); n < 60 {
		t.Errorf("only %d values are shown: the test fills less than it says", n)
	}
	for _, part := range []string{"under load</h2>", "<svg", "Beside blue", "Captured", "Tries before", "not made", "Redirected", `class="median"`} {
		if !strings.Contains(hostile, part) {
			t.Errorf("the page lacks %q: the test fills less than it says", part)
		}
	}
}

// TestMarkupIsConstantAndValuesStandWhereTextMay reads every call that writes markup.
func TestMarkupIsConstantAndValuesStandWhereTextMay(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "markup" && name != "markup.go" {
				t.Errorf("%s makes markup of what is no constant", name)
			}
			texts, values := written(call)
			calls += len(texts)
			for _, text := range texts {
				if n := strings.Count(text, "{}"); values >= 0 && n != values {
					t.Errorf("%s: %d values for the %d places of %q", name, values, n, text)
				}
				for rest, before, found := text, "", true; found; {
					var piece string
					piece, rest, found = strings.Cut(rest, "{}")
					if before += piece; found && !textMayStand(before) {
						t.Errorf("%s: a value stands where text may not, in %q", name, text)
					}
				}
			}
			return true
		})
	}
	if calls < 100 {
		t.Errorf("only %d pieces of markup were read", calls)
	}
}

// textMayStand reports whether a value may follow that markup: between tags, or in the quotes of an attribute that
// neither leads elsewhere nor loads nor runs.
func textMayStand(before string) bool {
	may := []string{"aria-label", "class", "datetime", "height", "href", "id", "text-anchor", "width", "x", "x1", "x2", "y"}
	before = before[strings.LastIndexByte(before, '>')+1:]
	if within := regexp.MustCompile(`([a-z0-9-]+)="([^"]*)$`).FindStringSubmatch(before); within != nil {
		return slices.Contains(may, within[1]) && (within[1] != "href" || strings.HasPrefix(within[2], "#"))
	}
	return !strings.Contains(before, "<")
}

func TestWhereTextMayStand(t *testing.T) {
	for before, may := range map[string]bool{
		"": true, "<p>": true, "<p>a ": true, `<p class="`: true, `<p class="a `: true, `<a href="#check-`: true, `" y="`: true,
		"<p ": false, "<": false, "<p class=": false, "<p class='": false, `<a href="`: false, `<img src="`: false, `<p style="`: false, `<p onclick="`: false, "<p class=\"a\" ": false,
	} {
		if textMayStand(before) != may {
			t.Errorf("%q: %v", before, !may)
		}
	}
}

// written are the pieces of markup that a call writes, and with how many values, -1 when it writes nothing.
func written(call *ast.CallExpr) (texts []string, values int) {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil, -1
	}
	at := map[string][]int{"put": {0}, "given": {0}, "each": {1, 0}}[method.Sel.Name]
	for _, i := range at {
		if literal, ok := call.Args[i].(*ast.BasicLit); ok {
			text, err := strconv.Unquote(literal.Value)
			if err == nil {
				texts = append(texts, text)
			}
		}
	}
	switch method.Sel.Name {
	case "put":
		return texts, len(call.Args) - 1
	case "given":
		return texts, 1
	case "each":
		return texts[:min(1, len(texts))], 1
	}
	return nil, -1
}
