package compare

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

// power writes the document anew; without, the document is only held against what a part of it comes to.
var power = flag.Bool("power", false, "simulate the power of the comparison and write it into the documentation")

const (
	powerDocument = "../../../docs/verification-power.md"
	powerDrawing  = "../../../docs/verification-power.svg"
	powerRuns     = 500
)

// worsening is a green that is worse than blue.
type worsening struct {
	name           string
	factor, errors float64
}

var worsenings = []worsening{{"equal", 1, 0}, {"+5% latency", 1.05, 0}, {"+10% latency", 1.1, 0}, {"+25% latency", 1.25, 0}, {"+1% errors", 1, 0.01}}

// sizes are the samples of each side.
var sizes = []int{150, 300, 600, 1200}

// tolerances are the default, and one for who wants to see small changes.
var tolerances = []struct {
	name    string
	percent float64
}{{"the default tolerance, 10%", 10}, {"a tolerance of 2%", 2}}

// spread are the shapes of which the document tells.
var spread = []int{0, 1, 2, 3}

// cell is one simulation of the document. Its seed is its place, so that it comes out alike wherever it runs.
type cell struct {
	tolerance, shape, worsening, size int
	got                               outcomes
}

func (c *cell) simulate(runs int) {
	w, s, rules := worsenings[c.worsening], shapes[c.shape], usual(sizes[c.size])
	rules.SlowerPercent, rules.SlowerMS = tolerances[c.tolerance].percent, 0.001
	seed := uint64(1_000_000 + ((c.tolerance*10+c.shape)*10+c.worsening)*10 + c.size)
	c.got = simulate(seed, runs, version{s.draw, 1, 0}, version{s.draw, w.factor, w.errors}, 1, rules)
}

func cells() []*cell {
	var all []*cell
	for t := range tolerances {
		for _, s := range spread {
			for w := range worsenings {
				for n := range sizes {
					all = append(all, &cell{tolerance: t, shape: s, worsening: w, size: n})
				}
			}
		}
	}
	return all
}

func TestPowerIsWhatTheDocumentSays(t *testing.T) {
	if !*power {
		// The whole takes minutes: one cell is simulated again, to the digit.
		document, err := os.ReadFile(powerDocument)
		if err != nil {
			t.Fatal(err)
		}
		one := &cell{tolerance: 0, shape: 1, worsening: 3, size: 0}
		one.simulate(powerRuns)
		want := strings.TrimSuffix(row(worsenings[3].name, []*cell{one}), "\n")
		if !bytes.Contains(document, []byte(want)) {
			t.Errorf("the document has no row that begins %q; write it anew with make power", want)
		}
		return
	}
	all, work := cells(), make(chan *cell)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for c := range work {
				c.simulate(powerRuns)
			}
		})
	}
	for _, c := range all {
		work <- c
	}
	close(work)
	workers.Wait()
	if err := os.WriteFile(powerDocument, document(all), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(powerDrawing, drawing(all), 0o644); err != nil {
		t.Fatal(err)
	}
}

// of are the cells of one line, by size.
func of(all []*cell, tolerance, shape, worsening int) []*cell {
	var line []*cell
	for _, c := range all {
		if c.tolerance == tolerance && c.shape == shape && c.worsening == worsening {
			line = append(line, c)
		}
	}
	return line
}

func row(name string, line []*cell) string {
	text := "| " + name + " |"
	for _, c := range line {
		text += fmt.Sprintf(" %.1f / %.1f / %.1f |", 100*c.got.pass, 100*c.got.inconclusive, 100*c.got.fail)
	}
	return text + "\n"
}

