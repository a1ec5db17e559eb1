//go:build !race

package main

import (
	"fmt"
	"maps"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/config"
)

func TestGosRuntimeFitsTheMemoryOfEveryFunction(t *testing.T) {
	functions := map[float64]int{}
	for _, s := range synth(t, `{"platform": {"notify": {"destinations": [{"name": "ops", "topic": "arn:aws:sns:us-east-1:111122223333:ops"}]}}, "services": [{"name": "sample-website", "stages": {"AfterAllowTraffic": {"timeout": "2m", "load": {"rate": 5}}}}]}`) {
		for id, f := range s.Resources {
			if f.Type != "AWS::Lambda::Function" {
				continue
			}
			memory := f.Properties["MemorySize"].(float64)
			functions[memory]++
			told := at(t, f.Properties, "Environment", "Variables").(map[string]any)
			for name, want := range config.GoRuntime(int(memory)) {
				if told[name] != want {
					t.Errorf("%s of %v MiB is told %s=%v, want %s", id, memory, name, told[name], want)
				}
			}
		}
	}
	if functions[256] < 4 || functions[config.WholeCPU] != 1 {
		t.Errorf("the functions have these memories: %v", functions)
	}
}

func TestAFunctionHasAsManyThreadsAsWholeCPUs(t *testing.T) {
	for memory, want := range map[int]map[string]string{
		128:                 {"GOGC": "400", "GOMEMLIMIT": "96MiB", "GOMAXPROCS": "1"},
		256:                 {"GOGC": "400", "GOMEMLIMIT": "192MiB", "GOMAXPROCS": "1"},
		config.WholeCPU:     {"GOGC": "400", "GOMEMLIMIT": "1326MiB", "GOMAXPROCS": "1"},
		2 * config.WholeCPU: {"GOGC": "400", "GOMEMLIMIT": "2653MiB", "GOMAXPROCS": "2"},
	} {
		if got := config.GoRuntime(memory); !maps.Equal(got, want) {
			t.Error(fmt.Sprint(memory, " MiB: ", got, ", want ", want))
		}
	}
}
