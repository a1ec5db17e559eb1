// Command placeholder stands in the sandbox for the public image that a service runs before its first release:
// `caddy respond --listen :80 --body TEXT` answers 200 with that text at any path
// (https://caddyserver.com/docs/command-line#caddy-respond). It knows that one command and no other.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	if len(os.Args) < 2 || os.Args[1] != "respond" {
		log.Fatal("this stand-in for caddy knows the command respond only")
	}
	flags := flag.NewFlagSet("respond", flag.ExitOnError)
	listen := flags.String("listen", ":80", "address to listen on")
	body := flags.String("body", "", "text to answer")
	flags.Parse(os.Args[2:])
	// Where tasks share one network, the sandbox names the address that is this task's own.
	if host, port := os.Getenv("HOST"), os.Getenv("PORT"); host != "" && port != "" {
		*listen = net.JoinHostPort(host, port)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, *body) })
	server := &http.Server{Addr: *listen, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}
