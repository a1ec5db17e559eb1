package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// telling is a line of the notify function's log: a step that it put on the bus, or handed to a destination.
type telling struct {
	Message     string `json:"message"`
	Stage       string `json:"stage"`
	Service     string `json:"service"`
	Deployment  string `json:"deployment"`
	Text        string `json:"text"`
	Destination string `json:"destination"`
}

// readTelling reads a line of the notify function's log; false for any other.
func readTelling(line string) (t telling, ok bool) {
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &t) != nil {
		return telling{}, false
	}
	switch t.Message {
	case "told":
		return t, t.Stage != "" && t.Text != ""
	case "delivered":
		return t, t.Stage != "" && t.Destination != ""
	}
	return telling{}, false
}

// String is the line for people.
func (t telling) String() string {
	if t.Destination != "" {
		return fmt.Sprintf("%s is told: %s", t.Destination, t.Stage)
	}
	first, _, _ := strings.Cut(t.Text, "\n")
	return t.Stage + ": " + first
}
