package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
)

type raiseCommand struct {
	File string `arg:"" help:"The event as JSON, or - for standard input: source, detail-type, resources, detail. What else it has is set anew."`
	running
}

// Run raises the event.
func (c raiseCommand) Run(s *stage) error {
	var body []byte
	var err error
	if c.File == "-" {
		body, err = io.ReadAll(os.Stdin)
	} else {
		body, err = os.ReadFile(c.File)
	}
	if err != nil {
		return fmt.Errorf("read the event: %w", err)
	}
	return c.speak(s.ctx, http.MethodPost, "events", body, s.out)
}
