package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

// table is what a run came to. Its JSON form is what later runs are compared with.
type table struct {
	Date    string   `json:"date"`
	Machine string   `json:"machine"`
	Go      string   `json:"go"`
	Results []result `json:"results"`
	Missing []string `json:"missing,omitempty"`
}

const (
	page   = "docs/performance.md"
	record = "docs/performance.json"
	plot   = "docs/performance.svg"
)

// machine is the class of machine that a run was on.
func machine() string {
	model := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if m := regexp.MustCompile(`model name\s*: (.*)`).FindSubmatch(info); m != nil {
			model = string(m[1])
		}
	}
	memory := ""
	if info, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib int
		if _, err := fmt.Sscanf(string(info), "MemTotal: %d kB", &kib); err == nil {
			memory = fmt.Sprintf(", %d GiB", kib>>20)
		}
	}
	return fmt.Sprintf("%d × %s%s, %s/%s", runtime.NumCPU(), model, memory, runtime.GOOS, runtime.GOARCH)
}

func short(v float64) string {
	switch {
	case v == float64(int64(v)) && v < 1e6:
		return fmt.Sprintf("%d", int64(v))
	case v < 0.1:
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func mark(v float64, r result) string {
	if v == 0 && (r.Over != "" || r.Goal != 0) { // a count may have to be 0
		return ""
	}
	if r.MoreGood {
		return "≥ " + short(v)
	}
	return "≤ " + short(v)
}

func (t *table) print(out io.Writer) {
	fmt.Fprintf(out, "%s, %s, %s\n\n", t.Date, t.Machine, t.Go)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FIGURE\tOVER\tMEDIAN\tQUARTILES\tGOAL\tSTRETCH\tMET")
	for _, r := range t.Results {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s – %s\t%s\t%s\t%s\n", r.Name, cmp.Or(r.Over, "(count)"), short(r.Median), short(r.Low), short(r.High),
			mark(r.Goal, r), mark(r.Stretch, r), r.met())
	}
	w.Flush()
	for _, m := range t.Missing {
		fmt.Fprintf(out, "left out: %s\n", m)
	}
}

// markdown is the table as the page has it.
func (t *table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s, %s, %s.\n\n", t.Date, t.Machine, t.Go)
	b.WriteString("| figure | over | median | quartiles | goal | stretch |\n|---|---|---|---|---|---|\n")
	for _, r := range t.Results {
		bold := ""
		if m := r.met(); m == "goal" || m == "stretch" {
			bold = "**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s%s%s | %s – %s | %s | %s |\n", r.Name, cmp.Or(r.Over, "–"), bold, short(r.Median), bold, short(r.Low), short(r.High),
			mark(r.Goal, r), mark(r.Stretch, r))
	}
	if len(t.Missing) > 0 {
		fmt.Fprintf(&b, "\nLeft out: %s.\n", strings.Join(t.Missing, "; "))
	}
	return b.String()
}

var between = regexp.MustCompile(`(?s)(<!-- figures -->\n).*(<!-- end of figures -->)`)

// write keeps the run as the recorded one. Races that were not run keep what was recorded of them.
func (t *table) write() error {
	old, err := recorded()
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for _, r := range old.Results {
		if !slices.ContainsFunc(t.Results, func(n result) bool { return n.Name == r.Name && n.Over == r.Over }) {
			return fmt.Errorf("%q over %q is recorded and was not run: record whole runs only, or remove %s first", r.Name, r.Over, record)
		}
	}
	content, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return err
	}
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	if !between.Match(text) {
		return fmt.Errorf("%s has no place for the figures", page)
	}
	text = between.ReplaceAll(text, []byte("${1}"+strings.ReplaceAll(t.markdown(), "$", "$$")+"${2}"))
	for name, c := range map[string][]byte{record: append(content, '\n'), page: text, plot: t.plot()} {
		if err := os.WriteFile(name, c, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func recorded() (t table, err error) {
	content, err := os.ReadFile(record)
	if err != nil {
		return t, err
	}
	return t, json.Unmarshal(content, &t)
}

// compare says which figures are worse than the recorded ones by more than a tenth and outside their quartiles.
func (t *table) compare(out io.Writer) error {
	old, err := recorded()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nagainst %s, %s:\n", old.Date, old.Machine)
	worse := 0
	for _, now := range t.Results {
		i := slices.IndexFunc(old.Results, func(r result) bool { return r.Name == now.Name && r.Over == now.Over })
		if i < 0 {
			fmt.Fprintf(out, "  new: %s over %s\n", now.Name, now.Over)
			continue
		}
		was := old.Results[i]
		if now.Median > was.Median*1.1 && now.Median > was.High && !now.MoreGood || now.Median < was.Median/1.1 && now.Median < was.Low && now.MoreGood {
			worse++
			fmt.Fprintf(out, "  worse: %s over %s: %s, was %s (%s – %s)\n", now.Name, now.Over, short(now.Median), short(was.Median), short(was.Low), short(was.High))
		}
	}
	if worse == 0 {
		fmt.Fprintln(out, "  nothing got worse")
	}
	return nil
}
