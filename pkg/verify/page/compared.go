package page

import (
	"fmt"

	"github.com/cutover-ecs/cutover/pkg/verify"
	"github.com/cutover-ecs/cutover/pkg/verify/compare"
)

// comparison tells how green did beside blue, route by route.
func (s *sheet) comparison(c *verify.Comparison) {
	s.put("\n<h2>Beside blue</h2>\n<p>")
	s.outcome(c.Outcome)
	if c.Observed {
		s.put(", observed only")
	}
	s.put(": {}</p>\n<dl>", c.Reason)
	s.given("<dt>Blue</dt><dd><code>{}</code></dd>\n", c.Blue)
	s.given("<dt>Blue’s image</dt><dd><code>{}</code></dd>\n", c.BlueImage)
	s.given("<dt>Green</dt><dd><code>{}</code></dd>\n", c.Green)
	if c.Samples > 0 {
		s.put("<dt>Samples</dt><dd>{} of each route and side after {} to warm up, at most {} requests a second, in the order that seed {} gives, in {} s</dd>\n",
			c.Samples, c.WarmUp, c.Rate, c.Seed, point(c.Seconds))
	}
	if c.Others > 0 {
		s.put(`<dt>Another version</dt><dd><span class="bad">{} answers at green showed another version</span> and are in none of the figures</dd>`+"\n", c.Others)
	}
	if c.Result != nil {
		s.put("<dt>Tests</dt><dd>{} could fail, corrected for their number (Holm)", c.Result.Tests)
		if c.Level > 0 {
			s.put("; level {}", c.Level)
		}
		s.put("</dd>\n")
	}
	s.put("</dl>\n")
	if c.Result != nil {
		s.routes(c.Result)
		for i, r := range c.Result.Routes {
			s.route(i, r)
		}
	}
}

func (s *sheet) outcome(o compare.Outcome) {
	s.put("<span class=\"{}\">{}</span>", outcomeClass(o), outcomeText(o))
}

func (s *sheet) routes(result *compare.Result) {
	s.put(`<div class="scroll" role="region" aria-label="Routes beside blue" tabindex="0">
<table class="routes">
<caption>Latency runs from the request to the last byte, without making the connection. Intervals are of 90%.</caption>
<thead><tr><th scope="col">Route</th><th scope="col">Result</th><th scope="col" class="number">Blue’s median</th><th scope="col" class="number">Green’s median</th><th scope="col">Green is slower by</th><th scope="col">Cliff’s delta</th><th scope="col">Errors: blue, green</th></tr></thead>
<tbody>
`)
	for i, r := range result.Routes {
		s.put("<tr><th scope=\"row\"><a href=\"#route-{}\">{}</a></th><td>", i, r.Name)
		s.outcome(r.Outcome)
		s.put("</td><td class=\"number\">{}</td><td class=\"number\">{}</td>", milliseconds(r.Blue.MedianMS), milliseconds(r.Green.MedianMS))
		s.put("<td class=\"spread\">{}</td><td class=\"spread\">{}</td><td class=\"spread\">{} of {}, {} of {}</td></tr>\n",
			shifted(r.Latency), effect(r.Latency), r.Blue.Errors, r.Blue.Answers, r.Green.Errors, r.Green.Answers)
	}
	if t := result.Together; t != nil {
		s.put("<tr><th scope=\"row\">All together</th><td>")
		s.outcome(t.Outcome)
		s.put("</td><td colspan=\"5\">{}</td></tr>\n", t.Reason)
	}
	s.put("</tbody>\n</table>\n</div>\n")
}

// route is what was found of one route; one that did not pass stands open.
func (s *sheet) route(i int, r compare.RouteResult) {
	s.put("<details id=\"route-{}\"", i)
	if r.Outcome != compare.Pass {
		s.put(" open")
	}
	s.put(">\n<summary>{} beside blue: ", r.Name)
	s.outcome(r.Outcome)
	s.put("</summary>\n<ul>")
	for _, t := range r.Tests {
		s.put("<li><span class=\"{}\">{}, {}</span>: {}", outcomeClass(t.Outcome), t.Of, outcomeText(t.Outcome), t.Reason)
		if t.Adjusted < 1 {
			s.put(" (p {}, corrected {})", fmt.Sprintf("%.2g", t.P), fmt.Sprintf("%.2g", t.Adjusted))
		}
		s.put("</li>")
	}
	s.put("</ul>\n")
	if len(r.Added) > 0 {
		s.put("<p>Green’s bodies also have ")
		s.each(", ", "<code>{}</code>", r.Added)
		s.put(".</p>\n")
	}
	if p := beside(r); p != nil {
		s.pair(p)
	}
	s.put("</details>\n")
}

func (s *sheet) pair(p *pair) {
	s.put("<figure><svg viewBox=\"0 0 600 150\" role=\"img\" aria-label=\"{}\">", p.Label)
	for _, r := range p.Blue {
		s.rectangle("blue", r)
	}
	for _, r := range p.Green {
		s.rectangle("green", r)
	}
	s.put("<line class=\"axis\" x1=\"0\" y1=\"73\" x2=\"600\" y2=\"73\"/>")
	s.put("<line class=\"median\" x1=\"{}\" y1=\"16\" x2=\"{}\" y2=\"73\"/>", p.BlueMedian, p.BlueMedian)
	s.put("<line class=\"median\" x1=\"{}\" y1=\"73\" x2=\"{}\" y2=\"130\"/>", p.GreenMedian, p.GreenMedian)
	s.labels(p.Texts)
	s.put("</svg>\n<figcaption>{} The upright lines are the medians.</figcaption></figure>\n", p.Label)
}
