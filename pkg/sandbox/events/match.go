package events

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Match says whether the pattern matches an event in JSON.
func (p *Pattern) Match(event []byte) (bool, error) {
	tree, err := decodeEvent(event)
	if err != nil {
		return false, err
	}
	return p.root.match(tree), nil
}

// decodeEvent keeps numbers as they are written.
func decodeEvent(event []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(event))
	dec.UseNumber()
	var tree map[string]any
	if err := dec.Decode(&tree); err != nil {
		return nil, fmt.Errorf("decode event: %w", err)
	}
	return tree, nil
}

// match is for what stands at the object's place: an object, a list of which one element has to match as a whole,
// or anything else, which has none of the fields.
func (o *object) match(at any) bool {
	if list, ok := at.([]any); ok && len(list) > 0 {
		for _, element := range list {
			if o.match(element) {
				return true
			}
		}
		return false
	}
	fields, _ := at.(map[string]any)
	for _, f := range o.fields {
		v, there := fields[f.name]
		switch {
		case f.object != nil && !f.object.match(v):
			return false
		case f.object == nil && !f.match(v, there):
			return false
		}
	}
	for _, alternatives := range o.ors {
		if !anyOf(alternatives, at) {
			return false
		}
	}
	return true
}

func anyOf(alternatives []object, at any) bool {
	for i := range alternatives {
		if alternatives[i].match(at) {
			return true
		}
	}
	return false
}

// match is for a leaf or a list of leaves, of which one is enough. An object is no leaf, and an empty list has none.
func (f *field) match(v any, there bool) bool {
	var leaves []any
	if there {
		leaves = leavesOf(v, nil)
	}
	for _, want := range f.values {
		if want.absent && len(leaves) == 0 {
			return true
		}
		for _, leaf := range leaves {
			if want.match(leaf) {
				return true
			}
		}
	}
	return false
}

func leavesOf(v any, leaves []any) []any {
	switch v := v.(type) {
	case map[string]any:
	case []any:
		for _, element := range v {
			leaves = leavesOf(element, leaves)
		}
	default:
		leaves = append(leaves, v)
	}
	return leaves
}
