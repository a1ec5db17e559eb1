package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/Masterminds/semver/v3"
)

// ranges is policy.Range, which a test of this package cannot import.
func ranges(text string) error {
	_, err := semver.NewConstraint(text)
	return err
}

func TestBadImagesAreRefusedInASentence(t *testing.T) {
	for name, c := range map[string]struct{ keys, want string }{
		"no regular expression":          {`"image": {"regexp": "("}`, `services[0].image.regexp: "(" is no regular expression: error parsing regexp: missing closing )`},
		"one that closes what is around": {`"image": {"regexp": "a)(b"}`, "services[0].image.regexp"},
		"a long regular expression":      {`"image": {"regexp": "` + strings.Repeat("a", 501) + `"}`, "has 501 bytes; at most 500"},
		"no such group":                  {`"image": {"regexp": "(a)", "extract": "b", "order": "text"}`, `has no group named "b"`},
		"extract without regexp":         {`"image": {"extract": "b"}`, "image.extract: names a group of regexp, which is missing"},
		"extract without use":            {`"image": {"regexp": "(?P<b>a)", "extract": "b"}`, "image.extract: serves nothing"},
		"an account of letters":          {`"image": {"account": "shared"}`, "image.account: \"shared\" must be twelve digits"},
		"a region of no kind":            {`"image": {"region": "europe"}`, "image.region: \"europe\" must be a region"},
		"one name in two places": {`"task": {"container": "a"}, "images": [{"container": "a", "repository": "x"}, {"container": "b", "repository": "x", "region": "eu-west-1"}]`,
			`services[0].images[1].repository: "x" is that of images[0] in another place`},
		"no range":                          {`"image": {"semver": "newest"}`, `services[0].image.semver: "newest" is no range of versions`},
		"a long range":                      {`"image": {"semver": "` + strings.Repeat("1", 501) + `"}`, "image.semver: has 501 bytes"},
		"tag beside regexp":                 {`"image": {"tag": "v*", "regexp": "v.*"}`, "image.tag: stands beside regexp or semver"},
		"tag beside semver":                 {`"image": {"tag": "v*", "semver": "*"}`, "image.tag: stands beside"},
		"pre-releases of what":              {`"image": {"tag": "v*", "preReleases": true}`, "image.preReleases: is for versions"},
		"no order":                          {`"image": {"tag": "v*", "order": "newest"}`, "one of [pushed version number text]"},
		"an order of one":                   {`"image": {"tag": "v1", "order": "pushed"}`, "does not fit an exact tag"},
		"a number of what":                  {`"image": {"tag": "v*", "order": "number"}`, "needs a regexp that extracts the number"},
		"a range by number":                 {`"image": {"semver": "*", "regexp": "(.*)", "order": "number"}`, "does not fit semver"},
		"settle in parts of a second":       {`"settle": "1500ms"`, "services[0].settle: 1.5s must be a multiple of 1s from 1s to 1h0m0s"},
		"settle for ever":                   {`"settle": "2h"`, "services[0].settle"},
		"another container":                 {`"image": {"container": "side"}`, `image.container: "side" is not "shop", the container that the traffic goes to`},
		"image and images":                  {`"image": {"tag": "v*"}, "images": [{"container": "shop"}]`, "services[0].image: stands beside images"},
		"none of several":                   {`"images": []`, "services[0].images: are 0: name 1 to 5"},
		"too many":                          {`"images": [{"container": "shop"}, {"container": "b"}, {"container": "c"}, {"container": "d"}, {"container": "e"}, {"container": "f"}]`, "are 6: name 1 to 5"},
		"a container twice":                 {`"images": [{"container": "shop"}, {"container": "shop", "tag": "v*"}]`, `services[0].images[1].container: "shop" is that of images[0] already`},
		"a container without a name":        {`"images": [{"container": "shop"}, {"repository": "b"}]`, "services[0].images[1].container: is missing"},
		"nothing for the traffic":           {`"images": [{"container": "b"}]`, `services[0].images: do not name "shop", the container that the traffic goes to`},
		"a mistake in one of several":       {`"images": [{"container": "shop"}, {"container": "b", "regexp": "["}]`, "services[0].images[1].regexp"},
		"a repository named by container":   {`"images": [{"container": "shop"}, {"container": "B"}]`, `services[0].images[1].repository: "B" must be`},
		"several mistakes are told at once": {`"image": {"regexp": "(", "semver": "newest", "order": "text"}, "settle": "2h"`, "the configuration has 4 mistakes"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse([]byte(`{"services": [{"name": "shop", `+c.keys+`}]}`), ranges); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestSeveralImagesGetTheirDefaultsAndTheirNames(t *testing.T) {
	c, err := Parse([]byte(`{"services": [{"name": "shop", "settle": "30s", "images": [
		{"container": "worker", "semver": ">=1"}, {"container": "shop", "repository": "team/shop", "tag": "v*"}, {"container": "proxy", "repository": "team/shop"}]}]}`), ranges)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Services[0]
	want := []Image{
		{Container: "worker", Repository: "worker", Semver: ">=1", Order: ByVersion},
		{Container: "shop", Repository: "team/shop", Tag: "v*", Order: ByPushed},
		{Container: "proxy", Repository: "team/shop", Tag: "latest"},
	}
	if !slices.Equal(s.Wanted(), want) || s.Image != (Image{}) {
		t.Errorf("got %+v and %+v", s.Wanted(), s.Image)
	}
	if got := s.Repositories(); !slices.Equal(got, []Repository{{Name: "worker"}, {Name: "team/shop"}}) {
		t.Errorf("repositories %v", got)
	}
	if n := s.Names("cutover"); n.Container != "shop" || n.Repository != "team/shop" {
		t.Errorf("the traffic goes to %s of %s", n.Container, n.Repository)
	}
	single := sample(t)
	if got := single.Wanted(); !slices.Equal(got, []Image{{Container: "sample-website", Repository: "sample-website", Tag: "latest"}}) {
		t.Errorf("one image is %+v", got)
	}
}
