package config

import (
	"fmt"
	"regexp"
	"strings"
)

// Exact reports whether the image is named by one tag rather than by a glob, a regular expression or a range.
func (i Image) Exact() bool {
	return i.Regexp == "" && i.Semver == "" && !strings.ContainsAny(i.Tag, "*?")
}

// Expression is the image's regular expression, which matches a tag as a whole, and the group that is its extract.
func (i Image) Expression() (*regexp.Regexp, int, error) {
	if _, err := regexp.Compile(i.Regexp); err != nil { // alone, so that it cannot close the group around it
		return nil, 0, fmt.Errorf("%q is no regular expression: %w", i.Regexp, err)
	}
	match, err := regexp.Compile(`\A(?:` + i.Regexp + `)\z`)
	if err != nil {
		return nil, 0, fmt.Errorf("%q is no regular expression: %w", i.Regexp, err)
	}
	group := min(match.NumSubexp(), 1)
	if i.Extract != "" {
		if group = match.SubexpIndex(i.Extract); group < 0 {
			return nil, 0, fmt.Errorf("%q has no group named %q; write (?P<%[2]s>…)", i.Regexp, i.Extract)
		}
	}
	return match, group, nil
}
