package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/jmespath/go-jmespath"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// mostCaptured is the most that one captured value may have, in bytes: it goes into requests.
const mostCaptured = 16 << 10

// values are what checks captured, by name; of any JSON type.
type values map[string]any

// word is a value as it stands inside a text.
func (v values) word(name string) string {
	if s, ok := v[name].(string); ok {
		return s
	}
	raw, err := json.Marshal(v[name])
	if err != nil {
		return fmt.Sprint(v[name])
	}
	return string(raw)
}

func (v values) text(s string) string { return config.Expand(s, v.word) }

func (v values) json(tree any) any {
	return config.ExpandJSON(tree, func(name string) any { return v[name] }, v.word)
}

func (v values) escaped(escape func(string) string) func(string) string {
	return func(name string) string { return escape(v.word(name)) }
}

// capture takes the values of a check out of its answer; all that is missing is told.
func (v values) capture(c config.Check, a answer) []string {
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(c.Capture)) {
		value, err := captured(c.Capture[name], a)
		if raw, _ := json.Marshal(value); err == nil && len(raw) > mostCaptured {
			err = fmt.Errorf("it has more than %d bytes", mostCaptured)
		}
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s cannot be captured: %v", name, err))
			continue
		}
		v[name] = value
	}
	return missing
}

func captured(c config.Capture, a answer) (any, error) {
	switch {
	case c.Header != "":
		if value := a.header.Get(c.Header); value != "" {
			return value, nil
		}
		return nil, fmt.Errorf("there is no header %s", c.Header)
	case c.Matches != "":
		pattern, err := regexp.Compile(c.Matches)
		if err != nil {
			return nil, err
		}
		found := pattern.FindSubmatch(a.body)
		if found == nil {
			return nil, fmt.Errorf("the body does not match %q", c.Matches)
		}
		return string(found[min(1, len(found)-1)]), nil
	}
	document, problem := a.json()
	if problem != "" {
		return nil, errors.New(problem)
	}
	value, err := jmespath.Search(c.JMESPath, document)
	if err == nil && value == nil {
		err = fmt.Errorf("%s is not in the body", c.JMESPath)
	}
	return value, err
}
