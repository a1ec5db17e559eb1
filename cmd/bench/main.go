// Command bench measures what Cutover does beside floors and rivals, in one run and in turns: what stands in its
// table is a ratio, because milliseconds differ between machines and hours and ratios hardly do.
//
// A race is a few lanes that do the same thing in different ways. Every round runs each lane once, in an order that
// turns from round to round, and a figure is one lane's quantity over another's in the same round; told are the
// median of the rounds and the quartiles. A rival that is not installed is named, and its figures are left out.
//
// It runs at the root of the repository, on what `make build` built, and needs no account and no network.
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
