//go:build !race

package bluegreen

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/sandbox/events"
)

func TestTagPatternsAreExactPrefixOrSuffix(t *testing.T) {
	const all = `[{"anything-but":[""]}]`
	for image, want := range map[config.Image]string{
		{Tag: "latest"}:                  `["latest"]`,
		{Tag: "v*"}:                      `[{"prefix":"v"}]`,
		{Tag: "*-prod"}:                  `[{"suffix":"-prod"}]`,
		{Tag: "v?"}:                      `[{"prefix":"v"}]`,
		{Tag: "v*-prod"}:                 `[{"prefix":"v"}]`,
		{Tag: "*"}:                       all,
		{Tag: "*a*"}:                     all,
		{Regexp: "main"}:                 `["main"]`,
		{Regexp: "^(main)$"}:             `["main"]`,
		{Regexp: "main-[0-9]+"}:          `[{"prefix":"main-"}]`,
		{Regexp: "^main-(?P<n>\\d+)-x$"}: `[{"prefix":"main-"}]`,
		{Regexp: "main|mainline"}:        `[{"prefix":"main"}]`,
		{Regexp: "(?:ab)+c"}:             `[{"prefix":"ab"}]`,
		{Regexp: "(?:ab){2,}c"}:          `[{"prefix":"abab"}]`,
		{Regexp: "(?:ab)*c"}:             `[{"suffix":"c"}]`,
		{Regexp: "[0-9]+-prod"}:          `[{"suffix":"-prod"}]`,
		{Regexp: "(?i)main-.*"}:          all,
		{Regexp: "a|b"}:                  all,
		{Regexp: "("}:                    all,
	} {
		got, err := json.Marshal(tagPatterns([]config.Image{image}))
		if err != nil || string(got) != want {
			t.Errorf("%+v: %s, %v", image, got, err)
		}
	}
	versions, err := json.Marshal(tagPatterns([]config.Image{{Semver: ">=1"}, {Semver: ">=2"}, {Tag: "v*"}}))
	if err != nil || strings.Count(string(versions), "prefix") != 11 {
		t.Errorf("versions: %s, %v", versions, err)
	}
}

// pattern is the rule's for a service, as EventBridge reads it.
func patternOf(t interface{ Fatal(...any) }, s config.Service) *events.Pattern {
	source, err := json.Marshal(pushPattern(s))
	if err != nil {
		t.Fatal(err)
	}
	p, err := events.ParsePattern(string(source))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func pushed(repository, tag string) []byte {
	return fmt.Appendf(nil, `{"source": "aws.ecr", "detail-type": "ECR Image Action", "detail": {"action-type": "PUSH", "result": "SUCCESS",
		"repository-name": %q, "image-tag": %q, "image-digest": "sha256:1"}}`, repository, tag)
}

// expressions are regular expressions of the shapes that people write tags with, over few letters.
func expressions() *rapid.Generator[string] {
	atom := rapid.OneOf(rapid.StringMatching(`[ab-]{1,2}`), rapid.SampledFrom([]string{`.*`, `.`, `[ab]`, `\d+`, `(?i)a`, `^`, `$`, `(?:ab)`, `(b)`, `()`, `(?:a|ab)`, `(?:|b)`}))
	part := rapid.Custom(func(t *rapid.T) string {
		return atom.Draw(t, "atom") + rapid.SampledFrom([]string{"", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}"}).Draw(t, "times")
	})
	return rapid.Custom(func(t *rapid.T) string {
		text := strings.Join(rapid.SliceOfN(part, 1, 4).Draw(t, "parts"), "")
		if rapid.IntRange(0, 3).Draw(t, "or") == 0 {
			text += "|" + strings.Join(rapid.SliceOfN(part, 1, 3).Draw(t, "others"), "")
		}
		return text
	})
}

func takes(i config.Image, tag string) bool {
	_, why := policy.Of(i).Take(tag)
	return why == ""
}

func TestWhateverAPolicyTakesTheRuleTakes(t *testing.T) {
	taken := 0
	rapid.Check(t, func(t *rapid.T) {
		var image config.Image
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			image.Tag = rapid.StringMatching(`[ab*?-]{1,5}`).Draw(t, "tag")
		case 1:
			image.Regexp = expressions().Draw(t, "regexp")
		default:
			image.Semver, image.PreReleases = rapid.SampledFrom([]string{"*", ">=1", "^0.2", "1.x || 2.x"}).Draw(t, "semver"), rapid.Bool().Draw(t, "pre")
			if rapid.Bool().Draw(t, "extract") {
				image.Regexp = rapid.SampledFrom([]string{"a-(.*)", "(.*)-b", "(?:a|v)?(.*)"}).Draw(t, "of")
			}
		}
		image.Repository = "shop"
		one := config.Service{Name: "shop", Image: image}
		other := config.Service{Name: "shop", Images: []config.Image{{Container: "x", Repository: "x", Tag: "x"}, image}}
		for _, tag := range rapid.SliceOfN(rapid.OneOf(rapid.StringMatching(`[abAB1-]{1,5}`),
			rapid.StringMatching(`(a-)?v?[0-2]\.[0-2]\.[0-2](-rc\.1)?(-b)?`)), 20, 80).Draw(t, "tags") {
			if !takes(image, tag) {
				continue
			}
			taken++
			for _, s := range []config.Service{one, other} {
				if match, err := patternOf(t, s).Match(pushed("shop", tag)); err != nil || !match {
					t.Fatalf("%+v takes %q, and %v does not: %v", image, tag, pushPattern(s), err)
				}
			}
		}
	})
	if taken < 100 {
		t.Errorf("only %d tags were taken", taken)
	}
}

func TestARuleLeavesOtherRepositoriesAndTagsAlone(t *testing.T) {
	p := patternOf(t, config.Service{Name: "shop", Images: []config.Image{
		{Container: "shop", Repository: "shop", Tag: "v*"}, {Container: "worker", Repository: "worker", Regexp: "main-[0-9]+"}}})
	for event, want := range map[[2]string]bool{
		{"shop", "v1"}: true, {"worker", "main-7"}: true, {"worker", "v1"}: true, // the function judges that one
		{"other", "v1"}: false, {"shop", "latest"}: false, {"shop", ""}: false,
	} {
		if got, err := p.Match(pushed(event[0], event[1])); err != nil || got != want {
			t.Errorf("%v: %v, %v", event, got, err)
		}
	}
}
