//go:build !race

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

func many(tb testing.TB, services int) config.Config {
	tb.Helper()
	c := config.Config{}
	for i := range services {
		c.Services = append(c.Services, config.Service{Name: fmt.Sprintf("service-%03d", i)})
	}
	c, err := c.Complete(policy.Range)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestTwoHundredServicesSynthesizeInOneRunWithinTheLimits(t *testing.T) {
	s, err := synthesized(t, many(t, 200))
	if err != nil {
		t.Fatal(err)
	}
	if len(s) != 201 {
		t.Errorf("there are %d stacks", len(s))
	}
	dir := t.TempDir()
	for stack, one := range s {
		if err := os.WriteFile(filepath.Join(dir, stack+".template.json"), []byte(text(one)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raise, err := limits(dir)
	if err != nil {
		t.Error(err)
	}
	if len(raise) != 1 || !strings.Contains(raise[0], "rules on the default event bus, and AWS gives it 300") {
		t.Errorf("quotas to raise: %q", raise)
	}
}

func TestWhatCloudFormationWouldNotTakeIsSaidBefore(t *testing.T) {
	dir := t.TempDir()
	resources := map[string]any{}
	for i := range 501 {
		resources[fmt.Sprint("R", i)] = map[string]any{"Type": "AWS::SQS::Queue", "Metadata": strings.Repeat("x", 2000)}
	}
	template, err := json.Marshal(map[string]any{"Resources": resources})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "big.template.json"), template, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = limits(dir)
	for _, want := range []string{"the stack big has 501 resources, and CloudFormation takes 500", "bytes, and CloudFormation takes 1000000"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in %v", want, err)
		}
	}
}
