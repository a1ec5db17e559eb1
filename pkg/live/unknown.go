package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Member is one of a task definition that ECS tells and that the SDK of this build has no field for: its types drop
// it without a word. Cutover carries such members from the base to a revision as they stand in the JSON.
type Member struct {
	// path of names and indexes, from the task definition down.
	path  []any
	value any
}

// String is the member's place: "containerDefinitions[0].restartPolicy".
func (m Member) String() string {
	var b strings.Builder
	for _, step := range m.path {
		if index, ok := step.(int); ok {
			fmt.Fprintf(&b, "[%d]", index)
			continue
		}
		fmt.Fprintf(&b, ".%s", step)
	}
	return strings.TrimPrefix(b.String(), ".")
}

// mostDefinition bounds an answer about a task definition, which holds 64 KiB at most, in its JSON
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html).
const mostDefinition = 1 << 20

// KeepUnknown is an option of a call whose answer is about one task definition. After the call unknown are the members
// that the answer's types do not have.
func KeepUnknown(unknown *[]Member) func(*ecs.Options) {
	read := middleware.DeserializeMiddlewareFunc("CutoverKeepUnknown", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		response, ok := out.RawResponse.(*smithyhttp.Response)
		if err != nil || !ok || response.StatusCode/100 != 2 {
			return out, metadata, err
		}
		body, err := io.ReadAll(io.LimitReader(response.Body, mostDefinition+1))
		if err == nil && len(body) > mostDefinition {
			err = fmt.Errorf("an answer about a task definition is longer than %d bytes", mostDefinition)
		}
		if err != nil {
			return out, metadata, err
		}
		response.Body = struct {
			io.Reader
			io.Closer
		}{bytes.NewReader(body), response.Body}
		*unknown, err = readUnknown(body)
		return out, metadata, err
	})
	return func(o *ecs.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error { return s.Deserialize.Add(read, middleware.After) })
	}
}

func readUnknown(body []byte) ([]Member, error) {
	var told struct {
		TaskDefinition map[string]any `json:"taskDefinition"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&told); err != nil {
		return nil, fmt.Errorf("read an answer about a task definition: %w", err)
	}
	return unknownIn(told.TaskDefinition, reflect.TypeFor[types.TaskDefinition](), nil), nil
}

// unknownIn finds what a value of JSON has beyond a type of the SDK's, whose fields are the members' names with a
// capital first letter.
func unknownIn(value any, t reflect.Type, path []any) []Member {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var found []Member
	at := func(step any) []any { return append(path[:len(path):len(path)], step) }
	switch v := value.(type) {
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return nil // a map, whose keys are the user's own, or a union, of which the SDK sends no member that it does not know
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			member := v[name]
			if field, ok := t.FieldByName(capital(name)); ok {
				found = append(found, unknownIn(member, field.Type, at(name))...)
			} else if member != nil {
				found = append(found, Member{at(name), member})
			}
		}
	case []any:
		for i, element := range v {
			if t.Kind() == reflect.Slice {
				found = append(found, unknownIn(element, t.Elem(), at(i))...)
			}
		}
	}
	return found
}

func capital(name string) string {
	for i, r := range name {
		return string(unicode.ToUpper(r)) + name[i+len(string(r)):]
	}
	return ""
}

// SendUnknown is an option of RegisterTaskDefinition: it puts members into the request where they stood in the task
// definition that they were told of. Those of members that ECS fills itself are left out.
func SendUnknown(members []Member) func(*ecs.Options) {
	write := middleware.SerializeMiddlewareFunc("CutoverSendUnknown", func(ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler) (middleware.SerializeOutput, middleware.Metadata, error) {
		request, ok := in.Request.(*smithyhttp.Request)
		if !ok {
			return middleware.SerializeOutput{}, middleware.Metadata{}, errors.New("a request without HTTP")
		}
		body, err := withMembers(request.GetStream(), members)
		if err != nil {
			return middleware.SerializeOutput{}, middleware.Metadata{}, err
		}
		if in.Request, err = request.SetStream(bytes.NewReader(body)); err != nil {
			return middleware.SerializeOutput{}, middleware.Metadata{}, err
		}
		return next.HandleSerialize(ctx, in)
	})
	return func(o *ecs.Options) {
		if len(members) > 0 {
			o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error { return s.Serialize.Add(write, middleware.After) })
		}
	}
}

func withMembers(stream io.Reader, members []Member) ([]byte, error) {
	var request map[string]any
	d := json.NewDecoder(stream)
	d.UseNumber()
	if err := d.Decode(&request); err != nil {
		return nil, fmt.Errorf("read the request to register a revision: %w", err)
	}
	for _, m := range members {
		if last, ok := m.path[len(m.path)-1].(string); ok {
			if parent, ok := within(request, m.path[:len(m.path)-1]).(map[string]any); ok {
				parent[last] = m.value
			}
		}
	}
	return json.Marshal(request)
}

// within follows a path; nil where it leads nowhere.
func within(value any, path []any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			of, _ := value.(map[string]any)
			value = of[s]
		case int:
			of, _ := value.([]any)
			if s >= len(of) {
				return nil
			}
			value = of[s]
		}
	}
	return value
}

// Lost are those of the base's unknown members that a revision made of it does not have, by their places. One that is
// there was either taken from the request, or is one that ECS fills itself.
func (r *Revision) Lost(base *Revision) []string {
	var lost []string
	for _, m := range base.Unknown {
		if !slices.ContainsFunc(r.Unknown, func(is Member) bool { return is.String() == m.String() }) && !filledByECS(m) {
			lost = append(lost, m.String())
		}
	}
	return lost
}

// filledByECS reports whether a member stands in one that is told and cannot be registered, such as requiresAttributes,
// of which a revision may have fewer.
func filledByECS(m Member) bool {
	name, _ := m.path[0].(string)
	_, accepted := reflect.TypeFor[ecs.RegisterTaskDefinitionInput]().FieldByName(capital(name))
	return len(m.path) > 1 && !accepted
}
