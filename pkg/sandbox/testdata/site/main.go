// Command site answers its version at any path until it is told to stop.
package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	version := os.Getenv("VERSION")
	port := os.Getenv("PORT")
	if port == "" {
		port = "80"
	}
	server := &http.Server{Addr: net.JoinHostPort(os.Getenv("HOST"), port), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, version)
	})}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	ended := make(chan struct{})
	context.AfterFunc(ctx, func() { defer close(ended); _ = server.Shutdown(context.Background()) })
	if server.ListenAndServe() != http.ErrServerClosed {
		os.Exit(1)
	}
	<-ended
}
