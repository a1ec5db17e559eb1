package call

import (
	"context"
	"reflect"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Shapes calls an operation of the awsJson protocols whose input and output are made of the SDK's own types: structs
// whose fields are a shape's members with a capital first letter. The request's body and header are made of the input.
//
// The SDK's types packages say nothing of JSON, and bring nothing that is made before main; what reads and writes them
// is in the clients, which do.
func Shapes[Output any](ctx context.Context, c *Client, request Request, in any) (*Output, error) {
	out, r := new(Output), reader{}
	if err := c.json(ctx, request, written(reflect.ValueOf(in)), func(body []byte) error { return r.readInto(out, body) }); err != nil {
		return nil, err
	}
	return out, nil
}

// ShapesAndMore is Shapes that also returns what the answer has beyond its type, and that puts such members, which
// another answer had, into the request.
func ShapesAndMore[Output any](ctx context.Context, c *Client, request Request, in any, more []Member) (*Output, []Member, error) {
	members, _ := written(reflect.ValueOf(in)).(map[string]any)
	for _, m := range more {
		m.putInto(members)
	}
	out, r, found := new(Output), reader{keeps: true}, []Member(nil)
	err := c.json(ctx, request, members, func(body []byte) (err error) {
		if err = r.readInto(out, body); err == nil {
			found, err = exactly(r.unknown, body)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return out, found, nil
}

// fields are the members of types that were met, each with its field's index.
var fields sync.Map

// membersOf a struct of the SDK's, by their names in JSON.
func membersOf(t reflect.Type) map[string]int {
	if known, ok := fields.Load(t); ok {
		return known.(map[string]int)
	}
	members := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && f.Type != reflect.TypeFor[[]Member]() {
			members[MemberName(strings.TrimSuffix(f.Name, "_"))] = i
		}
	}
	fields.Store(t, members)
	return members
}

// MemberName is what a member is called in JSON whose field in the SDK's types is called so.
func MemberName(field string) string {
	first, size := utf8.DecodeRuneInString(field)
	if !unicode.IsUpper(first) {
		return field
	}
	return string(unicode.ToLower(first)) + field[size:]
}
