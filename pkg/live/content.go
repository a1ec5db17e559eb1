package live

import (
	"encoding/json"
	"reflect"
	"slices"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
)

// Content identifies what a revision says but for the images of some containers, in twelve hexadecimal digits: two
// revisions with the same Content differ in those images and in what ECS fills itself. Members that the SDK of this
// build does not know count as they will when it does.
func (r *Revision) Content(without []string) (string, error) {
	text, err := json.Marshal(r.Definition)
	if err != nil {
		return "", err
	}
	var tree map[string]any
	if err := json.Unmarshal(text, &tree); err != nil {
		return "", err
	}
	for _, m := range r.Unknown {
		place(tree, m)
	}
	accepted := reflect.TypeFor[ecs.RegisterTaskDefinitionInput]()
	told := reflect.TypeOf(*r.Definition)
	for name := range tree {
		_, registered := accepted.FieldByName(capital(name))
		if _, known := told.FieldByName(capital(name)); known && !registered {
			delete(tree, name)
		}
	}
	containers, _ := tree["ContainerDefinitions"].([]any)
	for _, c := range containers {
		if c, ok := c.(map[string]any); ok {
			if name, _ := c["Name"].(string); slices.Contains(without, name) {
				delete(c, "Image")
			}
		}
	}
	canonical, err := json.Marshal(meaning(tree))
	if err != nil {
		return "", err
	}
	return digits([]string{string(canonical)}), nil
}

// place puts a member where it stands, among members that are named as the SDK's fields are.
func place(tree any, m call.Member) {
	for i, step := range m.Path {
		switch at := tree.(type) {
		case map[string]any:
			name := step.Name
			if _, known := at[capital(name)]; known {
				name = capital(name)
			}
			if i == len(m.Path)-1 {
				at[name] = m.Value
				return
			}
			tree = at[name]
		case []any:
			if step.Index >= len(at) {
				return
			}
			tree = at[step.Index]
		}
	}
}

// meaning is a value without what says nothing, nulls, empty and zero ones, and with its names as ECS writes them. What
// is left of it is nil when nothing is.
func meaning(value any) any {
	switch v := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, member := range v {
			if m := meaning(member); m != nil {
				kept[call.MemberName(name)] = m
			}
		}
		if len(kept) > 0 {
			return kept
		}
		return nil
	case []any:
		kept := make([]any, 0, len(v))
		for _, element := range v {
			kept = append(kept, meaning(element))
		}
		if len(kept) > 0 {
			return kept
		}
		return nil
	}
	if value == nil || reflect.ValueOf(value).IsZero() || value == json.Number("0") {
		return nil
	}
	return value
}
