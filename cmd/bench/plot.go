package main

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"strings"
)

// plot draws each ratio on a logarithmic scale from 1/100 to 100: the floor or rival is the line in the middle, a
// bar is the quartiles, the point the median, and a tick the goal.
func (t *table) plot() []byte {
	const left, width, step, top = 480, 520, 24, 64
	x := func(v float64) float64 {
		return left + width/2 + width/4*math.Log10(min(max(v, 0.01), 100))
	}
	var rows []result
	for _, r := range t.Results {
		if r.Over != "" {
			rows = append(rows, r)
		}
	}
	var b strings.Builder
	height := top + step*len(rows) + 16
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="1060" height="%d" viewBox="0 0 1060 %[1]d" font-family="sans-serif" font-size="11">`+"\n", height)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/><text x="10" y="20" font-size="13">Cutover beside floors and rivals: ratio, median and quartiles; ticks are goals</text>`+"\n")
	fmt.Fprintf(&b, `<text x="10" y="36" fill="#666">%s, %s, %s</text>`+"\n", t.Date, html.EscapeString(t.Machine), t.Go)
	for _, v := range []float64{0.01, 0.1, 1, 10, 100} {
		color := "#ddd"
		if v == 1 {
			color = "#333"
		}
		fmt.Fprintf(&b, `<line x1="%.1[1]f" x2="%.1[1]f" y1="%[2]d" y2="%[3]d" stroke="%[4]s"/><text x="%.1[1]f" y="%[5]d" text-anchor="middle" fill="#666">%[6]g</text>`+"\n",
			x(v), top-8, height-8, color, top-12, v)
	}
	for i, r := range rows {
		y, color := top+step*i+8, "#2563eb"
		if r.met() == "missed" {
			color = "#dc2626"
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s <tspan fill="#888">over %s</tspan></text>`, left-8, y+4, html.EscapeString(r.Name), html.EscapeString(cmp.Or(r.Over, "–")))
		fmt.Fprintf(&b, `<line x1="%.1[1]f" x2="%.1[2]f" y1="%[3]d" y2="%[3]d" stroke="%[4]s" stroke-width="6" stroke-opacity=".35"/><circle cx="%.1[5]f" cy="%[3]d" r="4" fill="%[4]s"/>`, x(r.Low), x(r.High), y, color, x(r.Median))
		if r.Goal > 0 {
			fmt.Fprintf(&b, `<line x1="%.1[1]f" x2="%.1[1]f" y1="%[2]d" y2="%[3]d" stroke="#16a34a" stroke-width="2"/>`, x(r.Goal), y-8, y+8)
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" fill="#333">%s</text>`+"\n", left+width+12, y+4, short(r.Median))
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}
