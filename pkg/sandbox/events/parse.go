package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Pattern decides which events a rule is for. Use ParsePattern.
type Pattern struct{ root object }

// object is a pattern over an object: every field and every alternative has to match.
type object struct {
	fields []field
	ors    [][]object // of each $or, one has to match
}

type field struct {
	name   string
	object *object // a nested pattern, or
	values []value // matchers, of which one has to match
}

// value matches one leaf of an event.
type value struct {
	absent bool           // matches when there is no leaf
	match  func(any) bool // string, json.Number, bool or nil
}

// ParsePattern reads an event pattern. Its errors are worded as AWS words them, after "Event pattern is not
// valid. Reason: ". https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
func ParsePattern(text string) (*Pattern, error) {
	p := &parser{text: text, dec: json.NewDecoder(strings.NewReader(text))}
	p.dec.UseNumber()
	token, err := p.next()
	if err != nil {
		return nil, err
	}
	if token != json.Delim('{') {
		return nil, p.fail("Filter is not an object")
	}
	root, err := p.object()
	if err != nil {
		return nil, err
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, p.fail("Filter is not an object")
	}
	return &Pattern{root: *root}, nil
}

type parser struct {
	text string
	dec  *json.Decoder
}

func (p *parser) next() (json.Token, error) {
	token, err := p.dec.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, p.fail(err.Error())
	}
	return token, nil
}

// fail words an error with the place that was read last.
func (p *parser) fail(reason string) error {
	before := p.text[:min(int(p.dec.InputOffset()), len(p.text))]
	line := strings.Count(before, "\n") + 1
	column := len(before) - strings.LastIndexByte(before, '\n')
	return fmt.Errorf("%s at [Source: (String)%q; line: %d, column: %d]", reason, rawText(p.text), line, column)
}

// rawText is printed between quotes without escapes, as AWS prints the pattern.
type rawText string

// Format implements fmt.Formatter.
func (t rawText) Format(s fmt.State, _ rune) { fmt.Fprintf(s, `"%s"`, string(t)) }

// object reads up to the closing brace.
func (p *parser) object() (*object, error) {
	o := &object{}
	for {
		token, err := p.next()
		if err != nil {
			return nil, err
		}
		if token == json.Delim('}') {
			break
		}
		name, _ := token.(string)
		if token, err = p.next(); err != nil {
			return nil, err
		}
		switch token {
		case json.Delim('{'):
			nested, err := p.object()
			if err != nil {
				return nil, err
			}
			o.fields = append(o.fields, field{name: name, object: nested})
		case json.Delim('['):
			if err := p.array(o, name); err != nil {
				return nil, err
			}
		default:
			return nil, p.fail(fmt.Sprintf("%q must be an object or an array", name))
		}
	}
	if len(o.fields) == 0 && len(o.ors) == 0 {
		return nil, p.fail("Empty objects are not allowed")
	}
	return o, nil
}

// array reads what a field may be, or the alternatives of a $or.
func (p *parser) array(o *object, name string) error {
	if name == "$or" && p.alternatives() {
		return p.or(o)
	}
	f := field{name: name}
	for {
		token, err := p.next()
		if err != nil {
			return err
		}
		if token == json.Delim(']') {
			break
		}
		v, err := p.value(token)
		if err != nil {
			return err
		}
		f.values = append(f.values, v)
	}
	if len(f.values) == 0 {
		return p.fail("Empty arrays are not allowed")
	}
	o.fields = append(o.fields, f)
	return nil
}

// alternatives says whether the array just opened is that of the $or operator: two objects or more. Anything else
// is a field that happens to have this name.
func (p *parser) alternatives() bool {
	dec := json.NewDecoder(io.MultiReader(strings.NewReader("["), strings.NewReader(p.text[p.dec.InputOffset():])))
	var all []json.RawMessage
	if dec.Decode(&all) != nil || len(all) < 2 {
		return false
	}
	for _, one := range all {
		if !bytes.HasPrefix(bytes.TrimSpace(one), []byte("{")) {
			return false
		}
	}
	return true
}

func (p *parser) or(o *object) error {
	var all []object
	for {
		token, err := p.next()
		if err != nil {
			return err
		}
		if token == json.Delim(']') {
			break
		}
		one, err := p.object()
		if err != nil {
			return err
		}
		all = append(all, *one)
	}
	o.ors = append(o.ors, all)
	return nil
}

func (p *parser) value(token json.Token) (value, error) {
	switch v := token.(type) {
	case string, bool, nil, json.Number:
		// Numbers are compared as they are written: 300 is not 300.0.
		// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html
		return value{match: func(leaf any) bool { return leaf == v }}, nil
	case json.Delim:
		if v == '{' {
			return p.expression()
		}
	}
	return value{}, p.fail("Match value must be String, number, true, false, or null")
}
