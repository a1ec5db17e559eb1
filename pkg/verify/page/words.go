package page

import (
	"fmt"
	"net/http"
)

func milliseconds(ms float64) string {
	switch {
	case ms >= 10_000:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms >= 10:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f ms", ms)
}

func size(b int64) string {
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

func point(f float64) string { return fmt.Sprintf("%.1f", f) }
