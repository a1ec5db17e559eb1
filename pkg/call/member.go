package call

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Member is one of an answer that the SDK's types of this build have no field for: its clients drop it without a word.
type Member struct {
	Path  []Step
	Value any
}

// Step is a member's name, or an element's index where that is empty.
type Step struct {
	Name  string
	Index int
}

// String is the member's place: "containerDefinitions[0].restartPolicy".
func (m Member) String() string {
	var b strings.Builder
	for _, s := range m.Path {
		if s.Name == "" {
			fmt.Fprintf(&b, "[%d]", s.Index)
			continue
		}
		b.WriteString("." + s.Name)
	}
	return strings.TrimPrefix(b.String(), ".")
}

// exactly are members as they stand in JSON: a float64 would lose digits of a large number. They come in the order of
// their places.
func exactly(members []Member, body []byte) ([]Member, error) {
	if len(members) == 0 {
		return nil, nil
	}
	var told any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&told); err != nil {
		return nil, err
	}
	for i, m := range members {
		members[i].Value = within(told, m.Path)
	}
	slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.String(), b.String()) })
	return members, nil
}

// putInto a request, where the request has what is around the member.
func (m Member) putInto(request map[string]any) {
	last := len(m.Path) - 1
	if around, ok := within(request, m.Path[:last]).(map[string]any); ok {
		around[m.Path[last].Name] = m.Value
	}
}

// within follows a path; nil where it leads nowhere.
func within(value any, path []Step) any {
	for _, s := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[s.Name]
		case []any:
			if s.Index >= len(v) {
				return nil
			}
			value = v[s.Index]
		default:
			return nil
		}
	}
	return value
}
