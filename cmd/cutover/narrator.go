package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// narrator prints what happens, each line with the seconds since the start. On a terminal the last line is kept
// for what is under way.
type narrator struct {
	out      io.Writer
	terminal bool
	start    time.Time

	mu     sync.Mutex
	status string
	closed bool
}

func newNarrator(out io.Writer) *narrator {
	f, ok := out.(*os.File)
	return &narrator{out: out, terminal: ok && term.IsTerminal(int(f.Fd())), start: time.Now()}
}

// say prints a line for good; an empty one is just that.
func (n *narrator) say(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wipe()
	if format == "" {
		fmt.Fprintln(n.out)
	} else {
		fmt.Fprintf(n.out, "%6.2fs  %s\n", time.Since(n.start).Seconds(), fmt.Sprintf(format, args...))
	}
	n.draw()
}

// progress replaces the line of what is under way; without a terminal it does nothing.
func (n *narrator) progress(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wipe()
	n.status = fmt.Sprintf(format, args...)
	n.draw()
}

// close wipes the line of what is under way.
func (n *narrator) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wipe()
	n.closed = true
}

func (n *narrator) wipe() {
	if n.terminal && n.status != "" && !n.closed {
		fmt.Fprint(n.out, "\r\x1b[K")
	}
}

func (n *narrator) draw() {
	if n.terminal && n.status != "" && !n.closed {
		width := 80
		if f, ok := n.out.(*os.File); ok {
			if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 1 {
				width = w
			}
		}
		status := []rune(n.status)
		fmt.Fprint(n.out, string(status[:min(len(status), width-1)]))
	}
}
