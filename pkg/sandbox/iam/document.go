package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// documentLimit is how many bytes a policy document may have here; AWS's own limits are below it.
const documentLimit = 64 << 10

// Kind of a policy.
type Kind uint8

// Policies of identities name no principal, those of resources must.
const (
	Identity Kind = iota
	Resource
)

// Document is a policy document that was read. Its grammar is that of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type Document struct {
	statements []statement
	variables  bool // version 2012-10-17: ${…} is replaced
}

// statement of a document. Where a list is negated, everything but what it matches is meant.
type statement struct {
	label      string // the Sid, or "#2" for the second
	allow      bool
	principals principals
	actions    patterns
	resources  patterns // empty in resource policies that leave it out: the resource itself
	conditions []condition
}

type patterns struct {
	list   []string
	negate bool
}

// writtenStatement is a statement as documents write it.
type writtenStatement struct {
	Sid                     string
	Effect                  string
	Principal, NotPrincipal json.RawMessage
	Action, NotAction       texts
	Resource, NotResource   texts
	Condition               map[string]map[string]texts
}

// ReadDocument reads a policy document. Unknown elements, operators and effects are errors, and so are a principal
// in an identity's policy and its lack in a resource's.
func ReadDocument(text string, kind Kind) (*Document, error) {
	if len(text) > documentLimit {
		return nil, fmt.Errorf("the policy has more than %d bytes", documentLimit)
	}
	var written struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if err := decode([]byte(text), &written); err != nil {
		return nil, err
	}
	if v := written.Version; v != "" && v != "2012-10-17" && v != "2008-10-17" {
		return nil, fmt.Errorf("unknown version %q", v)
	}
	raw := bytes.TrimSpace(written.Statement)
	if len(raw) == 0 {
		return nil, errors.New("the policy has no statement")
	}
	if raw[0] == '{' {
		raw = append(append([]byte{'['}, raw...), ']')
	}
	var list []writtenStatement
	if err := decode(raw, &list); err != nil {
		return nil, err
	}
	d := &Document{variables: written.Version == "2012-10-17"}
	for i, w := range list {
		s, err := w.read(kind)
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
		if s.label = w.Sid; s.label == "" {
			s.label = "#" + strconv.Itoa(i+1)
		}
		d.statements = append(d.statements, s)
	}
	return d, nil
}

func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("read policy: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("the policy goes on after its end")
	}
	return nil
}

func (w writtenStatement) read(kind Kind) (s statement, err error) {
	switch w.Effect {
	case "Allow", "Deny":
		s.allow = w.Effect == "Allow"
	default:
		return s, fmt.Errorf("unknown effect %q", w.Effect)
	}
	if s.actions, err = either("Action", w.Action, w.NotAction); err != nil {
		return s, err
	}
	for _, a := range s.actions.list {
		if a != "*" && !strings.Contains(a, ":") {
			return s, fmt.Errorf("action %q names no service", a)
		}
	}
	if s.resources, err = either("Resource", w.Resource, w.NotResource); err != nil && (kind == Identity || w.NotResource != nil) {
		return s, err
	}
	for _, r := range s.resources.list {
		if r != "*" && !strings.HasPrefix(r, "arn:") {
			return s, fmt.Errorf("resource %q is neither an ARN nor *", r)
		}
	}
	if s.principals, err = readPrincipals(kind, w.Principal, w.NotPrincipal); err != nil {
		return s, err
	}
	s.conditions, err = readConditions(w.Condition)
	return s, err
}

// either takes the one of two lists that is there.
func either(name string, plain, not texts) (patterns, error) {
	switch {
	case plain != nil && not != nil:
		return patterns{}, fmt.Errorf("%s and Not%s cannot stand together", name, name)
	case len(plain) > 0:
		return patterns{list: plain}, nil
	case len(not) > 0:
		return patterns{list: not, negate: true}, nil
	}
	return patterns{}, fmt.Errorf("it has neither %s nor Not%s", name, name)
}

// texts are a string or a list of them; booleans and numbers count as their text, as in AWS.
type texts []string

// UnmarshalJSON reads one value or a list.
func (t *texts) UnmarshalJSON(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return err
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	*t = texts{}
	for _, item := range list {
		switch x := item.(type) {
		case string:
			*t = append(*t, x)
		case bool:
			*t = append(*t, strconv.FormatBool(x))
		case json.Number:
			*t = append(*t, x.String())
		default:
			return fmt.Errorf("%s is not a string or a list of them", raw)
		}
	}
	return nil
}
