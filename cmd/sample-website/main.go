// Command sample-website is the website that the demonstration deploys: one page that tells its version, in the
// page and in the header X-Version.
//
// SITE_VERSION is the version. SITE_FAULT=broken makes the page an error page that still answers 200, so that a
// health check finds nothing and only a look at the page tells the truth. HOST and PORT are 0.0.0.0 and 80.
package main

import (
	"cmp"
	"context"
	"fmt"
	"html"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	version, fault := html.EscapeString(os.Getenv("SITE_VERSION")), os.Getenv("SITE_FAULT")
	page := fmt.Sprintf("<!doctype html><title>Sample Website</title><h1>Sample Website</h1><p>Version %s</p>\n", version)
	if fault == "broken" {
		page = "<!doctype html><title>Error</title><h1>Something went wrong</h1><p>template: index.html: no such file</p>\n"
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Version", version)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page)
	})
	address := net.JoinHostPort(os.Getenv("HOST"), cmp.Or(os.Getenv("PORT"), "80"))
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	ended := make(chan struct{})
	context.AfterFunc(ctx, func() { defer close(ended); server.Shutdown(context.Background()) })
	log.Printf("version %s listens on %s", version, address)
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		log.Fatal(err)
	}
	<-ended
}
