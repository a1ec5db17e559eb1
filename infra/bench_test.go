//go:build !race

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// BenchmarkSynthesis is what the app costs over the very same templates made of plain constructs of the lowest level,
// see plain: what CDK itself costs, from Go. Both are measured in turns.
func BenchmarkSynthesis(b *testing.B) {
	for _, services := range []int{1, 200} {
		b.Run(fmt.Sprintf("services=%d", services), func(b *testing.B) {
			dir := b.TempDir()
			if err := Placeholders(dir); err != nil {
				b.Fatal(err)
			}
			synthesize := func(c config.Config, out string) (time.Duration, stacks) {
				began := time.Now()
				app, err := NewApp(AppProps{Config: c, Functions: dir, Outdir: out})
				if err != nil {
					b.Fatal(err)
				}
				app.Synth(nil)
				took := time.Since(began)
				all, err := templates(out)
				if err != nil {
					b.Fatal(err)
				}
				return took, all
			}
			level := func(all stacks, out string) (took time.Duration) {
				began := time.Now()
				plain{functions: dir}.synthesize(all, out)
				return time.Since(began)
			}
			for range 5 { // starts CDK's process, and has it compile what both run
				_, all := synthesize(many(b, 1), filepath.Join(dir, "warm"))
				level(all, filepath.Join(dir, "warm-plain"))
			}
			same(b, filepath.Join(dir, "warm"), filepath.Join(dir, "warm-plain"))
			b.ResetTimer()

			c := many(b, services)
			var ours, floor time.Duration
			for i := range b.N {
				took, all := synthesize(c, filepath.Join(dir, fmt.Sprint("out", i)))
				ours += took
				floor += level(all, filepath.Join(dir, fmt.Sprint("plain", i)))
			}
			b.ReportMetric(ours.Seconds()/float64(b.N), "s/op")
			b.ReportMetric(floor.Seconds()/float64(b.N), "floor-s/op")
			b.ReportMetric(ours.Seconds()/floor.Seconds(), "x-floor")
		})
	}
}

// same checks that two assemblies hold the same templates, but for where their constructs stand in the tree.
func same(b *testing.B, ours, floor string) {
	b.Helper()
	if diff := cmp.Diff(withoutPaths(b, ours), withoutPaths(b, floor)); diff != "" {
		b.Fatalf("the plain constructs make other templates (-ours +plain):\n%s", diff)
	}
}

// withoutPaths are whole templates, by file, without the metadata that says where a construct stands.
func withoutPaths(b *testing.B, out string) map[string]map[string]any {
	b.Helper()
	files, err := filepath.Glob(filepath.Join(out, "*.template.json"))
	if err != nil {
		b.Fatal(err)
	}
	all := map[string]map[string]any{}
	for _, file := range files {
		var whole map[string]any
		if err := readJSON(file, &whole); err != nil {
			b.Fatal(err)
		}
		for _, r := range whole["Resources"].(map[string]any) {
			r := r.(map[string]any)
			metadata, _ := r["Metadata"].(map[string]any)
			for key := range metadata {
				if key != "cdk_nag" {
					delete(metadata, key)
				}
			}
			if len(metadata) == 0 {
				delete(r, "Metadata")
			}
			if after, ok := r["DependsOn"].([]any); ok { // in the order of their paths
				slices.SortFunc(after, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
			}
		}
		all[filepath.Base(file)] = whole
	}
	return all
}
