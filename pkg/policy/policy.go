// Package policy says which tags an image takes, why not the others, and in which order those come that it takes.
//
// It stands beside config because reading versions costs what links it: Masterminds/semver compiles its expressions
// before main, 0.4 ms and 200 KB of each start. Of the functions only the release function orders tags.
package policy

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// Policy says which tags of a repository an image takes, why not the others, and in which order those come. It is
// compiled once, by Of, and may be used from many goroutines.
type Policy struct {
	image  config.Image
	exact  bool
	match  *regexp.Regexp
	group  int // of match; 0 is the whole tag
	within *semver.Constraints
	broken string
}

// Of is the policy of an image. A description that config.Parse would not let through makes a policy that takes
// nothing and says why.
func Of(i config.Image) Policy {
	p := Policy{image: i, exact: i.Exact()}
	var err error
	if i.Regexp != "" {
		if p.match, p.group, err = i.Expression(); err != nil {
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

// Range says why a text is no range of versions, for those who read a configuration: it is their config.Ranges.
func Range(text string) error {
	_, err := semver.NewConstraint(text)
	return err
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
	if !p.exact && i.Order != "" && i.Order != config.ByPushed {
		text += " by " + i.Order
	}
	return text
}
