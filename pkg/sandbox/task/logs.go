package task

import (
	"bufio"
	"errors"
	"io"
	"sync"
)

// maxLine is where a line is cut, as CloudWatch Logs cuts an event.
const maxLine = 256 << 10

// lines is the writer that a container's output and errors share: each Write is one whole line.
type lines struct {
	mu  sync.Mutex
	out io.Writer
}

// follow copies one stream until its end. A writer that fails does not stop the container.
func (l *lines) follow(stream io.Reader) {
	in := bufio.NewReaderSize(stream, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		if len(line) > 0 && line[len(line)-1] != '\n' {
			line = append(line[:len(line):len(line)], '\n')
		}
		if len(line) > 0 && l.out != nil {
			l.mu.Lock()
			_, _ = l.out.Write(line)
			l.mu.Unlock()
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}
