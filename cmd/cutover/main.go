// Command cutover is the operator's hands: it runs the local AWS, tells the demonstration's story and shows what a
// service is doing. It works on AWS and on the sandbox alike.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
