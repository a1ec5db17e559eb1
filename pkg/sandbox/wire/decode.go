package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// formDepth is how many names deep a query parameter may be. The deepest in use has nine.
const formDepth = 32

// jsonTree reads a JSON object; no body is an empty one.
func jsonTree(body []byte) (map[string]any, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, errors.New("the JSON ends too early")
		}
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	object, ok := tree.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("a JSON object is wanted, not %s", describe(tree))
	}
	return object, nil
}

// formTree reads query parameters, whose names are paths: "Tags.member.1.Key".
func formTree(values url.Values) (map[string]any, error) {
	tree := map[string]any{}
	for name, all := range values {
		if name == "Action" || name == "Version" {
			continue
		}
		if strings.Count(name, ".") >= formDepth {
			return nil, errors.New("a parameter's name has too many parts")
		}
		if err := formInsert(tree, name, all[0]); err != nil {
			return nil, err
		}
	}
	return tree, nil
}

func formInsert(tree map[string]any, name, value string) error {
	at := tree
	rest := name
	for {
		part, more, nested := strings.Cut(rest, ".")
		if !nested {
			// "Tags=" says that the list is empty; it yields to elements.
			if _, taken := at[part].(map[string]any); taken {
				if value != "" {
					return fmt.Errorf("the parameter %s is both a value and a structure", name)
				}
				return nil
			}
			at[part] = value
			return nil
		}
		next, ok := at[part].(map[string]any)
		if !ok {
			if text, isText := at[part].(string); isText && text != "" {
				return fmt.Errorf("the parameter %s is both a value and a structure", name)
			}
			next = map[string]any{}
			at[part] = next
		}
		at, rest = next, more
	}
}

// formList reads a list: "member.N", or "N" alone when the list is flattened.
func formList(src any, at *path) ([]any, error) {
	tree, err := formTable(src, "member", at)
	if err != nil {
		return nil, err
	}
	type item struct {
		n     int
		value any
	}
	items := make([]item, 0, len(tree))
	for k, v := range tree {
		n, err := strconv.Atoi(k)
		if err != nil || n < 0 {
			return nil, at.errorf("has an element without a number: %s", describe(k))
		}
		items = append(items, item{n, v})
	}
	slices.SortFunc(items, func(a, b item) int { return a.n - b.n })
	list := make([]any, len(items))
	for i := range items {
		list[i] = items[i].value
	}
	return list, nil
}

// formMap reads a map: "entry.N.key" and "entry.N.value". SNS writes Name and Value.
func formMap(src any, at *path) (map[string]any, error) {
	list, err := formTable(src, "entry", at)
	if err != nil {
		return nil, err
	}
	m := make(map[string]any, len(list))
	for _, e := range list {
		entry, _ := e.(map[string]any)
		var key string
		var value any
		found := false
		for k, v := range entry {
			switch strings.ToLower(k) {
			case "key", "name":
				key, found = v.(string)
			case "value":
				value = v
			}
		}
		if !found {
			return nil, at.errorf("has an entry without a key")
		}
		m[key] = value
	}
	return m, nil
}

// formTable is the numbered table of a list or a map; empty text is an empty one.
func formTable(src any, wrapper string, at *path) (map[string]any, error) {
	tree, ok := src.(map[string]any)
	if inner, wrapped := tree[wrapper]; wrapped {
		tree, ok = inner.(map[string]any)
		src = inner
	}
	if !ok && src != "" {
		return nil, at.errorf("wants a list or a map, not %s", describe(src))
	}
	return tree, nil
}

// cborTree reads a CBOR map; no body is an empty one.
func cborTree(body []byte) (map[string]any, error) {
	if len(body) == 0 {
		return nil, nil
	}
	v, err := cbor.Decode(body)
	if err != nil {
		return nil, fmt.Errorf("not CBOR: %w", err)
	}
	m, ok := plain(v).(map[string]any)
	if !ok {
		return nil, errors.New("a CBOR map is wanted")
	}
	return m, nil
}

// plain turns a CBOR value into what Bind reads.
func plain(v cbor.Value) any {
	switch x := v.(type) {
	case cbor.String:
		return string(x)
	case cbor.Slice:
		return []byte(x)
	case cbor.Bool:
		return bool(x)
	case cbor.Uint:
		return uint64(x)
	case cbor.NegInt:
		if x == 0 || x > 1<<63 {
			return -math.Pow(2, 64)
		}
		return -int64(x)
	case cbor.Float32:
		return float64(x)
	case cbor.Float64:
		return float64(x)
	case *cbor.Tag:
		return plain(x.Value)
	case cbor.List:
		list := make([]any, len(x))
		for i := range x {
			list[i] = plain(x[i])
		}
		return list
	case cbor.Map:
		m := make(map[string]any, len(x))
		for k, e := range x {
			m[k] = plain(e)
		}
		return m
	default: // null, undefined
		return nil
	}
}
