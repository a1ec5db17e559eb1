package policy

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	reference "github.com/Masterminds/semver/v3"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// refusals are all that Masterminds takes and this package refuses.
var refusals = map[string]*regexp.Regexp{
	"an operator before a wildcard, or one as a bound": regexp.MustCompile(`(!=|[<>^]|=<|<=|\s-)\s*v?[xX*]`),
	"something behind a wildcard that is none":         regexp.MustCompile(`[xX*]\.([xX*]\.)?([^xX*]|[xX*][0-9xX*|])`),
	"1 - 2 behind || without a blank":                  regexp.MustCompile(`\|\|\S.*\s-\s`),
	"something else right behind the 2 of 1 - 2":       regexp.MustCompile(`\s-\s+v?[^\s,]*[=!<>~^v*]`),
}

// more is all that this package takes and Masterminds refuses: 1 - 2 behind another with a blank alone or before ||
// without one, and more than 32 groups.
var more = regexp.MustCompile(`[^\s,|]\s+[^\s,]+\s+-\s|\s-\s+[^\s,]*\|\||(\|\|.*){32}`)

// agree fails where a range or what it takes is not what Masterminds makes of it.
func agree(t *testing.T, within string, tags ...string) (read bool) {
	t.Helper()
	ranges, wrong := reference.NewConstraint(within)
	err := Range(within)
	switch {
	case err != nil && wrong != nil:
		return false
	case err != nil:
		for _, form := range refusals {
			if form.MatchString(within) {
				return false
			}
		}
		t.Errorf("%q is refused: %v", within, err)
		return false
	case wrong != nil:
		if !more.MatchString(within) {
			t.Errorf("%q is taken, and Masterminds says %v", within, wrong)
		}
		return false
	}
	for _, pre := range []bool{false, true} {
		ranges.IncludePrerelease = pre
		p := Of(config.Image{Semver: within, PreReleases: pre})
		for _, tag := range tags {
			v, err := reference.StrictNewVersion(strings.TrimPrefix(tag, "v"))
			if _, why := p.Take(tag); (why == "") != (err == nil && ranges.Check(v)) {
				t.Errorf("%q, preReleases %v: %q %s, and Masterminds says %v %v", within, pre, tag, why, ranges.Check(v), err)
			}
		}
	}
	return true
}

var (
	numbers = []string{"*", "x", "0", "0.0", "0.0.0", "0.0.3", "0.2", "0.2.3", "1", "1.2", "1.2.3", "1.x", "1.x.x", "1.2.X", "v1.2", "v1.2.3", "01.02.3", "x.2", "1.*.3", "18446744073709551615",
		"1-0", "1.2-0", "*-0", "0.0.0-0", "0.0.3-rc.1", "0.2.3-rc.1", "1.2.3-rc.1", "1.2.3-rc.1.10", "1.2.3-beta-1", "1.2.3+b.01", "1.x-rc.1+b", "1.2.3-rc.1+b-c",
		"1.2.3-01", "1.2.3-", "1.2.3+", "1.2.3.4", "1.", ".1", "1..2", "V1", "vv1", "a", "-1", "1.2.3-rc_1", "1a", "18446744073709551616", ""}
	betweens = []string{" ", ",", ", ", " , ", " || ", "||", " ||", "|| ", ",,", " - ", "  -\t", " -", "- ", "-", "|", "&&", ";", "\n", " ,, ", ", ||", ""}
)

// versions that differ in each place that a range may look at.
func versions() (all []string) {
	for _, core := range []string{"0.0.0", "0.0.2", "0.0.3", "0.0.4", "0.1.0", "0.2.2", "0.2.3", "0.2.4", "0.3.0", "1.0.0", "1.1.9", "1.2.0", "1.2.2", "1.2.3", "1.2.4", "1.3.0", "1.10.0", "2.0.0", "3.1.0", "18446744073709551615.0.0"} {
		for _, rest := range []string{"", "-0", "-alpha", "-beta-1", "-rc.1", "-rc.1.9", "-rc.1.10", "-rc.2", "+b"} {
			all = append(all, core+rest)
		}
	}
	return append(all, "v1.2.3", "vv1.2.3", "1.2", "1", "v", "", "01.2.3", "1.2.3-01", "1.2.3-", "1.2.3+", "1.2.3.4", "1.2.3-rc..1", "1.2.3+b+c", "1.2.3+b-c", "1.2.3-rc_1", "V1.2.3", " 1.2.3", "1.2.-3", "1.+2.3")
}

