package config

import (
	"regexp"
	"strings"
)

// Exact reports whether the image is named by one tag rather than by a glob.
func (i Image) Exact() bool { return !strings.ContainsAny(i.Tag, "*?") }

// Takes reports whether a push of that tag is this image's. Case counts; * stands for any run of characters,
// ? for one.
func (i Image) Takes(tag string) bool {
	if tag == "" {
		return false
	}
	if i.Exact() {
		return tag == i.Tag
	}
	return glob(i.Tag).MatchString(tag)
}

func glob(pattern string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.ReplaceAll(quoted, `\*`, `.*`)
	quoted = strings.ReplaceAll(quoted, `\?`, `.`)
	return regexp.MustCompile(`\A(?:` + quoted + `)\z`)
}
