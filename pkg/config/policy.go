package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// Policy says which tags of a repository an image takes, why not the others, and in which order those come. It is
// compiled once, by Image.Policy, and may be used from many goroutines.
type Policy struct {
	image  Image
	exact  bool
	match  *regexp.Regexp
	group  int // of match; 0 is the whole tag
	within *semver.Constraints
	broken string
}

// Policy of the image. A description that Parse would not let through makes a policy that takes nothing and says
// why.
func (i Image) Policy() Policy {
	p := Policy{image: i, exact: i.Exact()}
	var err error
	if i.Regexp != "" {
		if p.match, p.group, err = compiled(i); err != nil {
			p.broken = err.Error()
		}
	}
	if i.Semver != "" {
		if p.within, err = semver.NewConstraint(i.Semver); err != nil {
			p.broken = fmt.Sprintf("%q is no range of versions: %v", i.Semver, err)
			return p
		}
		p.within.IncludePrerelease = i.PreReleases
	}
	return p
}

// compiled is the image's regular expression, which matches a tag as a whole, and the group that is its extract.
func compiled(i Image) (*regexp.Regexp, int, error) {
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

// Take reports how a tag ranks among those that the policy takes; or why it is not one of them, in words that go on
// after the tag's name: `does not match the glob "v*"`.
func (p Policy) Take(tag string) (r Rank, why string) {
	switch {
	case tag == "":
		return Rank{}, "is no tag"
	case p.broken != "":
		return Rank{}, "is not taken: " + p.broken
	case p.match == nil && p.within == nil && p.exact:
		if tag != p.image.Tag || tag == "" {
			return Rank{}, fmt.Sprintf("is not %q", p.image.Tag)
		}
		return Rank{}, ""
	case p.image.Tag != "" && !globs(p.image.Tag, tag):
		return Rank{}, fmt.Sprintf("does not match the glob %q", p.image.Tag)
	}
	extract := tag
	if p.match != nil {
		at := p.match.FindStringSubmatchIndex(tag)
		if at == nil {
			return Rank{}, fmt.Sprintf("does not match the regular expression %q", p.image.Regexp)
		}
		if at[2*p.group] < 0 {
			return Rank{}, fmt.Sprintf("matches the regular expression %q without its extract", p.image.Regexp)
		}
		extract = tag[at[2*p.group]:at[2*p.group+1]]
	}
	return p.rank(extract)
}

// Exact reports whether the policy is one tag, which is itself the wish and has no order.
func (p Policy) Exact() bool { return p.exact }

// String is the policy for people.
func (p Policy) String() string {
	i := p.image
	var words []string
	if i.Tag != "" {
		words = append(words, fmt.Sprintf("the tag %q", i.Tag))
	}
	if i.Regexp != "" {
		words = append(words, fmt.Sprintf("the regular expression %q", i.Regexp))
	}
	if i.Semver != "" {
		within := fmt.Sprintf("the range %q", i.Semver)
		if i.PreReleases {
			within += " with pre-releases"
		}
		words = append(words, within)
	}
	text := strings.Join(words, " and ")
	if !p.exact && i.Order != "" && i.Order != ByPushed {
		text += " by " + i.Order
	}
	return text
}
