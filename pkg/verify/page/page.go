// Package page writes a verdict for people: one HTML page that needs nothing from elsewhere, no scripts, no fonts, no
// pictures, and reads well on light and dark screens, on paper and aloud. It shows what the verdict has, which is
// masked and bounded already; whatever an answer contained is text here, never markup.
//
// It is written without html/template, whose methods by name make the linker keep every exported method of a program:
// the function that keeps pages would be twice as large. What html/template would watch over, a type and a test do.
package page

import (
	_ "embed"
	"fmt"
	"io"
	"time"

	"github.com/cutover-ecs/cutover/pkg/verify"
)

//go:embed page.css
var style markup

// Write writes the page of a verdict.
func Write(w io.Writer, v verify.Verdict) error {
	s := &sheet{}
	s.head(v)
	s.put("<body>\n<main>\n")
	s.verdict(v)
	s.where(v)
	s.checks(v)
	if v.Load != nil {
		s.load(v.Load)
	}
	if v.Comparison != nil {
		s.comparison(v.Comparison)
	}
	s.exchanges(v.Checks)
	s.put("</main>\n</body>\n</html>\n")
	if err := s.to(w); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

func (s *sheet) head(v verify.Verdict) {
	s.put(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>{} – Cutover verification</title>
<style>
`, title(v))
	s.put(style)
	s.put("</style>\n</head>\n")
}

func title(v verify.Verdict) string {
	if v.Service == "" {
		return string(v.Outcome)
	}
	return string(v.Outcome) + ": " + v.Service
}

// verdict is the outcome with every reason that is against it.
func (s *sheet) verdict(v verify.Verdict) {
	s.put(`<section class="verdict {}" aria-labelledby="verdict">
<h1 id="verdict">{}</h1>
<p>{}</p>
`, v.Outcome, title(v), v.Reason)
	for _, c := range v.Checks {
		if !c.Holds() {
			s.put("<h2 id=\"reasons\">What is wrong with “{}”</h2>\n<ul aria-labelledby=\"reasons\">\n", c.Name)
			s.reasons(c.Problems)
		}
	}
	if l := v.Load; l != nil && !l.Holds() {
		s.put("<h2 id=\"load-reasons\">What is wrong under load</h2>\n<ul aria-labelledby=\"load-reasons\">\n")
		s.reasons(l.Problems)
	}
	if c := v.Comparison; c != nil && c.Result != nil && len(c.Result.Reasons) > 0 {
		s.put("<h2 id=\"compared-reasons\">What the comparison with blue found</h2>\n<ul aria-labelledby=\"compared-reasons\">\n")
		s.reasons(c.Result.Reasons)
	}
	s.put("</section>\n")
}

func (s *sheet) reasons(all []string) {
	s.each("", "<li>{}</li>\n", all)
	s.put("</ul>\n")
}

func (s *sheet) where(v verify.Verdict) {
	s.put("\n<h2>Where and when</h2>\n<dl>")
	s.given("<dt>Judged</dt><dd><code>{}</code></dd>\n", v.URL)
	s.given("<dt>Deployment</dt><dd>{}</dd>\n", v.Deployment)
	s.given("<dt>Stage</dt><dd>{}</dd>\n", v.Stage)
	s.given("<dt>Image</dt><dd><code>{}</code></dd>\n", v.Image)
	s.given("<dt>Task set</dt><dd>{}</dd>\n", v.TaskSet)
	s.given("<dt>Target group</dt><dd>{}</dd>\n", v.TargetGroup)
	if len(v.Healthy) > 0 {
		s.put("<dt>Healthy targets</dt><dd>")
		s.each(", ", "{}", v.Healthy)
		s.put("</dd>\n")
	}
	if p := v.Version; p != nil {
		got := "none"
		if p.Got != "" {
			got = p.Got
		}
		s.put("<dt>Version</dt><dd>expected {}, got {}: {} in a row after {} s</dd>\n", p.Want, got, p.Answers, point(p.Seconds))
	}
	if !v.At.IsZero() {
		at := v.At.UTC().Format(time.RFC3339)
		s.put("<dt>Began</dt><dd><time datetime=\"{}\">{}</time></dd>\n", at, at)
	}
	s.put("<dt>Took</dt><dd>{} s</dd>\n</dl>\n", point(v.Seconds))
}