func document(all []*cell) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Power of the comparison\n\n"+
		"How often a green passes, is inconclusive or fails, in percent: `pass / inconclusive / fail`. One route, the default\n"+
		"level of 0.01 and rise of errors of 0.02; blue's median is near 100 ms. %d simulated comparisons a cell, so that a\n"+
		"figure near 50 may be off by 4 and one near 1 or 99 by one. With the default `inconclusive`, everything but a\n"+
		"pass is refused. Written by `make power`, from fixed seeds; see [how the comparison judges](verification-comparison.md).\n\n"+
		"A rise of errors by 1%% is below what a pass has to exclude, so that it passes until there are samples enough to show that\n"+
		"it is more than chance; who wants to see it sooner sets `errors` to 0.01 and takes more samples.\n\n"+
		"![power curves](verification-power.svg)\n", powerRuns)
	notes := map[string]string{
		"narrow": "lognormal, p95 is 1.2 times the median", "usual": "lognormal, p95 is 1.6 times the median",
		"wide": "lognormal, p95 is 2.7 times the median", "heavy tail": "Pareto without a variance, p95 is 4.2 times the median",
	}
	for t, tolerance := range tolerances {
		for _, s := range spread {
			fmt.Fprintf(&out, "\n## %s latencies, %s\n\n%s.\n\n| samples of each side |", strings.ToUpper(shapes[s].name[:1])+shapes[s].name[1:], tolerance.name, notes[shapes[s].name])
			for _, n := range sizes {
				fmt.Fprintf(&out, " %d |", n)
			}
			out.WriteString("\n|---|" + strings.Repeat("---|", len(sizes)) + "\n")
			for w, one := range worsenings {
				out.WriteString(row(one.name, of(all, t, s, w)))
			}
		}
	}
	return out.Bytes()
}

// drawing are the shares that are not passed, a panel for each tolerance, for the usual shape.
func drawing(all []*cell) []byte {
	const width, height, left, top, shape = 430, 250, 60, 40, 1
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="Share of comparisons that do not pass, by samples, for %s latencies">`+"\n",
		2*(width+left+40), height+top+70, shapes[shape].name)
	out.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	colors, dashes := []string{"#57606a", "#0969da", "#9a6700", "#a40e26", "#116329"}, []string{"", "6 3", "2 3", "", "8 3 2 3"}
	for t, tolerance := range tolerances {
		x0 := left + t*(width+left+20)
		x := func(i int) float64 { return float64(x0) + float64(i)*(width-90)/float64(len(sizes)-1) }
		y := func(share float64) float64 { return top + height*(1-share) }
		fmt.Fprintf(&out, `<text x="%d" y="20" font-size="14">Not passed, %% of comparisons: %s</text>`+"\n", x0, tolerance.name)
		for i := range 5 {
			share := float64(i) / 4
			fmt.Fprintf(&out, `<line x1="%d" x2="%.0f" y1="%.1f" y2="%.1f" stroke="#d0d7de"/><text x="%d" y="%.1f" text-anchor="end">%.0f</text>`+"\n", x0, x(len(sizes)-1), y(share), y(share), x0-6, y(share)+4, 100*share)
		}
		for i, n := range sizes {
			fmt.Fprintf(&out, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x(i), top+height+18, n)
		}
		fmt.Fprintf(&out, `<text x="%.1f" y="%d" text-anchor="middle">samples of each side (%s latencies)</text>`+"\n", (x(0)+x(len(sizes)-1))/2, top+height+38, shapes[shape].name)
		for w := range worsenings {
			var points []string
			line := of(all, t, shape, w)
			for i, c := range line {
				points = append(points, fmt.Sprintf("%.1f,%.1f", x(i), y(1-c.got.pass)))
			}
			fmt.Fprintf(&out, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`+"\n", strings.Join(points, " "), colors[w], dashes[w])
		}
		for w, one := range worsenings {
			at := top + height/2 + 16*float64(w)
			fmt.Fprintf(&out, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="%s" stroke-width="2" stroke-dasharray="%s"/><text x="%.1f" y="%.1f">%s</text>`+"\n",
				x(len(sizes)-1)+4, x(len(sizes)-1)+26, at-4, at-4, colors[w], dashes[w], x(len(sizes)-1)+30, at, one.name)
		}
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}
