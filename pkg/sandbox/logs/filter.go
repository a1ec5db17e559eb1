package logs

import "strings"

// parseFilter reads a filter of words: all plain ones have to be in a line, one of those behind ? has to, and none of
// those behind -; quotes keep a phrase together. Case matters.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
func parseFilter(text string) (func(line string) bool, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") || strings.Contains(text, "%") {
		return nil, invalid("The sandbox reads filters of words, not of JSON members, columns or regular expressions: %s", text)
	}
	var all, some, none []string
	for text != "" {
		to := &all
		switch text[0] {
		case '?':
			to, text = &some, text[1:]
		case '-':
			to, text = &none, text[1:]
		}
		var word string
		if quoted, ok := strings.CutPrefix(text, `"`); ok {
			var closed bool
			if word, text, closed = strings.Cut(quoted, `"`); !closed {
				return nil, invalid("Invalid filter pattern: a quote has no end")
			}
		} else {
			word, text, _ = strings.Cut(text, " ")
		}
		if word == "" {
			return nil, invalid("Invalid filter pattern: a term is empty")
		}
		*to = append(*to, word)
		text = strings.TrimSpace(text)
	}
	return func(line string) bool {
		for _, w := range all {
			if !strings.Contains(line, w) {
				return false
			}
		}
		for _, w := range none {
			if strings.Contains(line, w) {
				return false
			}
		}
		for _, w := range some {
			if strings.Contains(line, w) {
				return true
			}
		}
		return len(some) == 0
	}, nil
}
