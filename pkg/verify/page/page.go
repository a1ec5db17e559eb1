// Package page writes a verdict for people: one HTML page that needs nothing from elsewhere, no scripts, no fonts, no
// pictures, and reads well on light and dark screens, on paper and aloud. It shows what the verdict has, which is
// masked and bounded already; whatever an answer contained is text here, never markup.
//
// It stands apart from package verify so that only who keeps pages links html/template, which adds 7 MB to a program
// (2 MB to its package) and a quarter to the memory that it starts with, and nothing to the time.
package page

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"time"

	"github.com/cutover-ecs/cutover/pkg/verify"
)

//go:embed page.html
var source string

// Write writes the page of a verdict.
func Write(w io.Writer, v verify.Verdict) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"distribution": distribution, "course": course, "beside": beside, "shifted": shifted, "effect": effect,
		"outcomeClass": outcomeClass, "outcomeText": outcomeText,
		"ms": milliseconds, "bytes": size, "status": statusText, "time": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	}).Parse(source)
	if err != nil {
		return fmt.Errorf("read the page's template: %w", err)
	}
	if err := t.Execute(w, v); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

func milliseconds(ms float64) string {
	switch {
	case ms >= 10_000:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms >= 10:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f ms", ms)
}

func size(n any) string {
	var b int64
	switch n := n.(type) {
	case int:
		b = int64(n)
	case int64:
		b = n
	}
	switch {
	case b >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(b)/(1<<20))
	case b >= 10<<10:
		return fmt.Sprintf("%.0f KiB", float64(b)/(1<<10))
	case b == 1:
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", b)
}

func statusText(code int) string {
	switch text := http.StatusText(code); {
	case code == 0:
		return "no answer"
	case text == "":
		return fmt.Sprint(code)
	default:
		return fmt.Sprintf("%d %s", code, text)
	}
}
