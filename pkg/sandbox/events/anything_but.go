package events

import (
	"encoding/json"
	"fmt"
)

// anythingBut reads a value, a list of strings or of numbers, or a nested operator with a string or a list.
func (p *parser) anythingBut() (value, error) {
	token, err := p.next()
	if err != nil {
		return value{}, err
	}
	switch token {
	case json.Delim('{'):
		return p.anythingButOperator()
	case json.Delim('['):
		return p.anythingButList()
	}
	match, ok := same(token)
	if !ok {
		return value{}, p.fail("Value of anything-but must be an array or single string/number value.")
	}
	return not(match), nil
}

// not matches a leaf that none of the matchers matches.
func not(matchers ...func(any) bool) value {
	return value{match: func(leaf any) bool {
		for _, m := range matchers {
			if m(leaf) {
				return false
			}
		}
		return true
	}}
}

// same matches a leaf that is this string, or this number however it is written.
func same(token json.Token) (match func(any) bool, ok bool) {
	switch v := token.(type) {
	case string:
		return onText(func(s string) bool { return s == v }), true
	case json.Number:
		want, err := v.Float64()
		return func(leaf any) bool {
			n, ok := leaf.(json.Number)
			if !ok {
				return false
			}
			got, err := n.Float64()
			return err == nil && got == want
		}, err == nil
	}
	return nil, false
}

func (p *parser) anythingButList() (value, error) {
	var all []func(any) bool
	texts, numbers := 0, 0
	for {
		token, err := p.next()
		if err != nil {
			return value{}, err
		}
		if token == json.Delim(']') {
			break
		}
		match, ok := same(token)
		if !ok {
			return value{}, p.fail("Inside anything but list, start|null|boolean is not supported.")
		}
		if _, text := token.(string); text {
			texts++
		} else {
			numbers++
		}
		all = append(all, match)
	}
	if (texts > 0) == (numbers > 0) {
		return value{}, p.fail("Inside anything but list, either all values are number or string, mixed type is not supported")
	}
	return not(all...), nil
}

func (p *parser) anythingButOperator() (value, error) {
	token, err := p.next()
	if err != nil {
		return value{}, err
	}
	name, ok := token.(string)
	if !ok {
		return value{}, p.fail("Anything-But expression name not found")
	}
	switch name {
	case "prefix", "suffix", "equals-ignore-case", "wildcard":
	default:
		return value{}, p.fail("Unsupported anything-but pattern: " + name)
	}
	matchers, err := p.operands(name)
	if err != nil {
		return value{}, err
	}
	if token, err = p.next(); err != nil {
		return value{}, err
	}
	if token != json.Delim('}') {
		return value{}, p.fail(onlyOneKey)
	}
	return not(matchers...), nil
}

// operands reads a string or a list of strings.
func (p *parser) operands(name string) ([]func(any) bool, error) {
	token, err := p.next()
	if err != nil {
		return nil, err
	}
	tokens := []json.Token{token}
	if token == json.Delim('[') {
		tokens = nil
		for {
			if token, err = p.next(); err != nil {
				return nil, err
			}
			if token == json.Delim(']') {
				break
			}
			tokens = append(tokens, token)
		}
		if len(tokens) == 0 {
			return nil, p.fail("Empty arrays are not allowed")
		}
	}
	var all []func(any) bool
	for _, token := range tokens {
		text, ok := token.(string)
		if !ok {
			return nil, p.fail(fmt.Sprintf("Inside anything-but/%s list, number|start|null|boolean is not supported.", name))
		}
		if text == "" && (name == "prefix" || name == "suffix") {
			return nil, p.fail("Null prefix/suffix not allowed")
		}
		match, err := textMatch(name, text)
		if err != nil {
			return nil, p.fail(err.Error())
		}
		all = append(all, match)
	}
	return all, nil
}
