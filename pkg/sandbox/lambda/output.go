package lambda

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
)

// maxLine is where a log line is cut in two, as the logs service does.
const maxLine = 256 << 10

// output reads what a process writes to its standard output and error, line by line. The parent keeps the pipe's
// write end too: a mark written there comes out behind everything that the process has written before, so that
// flush knows which lines belong to the invocation that just ended.
type output struct {
	r, w   *os.File
	mark   []byte
	marked chan struct{}
	done   chan struct{}
}

// newOutput returns an output whose lines go to emit, from one goroutine that ends with close.
func newOutput(emit func(line string)) (*output, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open log pipe: %w", err)
	}
	var token [12]byte
	_, _ = rand.Read(token[:]) // never fails
	o := &output{
		r: r, w: w, mark: []byte("\x00" + hex.EncodeToString(token[:])),
		marked: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go o.read(emit)
	return o, nil
}

func (o *output) read(emit func(string)) {
	defer close(o.done)
	var line []byte
	buf := make([]byte, 32<<10)
	for {
		n, err := o.r.Read(buf)
		for rest := buf[:n]; len(rest) > 0; {
			part, after, ended := bytes.Cut(rest, []byte("\n"))
			rest = after
			line = append(line, part...)
			if !ended && len(line) < maxLine {
				break
			}
			text, marked := bytes.CutSuffix(line, o.mark)
			if len(text) > 0 {
				emit(string(text))
			}
			if marked {
				o.marked <- struct{}{}
			}
			line = line[:0]
		}
		if err != nil {
			if len(line) > 0 {
				emit(string(line))
			}
			return
		}
	}
}

// flush returns when everything written so far has been emitted. One flush at a time.
func (o *output) flush() {
	if _, err := o.w.Write(append(o.mark[:len(o.mark):len(o.mark)], '\n')); err != nil {
		return
	}
	select {
	case <-o.marked:
	case <-o.done:
	}
}

// close emits what is left and ends the reading, even if a stray process still holds the pipe.
func (o *output) close() {
	o.flush()
	o.w.Close()
	o.r.Close()
	<-o.done
}
