package events

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// path is a JSONPath of the kind that targets may use: names and indices, one value.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
type path []any // string or int

var errPath = errors.New("a path starts with $ and goes on with .name, ['name'] or [index]")

func parsePath(text string) (path, error) {
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return nil, errPath
	}
	p := path{}
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, "['"):
			name, after, found := strings.Cut(rest[2:], "']")
			if !found {
				return nil, errPath
			}
			p, rest = append(p, name), after
		case rest[0] == '[':
			index, after, found := strings.Cut(rest[1:], "]")
			n, err := strconv.Atoi(index)
			if !found || err != nil || n < 0 {
				return nil, errPath
			}
			p, rest = append(p, n), after
		case rest[0] == '.':
			end := strings.IndexAny(rest[1:], ".[")
			if end < 0 {
				end = len(rest) - 1
			}
			if end == 0 {
				return nil, errPath
			}
			p, rest = append(p, rest[1:1+end]), rest[1+end:]
		default:
			return nil, errPath
		}
	}
	return p, nil
}

// of is the JSON at the path; false when there is nothing.
func (p path) of(v any) (json.RawMessage, bool) {
	for _, step := range p {
		switch step := step.(type) {
		case string:
			fields, _ := v.(map[string]any)
			next, there := fields[step]
			if !there {
				return nil, false
			}
			v = next
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil, false
			}
			v = list[step]
		}
	}
	text, err := json.Marshal(v)
	return text, err == nil
}
