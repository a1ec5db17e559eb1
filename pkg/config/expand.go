package config

import "strings"

// Expand replaces every ${name} in text by what value returns, and $${ by ${. A name is letters, digits and
// underscores, no digit first; what is none stays as it is.
func Expand(text string, value func(name string) string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "${")
		if !found {
			out.WriteString(text)
			return out.String()
		}
		name, rest, closed := strings.Cut(after, "}")
		switch {
		case strings.HasSuffix(before, "$"):
			out.WriteString(before[:len(before)-1] + "${")
			text = after
		case !closed || !isName(name):
			out.WriteString(before + "${")
			text = after
		default:
			out.WriteString(before + value(name))
			text = rest
		}
	}
}

// Whole is the name when text is one ${name} and nothing else; otherwise empty.
func Whole(text string) string {
	name, opened := strings.CutPrefix(text, "${")
	name, closed := strings.CutSuffix(name, "}")
	if !opened || !closed || !isName(name) {
		return ""
	}
	return name
}

func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// ExpandJSON is Expand for every text in a JSON value, keys left as they are. A text that is one ${name} becomes what
// whole returns, of any type.
func ExpandJSON(tree any, whole func(name string) any, value func(name string) string) any {
	switch t := tree.(type) {
	case string:
		if name := Whole(t); name != "" {
			return whole(name)
		}
		return Expand(t, value)
	case []any:
		list := make([]any, len(t))
		for i, one := range t {
			list[i] = ExpandJSON(one, whole, value)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(t))
		for key, one := range t {
			object[key] = ExpandJSON(one, whole, value)
		}
		return object
	}
	return tree
}
