package metric

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the table of docs/metrics.md")

const (
	page  = "../../docs/metrics.md"
	begin = "<!-- metrics: written by go test ./pkg/metric -update -->\n"
	end   = "<!-- metrics end -->\n"
)

func TestThePageTellsOfEveryMetricThereIs(t *testing.T) {
	var table strings.Builder
	table.WriteString("| metric | unit | by | |\n|---|---|---|---|\n")
	for _, d := range All {
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", d.Name, d.Unit, d.By, d.Means)
	}
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(have), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("docs/metrics.md has no place for the table")
	}
	want := before + begin + table.String() + end + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(have)); diff != "" {
		t.Errorf("docs/metrics.md is not what the code says; run `go test ./pkg/metric -update`:\n%s", diff)
	}
}

// The constants are read from the source, so that none can be left out of All.
func TestEveryNameIsDefinedOnce(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "metric.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	defined := map[string]int{}
	for _, d := range All {
		defined[string(d.Name)]++
		if d.Unit != Count && d.Unit != Seconds || d.Means == "" || d.By == "" {
			t.Errorf("%+v is not whole", d)
		}
	}
	named := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			if is, ok := v.Type.(*ast.Ident); ok && is.Name == "Name" {
				named++
				if text := strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`); defined[text] != 1 {
					t.Errorf("%s is defined %d times in All", text, defined[text])
				}
			}
		}
		return true
	})
	if named != len(All) {
		t.Errorf("%d names, %d definitions", named, len(All))
	}
}

func TestALineWithMetricsIsInCloudWatchsForm(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	at := time.UnixMilli(1794000000000)
	attributes := append([]slog.Attr{slog.String(Dimension, "web")}, Attributes(at, One(Released), In(PushToStart, 1500*time.Millisecond), In(ShiftTime, -time.Second))...)
	log.LogAttrs(t.Context(), slog.LevelInfo, "outcome", attributes...)
	var line struct {
		Service                          string `json:"service"`
		Released, PushToStart, ShiftTime float64
		AWS                              struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Service != "web" || line.Released != 1 || line.PushToStart != 1.5 || line.ShiftTime != 0 || line.AWS.Timestamp != at.UnixMilli() {
		t.Errorf("%s", out.String())
	}
	m := line.AWS.CloudWatchMetrics[0]
	want := []struct{ Name, Unit string }{{"Released", "Count"}, {"PushToStart", "Seconds"}, {"ShiftTime", "Seconds"}}
	if diff := cmp.Diff(want, m.Metrics); diff != "" || m.Namespace != "Cutover" || len(m.Dimensions) != 1 || m.Dimensions[0][0] != "service" {
		t.Errorf("%s%+v", diff, m)
	}
	if Attributes(at) != nil {
		t.Error("a line without values has members of a metric")
	}
}
