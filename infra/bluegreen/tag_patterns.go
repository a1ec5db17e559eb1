package bluegreen

import (
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// tagPatterns are what EventBridge can say of the tags that the images take: exact, prefix or suffix, each once. They
// take at least what the policies take; the function reads every event again and judges the rest. EventBridge's
// wildcard is not used: a pattern may hold few of them, and what they spare is an invocation that ends at once.
func tagPatterns(images []config.Image) []any {
	var patterns []any
	seen := map[string]bool{}
	for _, i := range images {
		for _, p := range tagPatternsOf(i) {
			if !seen[p.key()] {
				seen[p.key()] = true
				patterns = append(patterns, p.value())
			}
		}
	}
	return patterns
}

// tagPattern is one alternative: an exact tag, or what it begins or ends with. The zero one takes every tag.
type tagPattern struct{ exact, prefix, suffix string }

func (p tagPattern) key() string { return p.exact + " " + p.prefix + " " + p.suffix }

func (p tagPattern) value() any {
	switch {
	case p.exact != "":
		return p.exact
	case p.prefix != "":
		return map[string]any{"prefix": p.prefix}
	case p.suffix != "":
		return map[string]any{"suffix": p.suffix}
	}
	return map[string]any{"anything-but": []any{""}}
}

func tagPatternsOf(i config.Image) []tagPattern {
	switch {
	case i.Exact():
		return []tagPattern{{exact: i.Tag}}
	case i.Regexp != "":
		return []tagPattern{ofExpression(i.Regexp)}
	case i.Semver != "":
		return versions()
	}
	if prefix := i.Tag[:strings.IndexAny(i.Tag, "*?")]; prefix != "" {
		return []tagPattern{{prefix: prefix}}
	}
	return []tagPattern{{suffix: i.Tag[strings.LastIndexAny(i.Tag, "*?")+1:]}}
}

// versions begin with a digit, or with a v and a digit.
func versions() []tagPattern {
	patterns := []tagPattern{{prefix: "v"}}
	for digit := range 10 {
		patterns = append(patterns, tagPattern{prefix: string(rune('0' + digit))})
	}
	return patterns
}

// ofExpression is what every text that a regular expression matches as a whole is, begins with, or ends with.
func ofExpression(expression string) tagPattern {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return tagPattern{}
	}
	re = re.Simplify()
	if text, whole := literal(re, false); whole {
		return tagPattern{exact: text}
	} else if text != "" {
		return tagPattern{prefix: text}
	}
	text, _ := literal(re, true)
	return tagPattern{suffix: text}
}

// literal is the longest text that a match must begin with, or end with; whole when it is all of the match.
func literal(re *syntax.Regexp, end bool) (text string, whole bool) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine:
		return "", true
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return "", false
		}
		return string(re.Rune), true
	case syntax.OpCapture:
		return literal(re.Sub[0], end)
	case syntax.OpPlus:
		text, _ := literal(re.Sub[0], end)
		return text, false
	case syntax.OpConcat:
		subs := re.Sub
		if end {
			subs = slices.Clone(subs)
			slices.Reverse(subs)
		}
		for _, sub := range subs {
			more, all := literal(sub, end)
			if end {
				text = more + text
			} else {
				text += more
			}
			if !all {
				return text, false
			}
		}
		return text, true
	}
	return "", false
}
