package policy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// image reads one image's description as an operator writes it, with its defaults.
func image(t testing.TB, description string) config.Image {
	t.Helper()
	c, err := config.Parse([]byte(`{"services": [{"name": "shop", "image": `+description+`}]}`), Range)
	if err != nil {
		t.Fatal(err)
	}
	return c.Services[0].Image
}

func TestEachPolicyTakesItsTagsInItsOrderAndSaysWhyNotTheOthers(t *testing.T) {
	for name, c := range map[string]struct {
		image string
		taken []string          // the newest last; those of one line in brackets are equal
		not   map[string]string // tag to the words of its reason
		text  string
	}{
		"an exact tag": {`{"tag": "latest"}`, []string{"latest"},
			map[string]string{"latest2": `is not "latest"`, "Latest": `is not "latest"`, "": "is no tag"}, `the tag "latest"`},
		"a glob, by the time of the push": {`{"tag": "v*"}`, []string{"v2 v10 v1.0.0 v"},
			map[string]string{"latest": `does not match the glob "v*"`}, `the tag "v*"`},
		"a glob by version": {`{"tag": "v*", "order": "version"}`, []string{"v1.9.0", "v1.10.0"},
			map[string]string{"1.2.3": "does not match the glob", "v1.2": "is no whole version such as 1.2.3", "v2.0.0-rc.1": "preReleases is not set"},
			`the tag "v*" by version`},
		"a glob by version with pre-releases": {`{"tag": "v*", "order": "version", "preReleases": true}`,
			[]string{"v1.0.0-alpha", "v1.0.0-rc.2", "v1.0.0-rc.10", "v1.0.0"}, nil, `the tag "v*" by version`},
		"a glob by text": {`{"tag": "*", "order": "text"}`, []string{"2026-01-31", "2026-02-01", "2026-11-23"}, nil, `the tag "*" by text`},
		"a regular expression, by the time of the push": {`{"regexp": "(main|release)-[0-9a-f]{7}"}`, []string{"main-0123abc release-0123abc"},
			map[string]string{"main-0123abcd": "does not match the regular expression", "x-main-0123abc": "does not match"},
			`the regular expression "(main|release)-[0-9a-f]{7}"`},
		"a regular expression with the whole tag as number": {`{"regexp": "[0-9]+", "order": "number"}`,
			[]string{"9", "0010 10", "11", "20261123055309", "99999999999999999999999"}, map[string]string{"1a": "does not match"}, `the regular expression "[0-9]+" by number`},
		"a regular expression with the first group as number": {`{"regexp": "main-[0-9a-f]+-(\\d*)", "order": "number"}`,
			[]string{"main-ff-9", "main-aa-10"}, map[string]string{"main-ff-": `its extract "" is none`}, `the regular expression "main-[0-9a-f]+-(\\d*)" by number`},
		"a regular expression with a named group": {`{"regexp": "(\\d+)-(?P<build>\\d+)", "extract": "build", "order": "number"}`,
			[]string{"9-1", "8-2", "1-10"}, nil, `the regular expression "(\\d+)-(?P<build>\\d+)" by number`},
		"a regular expression with a group that may be missing": {`{"regexp": "v(\\d+)?.*", "order": "number"}`,
			[]string{"v1", "v2x"}, map[string]string{"vx": "without its extract"}, `the regular expression "v(\\d+)?.*" by number`},
		"a regular expression that could close its group": {`{"regexp": "a|b"}`, []string{"a b"},
			map[string]string{"ab": "does not match", "ax": "does not match", "xb": "does not match"}, `the regular expression "a|b"`},
		"a regular expression by text": {`{"regexp": "nightly-(.+)", "order": "text"}`, []string{"nightly-2026-01-31", "nightly-2026-02-01"}, nil,
			`the regular expression "nightly-(.+)" by text`},
		"a range": {`{"semver": ">=1.2.0 <3"}`, []string{"1.2.0", "v1.2.3 1.2.3", "2.10.0"},
			map[string]string{"1.1.9": `is outside the range ">=1.2.0 <3"`, "3.0.0": "is outside", "2.0.0-rc.1": "is a pre-release", "2": "is no whole version", "latest": "is no whole version", "v1.2.03": "is no whole version"},
			`the range ">=1.2.0 <3" by version`},
		"a range with pre-releases": {`{"semver": "^1.2.0", "preReleases": true}`, []string{"1.2.0", "1.3.0-rc.1", "1.3.0"},
			map[string]string{"2.0.0": "is outside the range"}, `the range "^1.2.0" with pre-releases by version`},
		"a range that names a pre-release": {`{"semver": ">=2.0.0-rc.1"}`, []string{"2.0.0-rc.2", "2.0.0"},
			map[string]string{"2.0.0-beta": "is a pre-release outside the range"}, `the range ">=2.0.0-rc.1" by version`},
		"a range by the time of the push": {`{"semver": "~1.2", "order": "pushed"}`, []string{"1.2.0 1.2.9"},
			map[string]string{"1.3.0": "is outside the range"}, `the range "~1.2"`},
		"a range within an extract": {`{"regexp": "shop-(.+)", "semver": "1.x"}`, []string{"shop-1.0.0", "shop-v1.5.0"},
			map[string]string{"1.0.0": "does not match", "shop-2.0.0": "is outside the range"}, `the regular expression "shop-(.+)" and the range "1.x" by version`},
	} {
		t.Run(name, func(t *testing.T) {
			i := image(t, c.image)
			p := Of(i)
			if p.String() != c.text {
				t.Errorf("it is called %s", p)
			}
			for tag, want := range c.not {
				if _, why := p.Take(tag); why == "" || !strings.Contains(why, want) {
					t.Errorf("%q %q, want %q", tag, why, want)
				}
			}
			var before []Rank
			for _, line := range c.taken {
				var equal []Rank
				for _, tag := range strings.Fields(line) {
					r, why := p.Take(tag)
					if why != "" {
						t.Errorf("%q %s", tag, why)
					}
					for _, b := range before {
						if b.Compare(r) >= 0 || r.Compare(b) <= 0 {
							t.Errorf("%q is not after what stands before it", tag)
						}
					}
					for _, e := range equal {
						if e.Compare(r) != 0 {
							t.Errorf("%q is not equal to what stands beside it", tag)
						}
					}
					equal = append(equal, r)
				}
				before = append(before, equal...)
			}
		})
	}
}

func TestTagsAreTakenExactlyOrByGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, tag string
		want         bool
	}{
		{"latest", "latest", true}, {"latest", "latest2", false}, {"v*", "v1", true}, {"v*", "v", true}, {"v*", "w1", false},
		{"v?", "v1", true}, {"v?", "v10", false}, {"*-rc", "1.0-rc", true}, {"1.*", "1x0", false}, {"*", "", false}, {"v*", "V1", false},
	} {
		if _, why := Of(config.Image{Tag: c.pattern}).Take(c.tag); (why == "") != c.want {
			t.Errorf("%q of %q: %q", c.tag, c.pattern, why)
		}
	}
}

func TestAPolicyThatIsNoneTakesNothingAndSaysSo(t *testing.T) {
	for _, i := range []config.Image{{Regexp: "("}, {Regexp: "a)(b"}, {Semver: "newest"}, {Regexp: "a", Extract: "b"}, {}} {
		if _, why := Of(i).Take("a"); why == "" {
			t.Errorf("%+v takes a", i)
		}
	}
}

// policies are drawn as an operator might write them.
func policies() *rapid.Generator[config.Image] {
	return rapid.SampledFrom([]config.Image{
		{Tag: "latest"}, {Tag: "v*", Order: config.ByPushed}, {Tag: "*", Order: config.ByText}, {Tag: "*", Order: config.ByVersion, PreReleases: true},
		{Regexp: "v?(.*)", Order: config.ByNumber}, {Regexp: "(.*?)-?.*", Order: config.ByText}, {Semver: "*", PreReleases: true, Order: config.ByVersion}, {Semver: ">=0.1 <2", Order: config.ByPushed},
	})
}

// tags are such as policies take, often alike.
func tags() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom([]string{"latest", "v1", "v01", "1.0.0", "v1.0.0", "1.0.0-rc.1", "1.0.0-rc.1.1", "1.0.0-1", "10", "9"}),
		rapid.StringMatching(`v?[0-2](\.[0-2]){0,3}(-[a1.]{1,3})?`), rapid.StringMatching(`[a-c0-2._-]{1,4}`))
}

func TestRanksAreAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Of(policies().Draw(t, "policy"))
		var ranks []Rank
		for _, tag := range rapid.SliceOfN(tags(), 3, 3).Draw(t, "tags") {
			r, why := p.Take(tag)
			if why != "" {
				t.Skip("not taken")
			}
			ranks = append(ranks, r)
		}
		a, b, c := ranks[0], ranks[1], ranks[2]
		if a.Compare(a) != 0 || sign(a.Compare(b)) != -sign(b.Compare(a)) {
			t.Fatalf("%v and %v: %d and %d", a, b, a.Compare(b), b.Compare(a))
		}
		if a.Compare(b) <= 0 && b.Compare(c) <= 0 && a.Compare(c) > 0 {
			t.Fatalf("%v, %v, %v go round", a, b, c)
		}
	})
}

func sign(n int) int { return max(-1, min(1, n)) }

func FuzzPolicy(f *testing.F) {
	f.Add("v*", "", "", "", "pushed", false, "v1", "v2")
	f.Add("", "main-([0-9]+)", "", "", "number", false, "main-10", "main-9")
	f.Add("", "(?P<v>.*)", "v", ">=1.2 <3 || 4.x", "version", true, "1.2.3-rc.1", "v4.0.0")
	f.Add("", "", "", "^1-0", "version", false, "1.0.0-0", "1.0.0-00")
	f.Fuzz(func(t *testing.T, tag, expression, extract, within, order string, pre bool, one, other string) {
		i := config.Image{Tag: tag, Regexp: expression, Extract: extract, Semver: within, Order: order, PreReleases: pre}
		p := Of(i)
		a, whyA := p.Take(one)
		b, whyB := p.Take(other)
		if whyA == "" && whyB == "" && sign(a.Compare(b)) != -sign(b.Compare(a)) {
			t.Errorf("%q and %q: %d and %d", one, other, a.Compare(b), b.Compare(a))
		}
		if again, why := p.Take(one); why != whyA || why == "" && again.Compare(a) != 0 {
			t.Errorf("%q is taken otherwise the second time", one)
		}
		_, err := config.Config{Services: []config.Service{{Name: "shop", Image: i}}}.Complete(Range)
		if err == nil && p.broken != "" {
			t.Errorf("%+v passes and is broken: %s", i, p.broken)
		}
	})
}

func BenchmarkTake(b *testing.B) {
	for name, i := range map[string]config.Image{
		"glob": {Tag: "v*"}, "regexp": {Regexp: `main-[0-9a-f]+-(\d+)`, Order: config.ByNumber}, "semver": {Semver: ">=1.2 <3", Order: config.ByVersion},
	} {
		b.Run(name, func(b *testing.B) {
			p := Of(i)
			b.ReportAllocs()
			for b.Loop() {
				p.Take("v1.2.3")
			}
		})
	}
}
