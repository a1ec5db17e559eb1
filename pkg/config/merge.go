package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Merge adds a service to a cdk.json, and the network to its platform where that names none. What stands there stays,
// in its order; the whole is indented by two spaces. A service of that name, or what comes out not being a
// configuration, is an error.
func Merge(cdk []byte, s Service, network VPC, ranges Ranges) ([]byte, error) {
	file, err := members(cdk)
	if err != nil {
		return nil, fmt.Errorf("cdk.json is not JSON: %w", err)
	}
	context, err := members(file.get("context"))
	if err != nil {
		return nil, fmt.Errorf("cdk.json: context: %w", err)
	}
	ours, err := members(context.get("cutover"))
	if err != nil {
		return nil, fmt.Errorf("cdk.json: context.cutover: %w", err)
	}
	if err := ours.add(s); err != nil {
		return nil, err
	}
	if err := ours.within(network); err != nil {
		return nil, err
	}
	context.set("cutover", ours.text())
	file.set("context", context.text())
	var out bytes.Buffer
	if err := json.Indent(&out, file.text(), "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	_, err = FromCDK(out.Bytes(), ranges)
	return out.Bytes(), err
}

// add appends a service.
func (o *object) add(s Service) error {
	var services []json.RawMessage
	if raw := o.get("services"); raw != nil {
		if err := json.Unmarshal(raw, &services); err != nil {
			return fmt.Errorf("cdk.json: context.cutover.services: %w", err)
		}
	}
	for i, raw := range services {
		var is struct{ Name string }
		if json.Unmarshal(raw, &is) == nil && is.Name == s.Name {
			return fmt.Errorf("context.cutover.services[%d] is called %q already; choose another name with --name, or take that one out first", i, s.Name)
		}
	}
	one, err := Written(s)
	if err != nil {
		return err
	}
	text, err := Written(append(services, one))
	if err != nil {
		return err
	}
	o.set("services", text)
	return nil
}

// within names a network, unless one is named.
func (o *object) within(network VPC) error {
	platform, err := members(o.get("platform"))
	if err != nil {
		return fmt.Errorf("cdk.json: context.cutover.platform: %w", err)
	}
	if network.ID == "" || platform.get("vpc") != nil {
		return nil
	}
	text, err := Written(network)
	if err != nil {
		return err
	}
	platform.set("vpc", text)
	o.set("platform", platform.text())
	return nil
}

// Written is a part of a configuration as a person would write it: what is not said is left out.
func Written(part any) (json.RawMessage, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(part)
	return bytes.TrimSpace(out.Bytes()), err
}

// object is a JSON object whose members keep their order and their text.
type object struct {
	names  []string
	values []json.RawMessage
}

// members reads an object; nothing is an empty one.
func members(raw []byte) (*object, error) {
	o := &object{}
	if raw == nil {
		return o, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil, fmt.Errorf("is not an object")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		o.set(name.(string), value)
	}
	_, err := d.Token()
	return o, err
}

func (o *object) get(name string) json.RawMessage {
	if i := slices.Index(o.names, name); i >= 0 {
		return o.values[i]
	}
	return nil
}

func (o *object) set(name string, value json.RawMessage) {
	if i := slices.Index(o.names, name); i >= 0 {
		o.values[i] = value
		return
	}
	o.names, o.values = append(o.names, name), append(o.values, value)
}

func (o *object) text() json.RawMessage {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, name := range o.names {
		if i > 0 {
			out.WriteByte(',')
		}
		key, _ := Written(name) // a string always has JSON
		out.Write(key)
		out.WriteByte(':')
		out.Write(o.values[i])
	}
	out.WriteByte('}')
	return out.Bytes()
}
