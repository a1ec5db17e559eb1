package fault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// kinds of faults by name.
func kinds() map[string]Fault {
	all := map[string]Fault{}
	for _, f := range []Fault{API{}, Deny{}, Event{}, Function{}, Listener{}, Scan{}, Target{}, Task{}, Throttle{}, Wait{}} {
		all[f.Kind()] = f
	}
	return all
}

// Encode writes a fault as JSON: its kind, and those of its members that are set, durations as text ("1m30s").
//
//	{"Kind": "api", "Service": "ecs", "Action": "RegisterTaskDefinition", "Code": "ThrottlingException", "Times": 1}
func Encode(f Fault) map[string]any {
	out, v := map[string]any{"Kind": f.Kind()}, reflect.ValueOf(f)
	for i := range v.NumField() {
		if field := v.Field(i); !field.IsZero() {
			value := field.Interface()
			if d, ok := value.(time.Duration); ok {
				value = d.String()
			}
			out[v.Type().Field(i).Name] = value
		}
	}
	return out
}

// Decode reads what Encode writes. Unknown kinds and members are errors.
func Decode(text []byte) (Fault, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, fmt.Errorf("a fault is a JSON object: %w", err)
	}
	var kind string
	if err := json.Unmarshal(members["Kind"], &kind); err != nil {
		return nil, fmt.Errorf(`a fault has a member "Kind"`)
	}
	known, ok := kinds()[kind]
	if !ok {
		return nil, fmt.Errorf("there is no kind of fault %q", kind)
	}
	delete(members, "Kind")
	v := reflect.New(reflect.TypeOf(known))
	for i := range v.Elem().NumField() {
		name, raw := v.Elem().Type().Field(i).Name, json.RawMessage(nil)
		if raw, ok = members[name]; !ok || v.Elem().Field(i).Type() != reflect.TypeFor[time.Duration]() {
			continue
		}
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return nil, fmt.Errorf(`%s is a duration such as "30s"`, name)
		}
		d, err := time.ParseDuration(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		members[name] = fmt.Appendf(nil, "%d", d)
	}
	text, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(v.Interface()); err != nil {
		return nil, fmt.Errorf("fault %s: %w", kind, err)
	}
	return v.Elem().Interface().(Fault), nil
}
