package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// What CloudFormation takes of one template, and what nobody can have raised
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
const (
	mostResources = 500
	mostTemplate  = 1_000_000 // bytes
	mostOutputs   = 200
)

// mostRules is how many rules AWS gives an event bus unless asked for more
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html).
const mostRules = 300

// limits looks at the templates of an assembly. Its error is what AWS would refuse whatever one asks for; the sentences
// are quotas that must be raised first.
func limits(out string) (raise []string, err error) {
	files, err := filepath.Glob(filepath.Join(out, "*.template.json"))
	if err != nil {
		return nil, err
	}
	rules := 0
	var wrong []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var t struct {
			Resources map[string]struct{ Type string }
			Outputs   map[string]any
		}
		if err := json.Unmarshal(content, &t); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		stack := strings.TrimSuffix(filepath.Base(file), ".template.json")
		for _, limit := range []struct {
			what      string
			has, most int
		}{
			{"resources", len(t.Resources), mostResources}, {"outputs", len(t.Outputs), mostOutputs}, {"bytes", len(content), mostTemplate},
		} {
			if limit.has > limit.most {
				wrong = append(wrong, fmt.Sprintf("the stack %s has %d %s, and CloudFormation takes %d: give some services a platform of their own (platform.name)",
					stack, limit.has, limit.what, limit.most))
			}
		}
		for _, r := range t.Resources {
			if r.Type == "AWS::Events::Rule" {
				rules++
			}
		}
	}
	if rules > mostRules {
		raise = append(raise, fmt.Sprintf("the stacks have %d rules on the default event bus, and AWS gives it %d: have the quota "+
			"\"Number of rules\" of EventBridge raised before you deploy", rules, mostRules))
	}
	if len(wrong) > 0 {
		return raise, fmt.Errorf("%s", strings.Join(wrong, "\n"))
	}
	return raise, nil
}
