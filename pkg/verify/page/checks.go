package page

import (
	"maps"
	"slices"

	"github.com/cutover-ecs/cutover/pkg/verify"
)

// checks is the table of them; each leads to what was asked and what came back.
func (s *sheet) checks(v verify.Verdict) {
	s.put("\n<h2>Checks</h2>\n")
	if len(v.Checks)+len(v.NotMade) == 0 {
		s.put("<p>None were made.</p>\n")
		return
	}
	s.put(`<div class="scroll" role="region" aria-label="Checks" tabindex="0">
<table>
<caption>In the order in which they were made. Latency runs from the request to the last byte.</caption>
<thead><tr><th scope="col">Check</th><th scope="col">Result</th><th scope="col">Status</th><th scope="col" class="number">Latency</th><th scope="col" class="number">Body</th><th scope="col" class="number">Tries</th></tr></thead>
<tbody>
`)
	for i, c := range v.Checks {
		s.put(`<tr><th scope="row"><a href="#check-{}">{}</a></th><td>`, i, c.Name)
		s.holds(c)
		s.put("</td><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
			statusText(c.Status), milliseconds(c.LatencyMS), size(int64(c.Bytes)), c.Tries)
	}
	s.each("", "<tr><th scope=\"row\">{}</th><td class=\"soft\" colspan=\"5\">not made</td></tr>\n", v.NotMade)
	s.put("</tbody>\n</table>\n</div>\n")
}

func (s *sheet) holds(c verify.CheckResult) {
	if c.Holds() {
		s.put(`<span class="good">holds</span>`)
	} else {
		s.put(`<span class="bad">failed</span>`)
	}
}

// exchanges tell of each check what was asked and what came back; those that failed stand open.
func (s *sheet) exchanges(checks []verify.CheckResult) {
	if len(checks) == 0 {
		return
	}
	s.put(`
<h2>What was asked and what came back</h2>
<p class="soft">The last try of each check. Long bodies are cut; what looks like a secret is masked.</p>
`)
	for i, c := range checks {
		s.put(`<details id="check-{}"`, i)
		if !c.Holds() {
			s.put(" open")
		}
		s.put(">\n<summary>{}: ", c.Name)
		s.holds(c)
		s.put("</summary>\n")
		if len(c.Problems) > 0 {
			s.put("<ul>")
			s.reasons(c.Problems)
		}
		if c.Exchange != nil {
			s.exchange(c.Name, c.Exchange)
		}
		s.earlier(c.Earlier)
		s.put("</details>\n")
	}
}

func (s *sheet) exchange(check string, x *verify.Exchange) {
	s.put("<h3>Request</h3>\n<pre tabindex=\"0\" role=\"region\" aria-label=\"Request of {}\">{} {}", check, x.Request.Method, x.Request.URL)
	s.given("\nHost: {}", x.Request.Host)
	s.message(x.Request.Headers, x.Request.Body)
	if len(x.Redirects) > 0 {
		s.put("<p>Redirected to ")
		s.each(", then ", "<code>{}</code>", x.Redirects)
		s.put(".</p>\n")
	}
	if a := x.Answer; a != nil {
		s.put("<h3>Answer</h3>\n<p class=\"soft\">{}", a.Protocol)
		s.given(", {}", a.TLS)
		s.put("; first byte after {}; {}", milliseconds(a.FirstByteMS), size(a.Bytes))
		if a.More {
			s.put(" and more, not read")
		}
		if a.Packed {
			s.put(", decompressed")
		}
		s.put("</p>\n<pre tabindex=\"0\" role=\"region\" aria-label=\"Answer to {}\">{}", check, statusText(a.Status))
		s.message(a.Headers, a.Body)
	} else {
		s.put("<p>No answer came.</p>\n")
	}
	if len(x.Captured) > 0 {
		s.put("<h3>Captured</h3>\n<dl>")
		for _, name := range slices.Sorted(maps.Keys(x.Captured)) {
			s.put("<dt>{}</dt><dd><code>{}</code></dd>", name, x.Captured[name])
		}
		s.put("</dl>\n")
	}
}

// message ends what is shown of a request or an answer.
func (s *sheet) message(headers []verify.Header, body string) {
	for _, h := range headers {
		s.put("\n{}: {}", h.Name, h.Value)
	}
	s.given("\n\n{}", body)
	s.put("</pre>\n")
}

func (s *sheet) earlier(tries []verify.Try) {
	if len(tries) == 0 {
		return
	}
	s.put("<h3>Tries before the last</h3>\n<ol>")
	for _, t := range tries {
		problem := "held"
		if t.Problem != "" {
			problem = t.Problem
		}
		s.put("<li>{}, {}: {}</li>", statusText(t.Status), milliseconds(t.LatencyMS), problem)
	}
	s.put("</ol>\n")
}
