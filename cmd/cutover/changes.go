package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// change is one member of a task definition that a new revision has otherwise.
type change struct {
	Path string `json:"path"`
	// From and To are JSON; empty where the member is missing.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// String is the change for people.
func (c change) String() string {
	switch {
	case c.From == "":
		return fmt.Sprintf("%s is new: %s", c.Path, c.To)
	case c.To == "":
		return fmt.Sprintf("%s is gone: it was %s", c.Path, c.From)
	}
	return fmt.Sprintf("%s: %s becomes %s", c.Path, c.From, c.To)
}

// changes compares what runs with what would be registered, member by member. What only the registry of task
// definitions adds (ARN, number, status) is no change, and neither is the family.
func changes(runs *live.Revision, next *ecs.RegisterTaskDefinitionInput) ([]change, error) {
	was, err := members(runs.Definition)
	if err != nil {
		return nil, err
	}
	will, err := members(next)
	if err != nil {
		return nil, err
	}
	tagsOf(was, live.Tags(runs.Tags))
	tagsOf(will, live.Tags(next.Tags))
	all := []change{}
	for _, path := range slices.Sorted(maps.Keys(union(was, will))) {
		if c := (change{Path: path, From: was[path], To: will[path]}); c.From != c.To && !registered(path) {
			all = append(all, c)
		}
	}
	return all, nil
}

// registered reports whether a member is what registering adds, or is compared otherwise.
func registered(path string) bool {
	top := path
	if i := strings.IndexAny(path, ".["); i >= 0 {
		top = path[:i]
	}
	switch top {
	case "taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy",
		"deregisteredAt", "deleteRequestedAt", "family", "tags", "resultMetadata":
		return true
	}
	return false
}

// members are the leaves of a document by their paths. List elements that have a name go by it.
func members(document any) (map[string]string, error) {
	text, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	leaves := map[string]string{}
	collect("", tree, leaves)
	return leaves, nil
}

func collect(path string, node any, leaves map[string]string) {
	switch n := node.(type) {
	case nil:
	case map[string]any:
		for key, child := range n {
			name := strings.ToLower(key[:min(1, len(key))]) + key[min(1, len(key)):] // as ECS writes it
			collect(strings.TrimPrefix(path+"."+name, "."), child, leaves)
		}
	case []any:
		for i, child := range n {
			name := fmt.Sprint(i)
			if object, ok := child.(map[string]any); ok {
				if text, ok := object["Name"].(string); ok {
					name = text
				}
			}
			collect(path+"["+name+"]", child, leaves)
		}
	default:
		text, _ := json.Marshal(n) // what came out of JSON goes back
		leaves[path] = string(text)
	}
}

// tagsOf adds the tags, but for AWS's own and for those by which the loop knows its revisions.
func tagsOf(leaves map[string]string, tags map[string]string) {
	for key, value := range tags {
		if !strings.HasPrefix(key, "aws:") && !strings.HasPrefix(key, "cutover:") {
			leaves["tag "+key] = value
		}
	}
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
