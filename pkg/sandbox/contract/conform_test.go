package contract_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/cutover-ecs/cutover/pkg/sandbox/contract"
)

// output reads an answer into a tree and tells where it differs from the operation's output shape.
func output(s *contract.Service, op *contract.Operation, action string, a answer) (tree any, wrong []string) {
	sh := s.Shapes[op.Output]
	if sh == nil {
		sh = &contract.Shape{Type: "structure"}
	}
	switch {
	case a.kind == "text/xml":
		root := new(element)
		if err := xml.Unmarshal(a.body, root); err != nil {
			return nil, []string{"not XML: " + err.Error()}
		}
		result := root.child(action + "Result")
		if root.XMLName.Local != action+"Response" || result == nil || root.child("ResponseMetadata") == nil {
			return nil, []string{"the answer is not wrapped as " + action + "Response, " + action + "Result"}
		}
		tree = result.tree(s, sh)
	case a.kind == "application/cbor":
		v, err := cbor.Decode(a.body)
		if err != nil {
			return nil, []string{"not CBOR: " + err.Error()}
		}
		tree = fromCBOR(v)
	case payload(sh) != "":
		return map[string]any{payload(sh): string(a.body)}, nil
	case len(bytes.TrimSpace(a.body)) == 0:
		tree = map[string]any{}
	default:
		d := json.NewDecoder(bytes.NewReader(a.body))
		d.UseNumber()
		if err := d.Decode(&tree); err != nil {
			return nil, []string{"not JSON: " + err.Error()}
		}
	}
	conform(s, sh, tree, "", a.kind == "text/xml", &wrong)
	return tree, wrong
}

func payload(sh *contract.Shape) string {
	for member, at := range sh.At {
		if at == "payload" {
			return member
		}
	}
	return ""
}

// conform notes where a tree differs from a shape.
func conform(s *contract.Service, sh *contract.Shape, v any, at string, text bool, wrong *[]string) {
	note := func(format string, args ...any) {
		*wrong = append(*wrong, strings.TrimPrefix(at, ".")+": "+fmt.Sprintf(format, args...))
	}
	of := func(name string) *contract.Shape {
		if sh, ok := s.Shapes[name]; ok {
			return sh
		}
		return &contract.Shape{Type: name}
	}
	switch sh.Type {
	case "structure":
		m, ok := v.(map[string]any)
		if !ok {
			note("is no structure: %v", v)
			return
		}
		for k, e := range m {
			name, known := sh.Members[k]
			if !known {
				note("the model has no member %s", k)
				continue
			}
			conform(s, of(name), e, at+"."+k, text, wrong)
		}
		for _, r := range sh.Required {
			if m[r] == nil {
				note("the required member %s is missing", r)
			}
		}
	case "list":
		l, ok := v.([]any)
		if !ok {
			note("is no list: %v", v)
		}
		for i, e := range l {
			conform(s, of(sh.Of), e, at+"["+strconv.Itoa(i)+"]", text, wrong)
		}
	case "map":
		m, ok := v.(map[string]any)
		if !ok {
			note("is no map: %v", v)
		}
		for k, e := range m {
			conform(s, of(sh.Of), e, at+"."+k, text, wrong)
		}
	default:
		if !fits(sh, v, text) {
			note("%v (%T) is no %s %v", v, v, sh.Type, sh.Enum)
		}
	}
}

// fits tells whether a scalar is of its shape; in XML every scalar is text.
func fits(sh *contract.Shape, v any, text bool) bool {
	str, isText := v.(string)
	switch sh.Type {
	case "string":
		return isText && (len(sh.Enum) == 0 || slices.Contains(sh.Enum, str))
	case "boolean":
		if text {
			return str == "true" || str == "false"
		}
		_, ok := v.(bool)
		return ok
	case "blob":
		_, err := base64.StdEncoding.DecodeString(str)
		return isText && err == nil
	case "timestamp":
		if text {
			_, err := time.Parse(time.RFC3339, str)
			return err == nil
		}
		_, number := v.(json.Number)
		_, tagged := v.(time.Time)
		return number || tagged
	}
	if text {
		_, err := strconv.ParseFloat(str, 64)
		return err == nil
	}
	n, ok := v.(json.Number)
	if sh.Type == "integer" || sh.Type == "long" {
		_, err := n.Int64()
		return ok && err == nil
	}
	return ok
}

// element is a piece of XML.
type element struct {
	XMLName  xml.Name
	Text     string    `xml:",chardata"`
	Children []element `xml:",any"`
}

func (e *element) child(name string) *element {
	for i := range e.Children {
		if e.Children[i].XMLName.Local == name {
			return &e.Children[i]
		}
	}
	return nil
}

// tree is an element in the form of a shape; what the shape does not have stays for conform to find.
func (e *element) tree(s *contract.Service, sh *contract.Shape) any {
	of := func(name string) *contract.Shape {
		if sh, ok := s.Shapes[name]; ok {
			return sh
		}
		return &contract.Shape{Type: name}
	}
	switch sh.Type {
	case "structure":
		m := map[string]any{}
		for i := range e.Children {
			c := &e.Children[i]
			m[c.XMLName.Local] = c.tree(s, of(sh.Members[c.XMLName.Local]))
		}
		return m
	case "list":
		l := []any{}
		for i := range e.Children {
			l = append(l, e.Children[i].tree(s, of(sh.Of)))
		}
		return l
	case "map":
		m := map[string]any{}
		for i := range e.Children {
			if k, v := e.Children[i].child("key"), e.Children[i].child("value"); k != nil && v != nil {
				m[k.Text] = v.tree(s, of(sh.Of))
			}
		}
		return m
	}
	return e.Text
}

func fromCBOR(v cbor.Value) any {
	switch x := v.(type) {
	case cbor.Map:
		m := map[string]any{}
		for k, e := range x {
			m[k] = fromCBOR(e)
		}
		return m
	case cbor.List:
		l := []any{}
		for _, e := range x {
			l = append(l, fromCBOR(e))
		}
		return l
	case cbor.String:
		return string(x)
	case cbor.Bool:
		return bool(x)
	case cbor.Uint:
		return json.Number(strconv.FormatUint(uint64(x), 10))
	case cbor.NegInt:
		return json.Number("-" + strconv.FormatUint(uint64(x), 10))
	case cbor.Float64:
		return json.Number(strconv.FormatFloat(float64(x), 'f', -1, 64))
	case cbor.Float32:
		return json.Number(strconv.FormatFloat(float64(x), 'f', -1, 32))
	case *cbor.Tag:
		return time.Time{}
	}
	return nil
}
