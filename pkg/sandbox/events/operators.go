package events

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
)

// reason is why a pattern is not valid, in AWS's words.
type reason string

func (r reason) Error() string { return string(r) }

const onlyOneKey = "Only one key allowed in match expression"

// expression reads a match expression: an object with an operator as its only key.
func (p *parser) expression() (value, error) {
	token, err := p.next()
	if err != nil {
		return value{}, err
	}
	operator, ok := token.(string)
	if !ok {
		return value{}, p.fail("Match expression name not found")
	}
	v, err := p.operator(operator)
	if err != nil {
		return value{}, err
	}
	if token, err = p.next(); err != nil {
		return value{}, err
	}
	if token != json.Delim('}') {
		return value{}, p.fail(onlyOneKey)
	}
	return v, nil
}

func (p *parser) operator(name string) (value, error) {
	switch name {
	case "exactly", "prefix", "suffix", "equals-ignore-case", "wildcard", "cidr":
		return p.textOperator(name)
	case "numeric":
		return p.numeric()
	case "exists":
		return p.exists()
	case "anything-but":
		return p.anythingBut()
	}
	return value{}, p.fail("Unrecognized match type " + name)
}

func (p *parser) exists() (value, error) {
	token, err := p.next()
	if err != nil {
		return value{}, err
	}
	there, ok := token.(bool)
	if !ok {
		return value{}, p.fail("exists match pattern must be either true or false.")
	}
	if !there {
		return value{absent: true, match: func(any) bool { return false }}, nil
	}
	return value{match: func(any) bool { return true }}, nil
}

// textOperator reads the operand of an operator on strings.
func (p *parser) textOperator(name string) (value, error) {
	token, err := p.next()
	if err != nil {
		return value{}, err
	}
	if token == json.Delim('{') && (name == "prefix" || name == "suffix") {
		return p.ignoringCase(name)
	}
	text, ok := token.(string)
	if !ok {
		if name == "exactly" {
			name = "exact"
		}
		return value{}, p.fail(name + " match pattern must be a string")
	}
	match, err := textMatch(name, text)
	if err != nil {
		return value{}, p.fail(err.Error())
	}
	return value{match: match}, nil
}

// ignoringCase reads {"equals-ignore-case": "…"} within prefix or suffix.
func (p *parser) ignoringCase(name string) (value, error) {
	token, err := p.next()
	if err != nil {
		return value{}, err
	}
	if token != "equals-ignore-case" {
		return value{}, p.fail("Unsupported " + name + " match pattern: " + fmt.Sprint(token))
	}
	if token, err = p.next(); err != nil {
		return value{}, err
	}
	text, ok := token.(string)
	if !ok {
		return value{}, p.fail("equals-ignore-case match pattern must be a string")
	}
	if token, err = p.next(); err != nil {
		return value{}, err
	}
	if token != json.Delim('}') {
		return value{}, p.fail(onlyOneKey)
	}
	text = strings.ToLower(text)
	has := strings.HasPrefix
	if name == "suffix" {
		has = strings.HasSuffix
	}
	return value{match: onText(func(s string) bool { return has(strings.ToLower(s), text) })}, nil
}

// textMatch is the matcher of an operator with a string as its operand.
func textMatch(name, text string) (func(any) bool, error) {
	switch name {
	case "prefix":
		return onText(func(s string) bool { return strings.HasPrefix(s, text) }), nil
	case "suffix":
		return onText(func(s string) bool { return strings.HasSuffix(s, text) }), nil
	case "equals-ignore-case":
		return onText(func(s string) bool { return strings.EqualFold(s, text) }), nil
	case "wildcard":
		parts, err := splitWildcard(text)
		if err != nil {
			return nil, err
		}
		return onText(func(s string) bool { return wildcard(parts, s) }), nil
	case "cidr":
		block, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, reason("Malformed CIDR, one '/' required")
		}
		return onText(func(s string) bool {
			addr, err := netip.ParseAddr(s)
			return err == nil && block.Contains(addr)
		}), nil
	}
	return onText(func(s string) bool { return s == text }), nil
}

func onText(match func(string) bool) func(any) bool {
	return func(leaf any) bool {
		s, ok := leaf.(string)
		return ok && match(s)
	}
}

// splitWildcard takes a pattern apart at its stars; \* is a star itself and \\ a backslash.
func splitWildcard(text string) ([]string, error) {
	parts := []string{""}
	for i := 0; i < len(text); i++ {
		last := &parts[len(parts)-1]
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && (text[i+1] == '*' || text[i+1] == '\\'):
			i++
			*last += string(text[i])
		case c == '\\':
			// AWS counts from the quote in front of the text.
			return nil, reason(fmt.Sprintf("Invalid escape character at pos %d", i+1))
		case c == '*' && i+1 < len(text) && text[i+1] == '*':
			return nil, reason(fmt.Sprintf("Consecutive wildcard characters at pos %d", i+1))
		case c == '*':
			parts = append(parts, "")
		default:
			*last += string(c)
		}
	}
	return parts, nil
}

// wildcard says whether s is the parts in their order with anything in between.
func wildcard(parts []string, s string) bool {
	if len(parts) == 1 {
		return s == parts[0]
	}
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(s, part)
		if !found {
			return false
		}
		s = after
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}
