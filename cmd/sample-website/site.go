package main

import (
	"fmt"
	"html"
	"net/http"
	"strings"
	"time"
)

// late is how much later the fault of that name answers: later than a check waits by default.
const late = 6 * time.Second

// site is the page of a version, built from a commit where that is known, or what its fault makes of it.
func site(version, revision, fault string) http.Handler {
	version = html.EscapeString(version)
	page := fmt.Sprintf("<!doctype html><title>Sample Website</title><h1>Sample Website</h1><p>Version %s</p>\n", version)
	status := http.StatusOK
	switch fault {
	case "broken":
		page = "<!doctype html><title>Error</title><h1>Something went wrong</h1><p>template: index.html: no such file</p>\n"
	case "unwell":
		status = http.StatusServiceUnavailable
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault == "late" && !strings.HasPrefix(r.UserAgent(), "ELB-HealthChecker/") && !after(r.Context(), late) {
			return
		}
		w.Header().Set("X-Version", version)
		if revision != "" {
			w.Header().Set("X-Revision", revision)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprint(w, page)
	})
}
