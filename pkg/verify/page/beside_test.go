package page

import (
	"bytes"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/pkg/verify"
	"github.com/cutover-ecs/cutover/pkg/verify/compare"
)

// compared is a verdict with a comparison whose green is slower on one of two routes.
func compared(t *testing.T, slower float64, body string) (verify.Verdict, string) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	side := func(ms float64, body string) *compare.Side {
		s := &compare.Side{}
		for range 150 {
			s.Add(compare.Answer{Latency: time.Duration(ms * (1 + 0.1*r.NormFloat64()) * float64(time.Millisecond)), Status: 200, Type: "application/json", Body: []byte(body)})
		}
		return s
	}
	result := compare.Judge([]compare.Route{
		{Name: "GET /cart", Blue: side(40, `{"id": 1}`), Green: side(40*slower, body)},
		{Name: "GET /items", Blue: side(10, `[]`), Green: side(10, `[]`)},
	}, compare.Rules{Level: 0.01, Samples: 150, Least: 50, SlowerPercent: 10, SlowerMS: 5, Errors: 0.02, Body: compare.BodyCompatible})
	v := verify.Verdict{Service: "shop", Outcome: verify.Succeeded, Reason: "1 of 1 checks hold", Comparison: &verify.Comparison{
		Outcome: result.Outcome, Reason: "why", Blue: "http://blue", Green: "http://green", BlueImage: "r/shop@sha256:1", Seed: 4711, Samples: 150, WarmUp: 20, Rate: 50,
		Level: 0.01, Seconds: 6.8, Result: &result,
	}}
	if !v.Comparison.Holds() {
		v.Outcome = verify.Failed
	}
	var out bytes.Buffer
	if err := Write(&out, v); err != nil {
		t.Fatal(err)
	}
	if file := os.Getenv("CUTOVER_PAGE"); file != "" { // to be looked at
		if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return v, out.String()
}

func TestAComparisonIsToldReasonsFirstAndDrawn(t *testing.T) {
	_, page := compared(t, 1.5, `{"key": 1, "<b>": 2}`)
	at := 0
	for _, want := range []string{
		`<h1 id="verdict">Failed: shop</h1>`, "What the comparison with blue found", "<li>GET /cart: green is slower: by 20", "id is a number in 150 of 150 of blue&#39;s answers",
		"</section>", "Beside blue", "seed 4711", "Tests</dt><dd>3 could fail", ">GET /cart</a>", `<span class="bad">failed</span>`, ">GET /items</a>", `<span class="good">pass</span>`,
		"GET /cart beside blue", "latency, failed", "<code>&lt;b&gt;</code>", `role="img" aria-label="How long answers of GET /cart took: blue, above, 40 ms`, `class="blue"`, `class="green"`,
	} {
		i := strings.Index(page[at:], want)
		if i < 0 {
			t.Fatalf("%q is not where it should be", want)
		}
		at += i
	}
	if found := regexp.MustCompile(`(?i)<script|<img|<b>|NaN|Inf|ZgotmplZ`).FindString(page); found != "" {
		t.Errorf("the page has %q", found)
	}
	medians := regexp.MustCompile(`class="median" x1="([0-9.]+)"`).FindAllStringSubmatch(page, 2)
	if len(medians) != 2 || medians[0][1] >= medians[1][1] {
		t.Errorf("the medians stand at %v, green's should be right of blue's", medians)
	}
}

func TestAComparisonThatHasNothingToDrawIsToldAllTheSame(t *testing.T) {
	var out bytes.Buffer
	v := verify.Verdict{Outcome: verify.Succeeded, Comparison: &verify.Comparison{Outcome: compare.Skipped, Reason: "a placeholder serves"}}
	if err := Write(&out, v); err != nil {
		t.Fatal(err)
	}
	if page := out.String(); !strings.Contains(page, `<span class="soft">skipped</span>: a placeholder serves`) || strings.Contains(page, "<svg") {
		t.Error("it is not told, or something is drawn")
	}
	few := compare.Judge([]compare.Route{{Name: "a", Blue: &compare.Side{}, Green: &compare.Side{}}}, compare.Rules{Samples: 50})
	v.Comparison = &verify.Comparison{Outcome: few.Outcome, Result: &few}
	if err := Write(&out, v); err != nil || !strings.Contains(out.String(), "too few to compare") {
		t.Errorf("too few: %v", err)
	}
}

func TestMarksAreRoundAndFew(t *testing.T) {
	for _, c := range [][2]float64{{1, 2}, {30, 60}, {0.05, 90_000}, {39, 41}, {9.5, 1000}} {
		all := marks(c[0], c[1])
		if len(all) > 10 {
			t.Errorf("%v has %v", c, all)
		}
		for _, ms := range all {
			if ms <= c[0] || ms >= c[1] {
				t.Errorf("%v has %v", c, all)
			}
		}
	}
}
