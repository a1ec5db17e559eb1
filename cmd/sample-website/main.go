// Command sample-website is the website that the demonstration deploys: one page that tells its version, in the
// page and in the header X-Version, at any path, and the commit that it was built from in X-Revision.
//
// SITE_VERSION is the version, SITE_REVISION the commit. SITE_FAULT=broken makes the page an error page that still answers 200, so that a
// health check finds nothing and only a look at the page tells the truth; "late" answers everyone but the load balancer's health
// check 6 s later. Others never get as far: "crash" logs SITE_SAYS
// and ends with 1, "memory" takes more and more, "unwell" answers 503; "slow" is well after SITE_WAIT. SITE_DELAYS lets
// paths answer later, such as "/cart=40ms,/search=20ms+10ms", where up to so much more is added at random. HOST and PORT
// are 0.0.0.0 and 80.
package main

import (
	"cmp"
	"context"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	delays, err := parseDelays(os.Getenv("SITE_DELAYS"))
	if err != nil {
		log.Fatal(err)
	}
	version, revision, fault := os.Getenv("SITE_VERSION"), os.Getenv("SITE_REVISION"), os.Getenv("SITE_FAULT")
	befall(fault)
	address := net.JoinHostPort(os.Getenv("HOST"), cmp.Or(os.Getenv("PORT"), "80"))
	server := &http.Server{Addr: address, Handler: delays.before(site(version, revision, fault)), ReadHeaderTimeout: 5 * time.Second}
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
