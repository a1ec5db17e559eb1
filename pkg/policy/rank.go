package policy

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// Rank is a tag's place among those of its policy. Ranks of different policies do not compare.
type Rank struct {
	version *semver.Version
	text    string // or a number's digits, without leading zeros
	number  bool
}

// Compare is below 0 when r comes before other, above 0 when it comes after. Ranks by the time of the push are all
// equal: it is the push that says.
func (r Rank) Compare(other Rank) int {
	if r.version != nil && other.version != nil {
		return r.version.Compare(other.version)
	}
	if r.number && other.number {
		if c := cmp.Compare(len(r.text), len(other.text)); c != 0 {
			return c
		}
	}
	return strings.Compare(r.text, other.text)
}

// rank of an extract in the policy's order; or why the extract is not taken.
func (p Policy) rank(extract string) (Rank, string) {
	var r Rank
	if p.within != nil || p.image.Order == config.ByVersion {
		v, why := p.version(extract)
		if why != "" {
			return Rank{}, why
		}
		r.version = v
	}
	switch p.image.Order {
	case config.ByNumber:
		if extract == "" || strings.Trim(extract, "0123456789") != "" {
			return Rank{}, fmt.Sprintf("is ordered by number, and its extract %q is none", extract)
		}
		return Rank{number: true, text: strings.TrimLeft(extract, "0")}, ""
	case config.ByText:
		return Rank{text: extract}, ""
	case config.ByVersion:
		return r, ""
	}
	return Rank{}, ""
}

// version of an extract, when it is a whole one that the policy takes.
func (p Policy) version(extract string) (*semver.Version, string) {
	v, err := semver.StrictNewVersion(strings.TrimPrefix(extract, "v"))
	if err != nil {
		return nil, fmt.Sprintf("is no whole version such as 1.2.3: %q", extract)
	}
	if p.within == nil {
		if v.Prerelease() != "" && !p.image.PreReleases {
			return nil, "is a pre-release, and preReleases is not set"
		}
		return v, ""
	}
	if ok, _ := p.within.Validate(v); ok {
		return v, ""
	}
	if v.Prerelease() != "" && !p.image.PreReleases {
		return nil, fmt.Sprintf("is a pre-release outside the range %q, and preReleases is not set", p.image.Semver)
	}
	return nil, fmt.Sprintf("is outside the range %q", p.image.Semver)
}
