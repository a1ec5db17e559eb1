package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// errDeclined is what a person's no ends with.
var errDeclined = errors.New("nothing was done")

// errNobody is that somebody had to be asked and nobody could.
var errNobody = errors.New("nothing was done: nobody can be asked here")

// confirm tells what is about to happen and asks whether it shall. With --yes it only tells; where nobody can be
// asked it refuses.
func (o *operator) confirm(plan ...string) error {
	for _, line := range plan {
		fmt.Fprintln(o.errout, line+".")
	}
	if o.Yes {
		return o.ctx.Err()
	}
	if !o.terminal {
		return unusable{fmt.Errorf("%w, so say --yes to %s %s", errNobody, o.verb, o.Service)}
	}
	fmt.Fprintf(o.errout, "%s %s? [y/N] ", strings.ToUpper(o.verb[:1])+o.verb[1:], o.Service)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(io.LimitReader(o.in, 1<<10)).ReadString('\n')
		answer <- line
	}()
	select {
	case <-o.ctx.Done(): // the reader stays until the process ends, which is now
		fmt.Fprintln(o.errout)
		return o.ctx.Err()
	case line := <-answer:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return nil
		}
		return errDeclined
	}
}