func TestRangesAreReadAsMastermindsReadsThem(t *testing.T) {
	all, read := versions(), 0
	for _, o := range append(written(), "> ", "=\t", "==", ">>", "!", "<>", "~=", "=>=") {
		for _, n := range numbers {
			if agree(t, o+n, all...) {
				read++
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	one := func(of []string) string { return of[random.IntN(len(of))] }
	for range 4000 {
		within := one([]string{"", "", "", " "}) + one(written()) + one(numbers)
		for range 1 + random.IntN(3) {
			within += one(betweens) + one(append(written(), "", "", "")) + one(numbers[:28])
		}
		if agree(t, within, one(all), one(all), one(all), one(all), one(all), one(all), one(all), one(all)) {
			read++
		}
	}
	if read < 900 {
		t.Errorf("only %d ranges were read", read)
	}
}

func TestVersionsAreThoseOfMastermindsInItsOrder(t *testing.T) {
	p, all := Of(config.Image{Tag: "*", Order: config.ByVersion, PreReleases: true}), versions()
	for _, one := range all {
		a, err := reference.StrictNewVersion(strings.TrimPrefix(one, "v"))
		rank, why := p.Take(one)
		if (why == "") != (err == nil) {
			t.Errorf("%q %s, and Masterminds says %v", one, why, err)
		}
		for _, other := range all {
			b, wrong := reference.StrictNewVersion(strings.TrimPrefix(other, "v"))
			if err != nil || wrong != nil {
				continue
			}
			if beside, _ := p.Take(other); rank.Compare(beside) != a.Compare(b) {
				t.Errorf("%q and %q: %d, and Masterminds says %d", one, other, rank.Compare(beside), a.Compare(b))
			}
		}
	}
}

func TestARefusedRangeSaysWhatToWrite(t *testing.T) {
	for within, want := range map[string]string{
		"^*":                    `"*" is any version and no bound`,
		"1.2 - x":               `"x" is any version and no bound`,
		"1.x.3":                 `"1.x.3" has a number behind a wildcard`,
		"3||1 - 2":              `write a blank between || and "1 - 2"`,
		"1 - 2<3":               `"2<3" is no version`,
		">=1 ||":                "a version is missing",
		">=1,,<2":               "a version is missing",
		">= ":                   "a version is missing",
		"newest":                `"newest" is no version such as 1.2.3`,
		"1.2.3.4":               `"1.2.3.4" has more than three numbers`,
		"1.2.3-01":              `"1.2.3-01" has no valid pre-release or build metadata: "-01"`,
		"18446744073709551616":  `is no version`,
		">=1.2.3-rc_1 || ~>1 x": `"-rc_1"`,
	} {
		if err := Range(within); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", within, err, want)
		}
	}
}

func FuzzRangesAreReadAsMastermindsReadsThem(f *testing.F) {
	for _, within := range []string{">=1.2.0 <3", "1.2 - 1.4.5, !=1.3.0 || ^0.2.3", "~>1.x||=<2-0", "*-0", "v01.2.3-rc.1+b"} {
		f.Add(within, "1.2.3-rc.1")
	}
	f.Fuzz(func(t *testing.T, within, tag string) {
		if len(within) < 200 && len(tag) < 200 && !long.MatchString(within+tag) {
			agree(t, within, append(versions(), tag)...)
		}
	})
}

// long numbers are ordered here, and are none to Masterminds.
var long = regexp.MustCompile(`[0-9]{20}`)

func written() (all []string) {
	for _, o := range operators {
		all = append(all, o[0])
	}
	return all
}
