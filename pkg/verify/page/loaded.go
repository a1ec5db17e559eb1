package page

import (
	"fmt"

	"github.com/cutover-ecs/cutover/pkg/verify"
)

// load tells what was measured under load, of all requests and of each, and draws it.
func (s *sheet) load(l *verify.LoadResult) {
	s.put("\n<h2>Load</h2>\n<p>{} requests a second for {} s on at most {} connections; {} a second left in that time. {} were measured, ",
		l.Rate, fmt.Sprintf("%.0f", l.Seconds), l.Connections, point(l.Kept), l.Requests)
	if l.Errors > 0 {
		s.put(`<span class="bad">{} failed</span>`, l.Errors)
	} else {
		s.put(`<span class="good">none failed</span>`)
	}
	s.put(". Latency runs from when a request was due, whether or not it could leave then")
	if l.Others > 0 {
		s.put(`; <span class="bad">{} were answered by another version</span> and are in none of the figures`, l.Others)
	}
	if l.Busy > 0 {
		s.put("; {} found no connection free", l.Busy)
	}
	s.put(`.</p>
<div class="scroll" role="region" aria-label="Latency under load" tabindex="0">
<table>
<caption>Latency under load, warm-up left out</caption>
<thead><tr><th scope="col">Request</th><th scope="col" class="number">Requests</th><th scope="col" class="number">Failed</th><th scope="col" class="number">p50</th><th scope="col" class="number">p95</th><th scope="col" class="number">p99</th><th scope="col" class="number">Slowest</th></tr></thead>
<tbody>
`)
	all := verify.Route{Name: "All", Requests: l.Requests, Errors: l.Errors, P50MS: l.P50MS, P95MS: l.P95MS, P99MS: l.P99MS, MaxMS: l.MaxMS}
	for _, r := range append([]verify.Route{all}, l.Routes...) {
		s.put("<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
			r.Name, r.Requests, r.Errors, milliseconds(r.P50MS), milliseconds(r.P95MS), milliseconds(r.P99MS), milliseconds(r.MaxMS))
	}
	s.put("</tbody>\n</table>\n</div>\n")
	if len(l.Faults) > 0 {
		s.put("<h3>Why requests failed</h3>\n<ul>")
		for _, f := range l.Faults {
			s.put("<li>{} ({} times)</li>", f.Problem, f.Count)
		}
		s.put("</ul>\n")
	}
	s.bars(distribution(l))
	s.bars(course(l))
}

// bars is a drawing with its sentence.
func (s *sheet) bars(d *drawing) {
	if d == nil {
		return
	}
	s.put("<figure><svg viewBox=\"0 0 600 150\" role=\"img\" aria-label=\"{}\"><line class=\"axis\" x1=\"0\" y1=\"130\" x2=\"600\" y2=\"130\"/>", d.Label)
	for _, r := range d.Bars {
		class := "mark"
		if r.More {
			class = "more"
		}
		s.rectangle(class, r)
	}
	s.labels(d.Texts)
	s.put("</svg>\n<figcaption>{}</figcaption></figure>\n", d.Label)
}

func (s *sheet) rectangle(class string, r rectangle) {
	s.put("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>", class, r.X, r.Y, r.W, r.H)
}

func (s *sheet) labels(all []label) {
	for _, l := range all {
		s.put("<text x=\"{}\" y=\"{}\"", l.X, l.Y)
		s.given(" text-anchor=\"{}\"", l.Anchor)
		s.put(">{}</text>", l.Text)
	}
}
