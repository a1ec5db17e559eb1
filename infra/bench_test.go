//go:build !race

package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// BenchmarkSynthesis is what the app costs over the very resources that it makes, written down as plain constructs of
// the lowest level with their properties ready: what CDK itself costs, from Go. Both are measured in turns.
func BenchmarkSynthesis(b *testing.B) {
	for _, services := range []int{1, 200} {
		b.Run(fmt.Sprintf("services=%d", services), func(b *testing.B) {
			c := many(b, services)
			dir := b.TempDir()
			if err := Placeholders(dir); err != nil {
				b.Fatal(err)
			}
			if _, err := NewApp(AppProps{Config: many(b, 1), Functions: dir, Outdir: filepath.Join(dir, "warm")}); err != nil { // starts CDK's process
				b.Fatal(err)
			}
			var ours, floor time.Duration
			for i := range b.N {
				out := filepath.Join(dir, fmt.Sprint("out", i))
				began := time.Now()
				app, err := NewApp(AppProps{Config: c, Functions: dir, Outdir: out})
				if err != nil {
					b.Fatal(err)
				}
				app.Synth(nil)
				ours += time.Since(began)

				all, err := templates(out)
				if err != nil {
					b.Fatal(err)
				}
				began = time.Now()
				plain(all, filepath.Join(dir, fmt.Sprint("plain", i)))
				floor += time.Since(began)
			}
			b.ReportMetric(ours.Seconds()/float64(b.N), "s/op")
			b.ReportMetric(floor.Seconds()/float64(b.N), "floor-s/op")
			b.ReportMetric(ours.Seconds()/floor.Seconds(), "x-floor")
		})
	}
}

// plain synthesizes the resources of templates as they stand.
func plain(all stacks, out string) {
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(out), AnalyticsReporting: jsii.Bool(false), TreeMetadata: jsii.Bool(false)})
	for name, t := range all {
		stack := awscdk.NewStack(app, jsii.String(name), nil)
		for id, r := range t.Resources {
			awscdk.NewCfnResource(stack, jsii.String(id), &awscdk.CfnResourceProps{Type: jsii.String(r.Type), Properties: &r.Properties})
		}
	}
	app.Synth(nil)
}
