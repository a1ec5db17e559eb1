package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// transformer makes a target's input out of an event.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
type transformer struct {
	paths map[string]path
	parts []part
}

// part is text of the template, or a variable in it.
type part struct {
	text     string
	variable bool
	quoted   bool // the variable stands within a string
}

// predefined variables need no path.
var predefined = []string{
	"aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time", "aws.events.event", "aws.events.event.json",
}

func newTransformer(in *types.InputTransformer) (*transformer, error) {
	t := &transformer{paths: map[string]path{}}
	for name, text := range in.InputPathsMap {
		if strings.HasPrefix(strings.ToUpper(name), "AWS.") || name == "" {
			return nil, fmt.Errorf("%q cannot be the name of a variable", name)
		}
		p, err := parsePath(text)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
		t.paths[name] = p
	}
	if err := t.split(aws.ToString(in.InputTemplate)); err != nil {
		return nil, err
	}
	if !t.sound() {
		return nil, fmt.Errorf("the template is neither JSON nor lines of quoted text")
	}
	return t, nil
}

// split takes the template apart at its variables.
func (t *transformer) split(template string) error {
	quoted, begin := false, 0
	for i := 0; i < len(template); i++ {
		switch template[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case '<':
			end := strings.IndexByte(template[i:], '>')
			if end < 0 {
				return fmt.Errorf("the variable at %d has no end", i)
			}
			name := template[i+1 : i+end]
			if !t.knows(name) {
				return fmt.Errorf("variable %s has no path", name)
			}
			t.parts = append(t.parts, part{text: template[begin:i]}, part{text: name, variable: true, quoted: quoted})
			i += end
			begin = i + 1
		}
	}
	t.parts = append(t.parts, part{text: template[begin:]})
	return nil
}

func (t *transformer) knows(name string) bool {
	if _, ok := t.paths[name]; ok {
		return true
	}
	for _, p := range predefined {
		if p == name {
			return true
		}
	}
	return false
}

// sound says whether the template gives JSON, or text in quotes line by line.
func (t *transformer) sound() bool {
	var b bytes.Buffer
	for _, p := range t.parts {
		switch {
		case !p.variable:
			b.WriteString(p.text)
		case !p.quoted:
			b.WriteByte('0')
		}
	}
	if json.Valid(b.Bytes()) {
		return true
	}
	lines := 0
	for line := range strings.Lines(b.String()) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if line[0] != '"' || !json.Valid([]byte(line)) {
			return false
		}
		lines++
	}
	return lines > 0
}

// input is what the target gets. A variable without a value is null, and nothing within a string.
func (t *transformer) input(r *rule, event []byte, tree map[string]any) []byte {
	var b bytes.Buffer
	for _, p := range t.parts {
		if !p.variable {
			b.WriteString(p.text)
			continue
		}
		v := t.value(p.text, r, event, tree)
		switch {
		case !p.quoted && v == nil:
			b.WriteString("null")
		case !p.quoted:
			b.Write(v)
		case len(v) > 0 && v[0] == '"':
			b.Write(v[1 : len(v)-1])
		case v != nil:
			text, err := json.Marshal(string(v))
			if err == nil {
				b.Write(text[1 : len(text)-1])
			}
		}
	}
	return b.Bytes()
}

// value of a variable as JSON; nil when it has none.
func (t *transformer) value(name string, r *rule, event []byte, tree map[string]any) json.RawMessage {
	if p, ok := t.paths[name]; ok {
		v, _ := p.of(tree)
		return v
	}
	var v any
	switch name {
	case "aws.events.rule-arn":
		v = *r.Arn
	case "aws.events.rule-name":
		v = *r.Name
	case "aws.events.event.ingestion-time":
		v = time.Now().UTC().Format(time.RFC3339)
	case "aws.events.event.json":
		return event
	case "aws.events.event":
		bare := make(map[string]any, len(tree))
		for k, e := range tree {
			if k != "detail" {
				bare[k] = e
			}
		}
		v = bare
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return text
}
