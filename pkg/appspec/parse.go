package appspec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ErrTooLarge is returned for a document over MostBytes.
var ErrTooLarge = fmt.Errorf("the AppSpec is larger than %d bytes", MostBytes)

// MostBytes is the largest document that Parse reads. CodeDeploy documents no limit of its own.
const MostBytes = 256 << 10

// Parse reads a document in JSON or YAML. Keys count in any case; unknown keys, a second resource and wrong
// types are errors. The result is valid as Validate says.
func Parse(content []byte) (Document, error) {
	if len(content) > MostBytes {
		return Document{}, ErrTooLarge
	}
	var tree any
	if err := yaml.Unmarshal(content, &tree); err != nil {
		return Document{}, fmt.Errorf("the AppSpec is neither JSON nor YAML: %w", err)
	}
	tree, err := folded(tree, reflect.TypeFor[file](), "")
	if err != nil {
		return Document{}, err
	}
	raw, err := json.Marshal(tree)
	if err != nil {
		return Document{}, fmt.Errorf("the AppSpec is not a plain document: %w", err)
	}
	var f file
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return Document{}, fmt.Errorf("the AppSpec has a wrong type or key: %w", err)
	}
	return f.document()
}

func (f file) document() (Document, error) {
	if v, err := strconv.ParseFloat(f.Version.String(), 64); err != nil || v != 0 {
		return Document{}, fmt.Errorf("version %q must be 0.0", f.Version)
	}
	if len(f.Resources) != 1 || len(f.Resources[0]) != 1 {
		return Document{}, errors.New("the AppSpec must hold exactly one service in Resources")
	}
	var t target
	for _, t = range f.Resources[0] {
		break
	}
	if t.Type != targetType {
		return Document{}, fmt.Errorf("the resource's Type %q must be %s", t.Type, targetType)
	}
	p := t.Properties
	d := Document{
		TaskDefinition:    p.TaskDefinition,
		ContainerName:     p.LoadBalancerInfo.ContainerName,
		ContainerPort:     p.LoadBalancerInfo.ContainerPort,
		PlatformVersion:   p.PlatformVersion,
		CapacityProviders: p.CapacityProviderStrategy,
	}
	if p.NetworkConfiguration != nil {
		d.Network = &p.NetworkConfiguration.AwsvpcConfiguration
	}
	for _, hook := range f.Hooks {
		for event, fn := range hook {
			if _, twice := d.Hooks[event]; twice || len(hook) != 1 {
				return Document{}, fmt.Errorf("the AppSpec's Hooks must be a list with one event each; look at %s", event)
			}
			if d.Hooks == nil {
				d.Hooks = map[Event]string{}
			}
			d.Hooks[event] = fn
		}
	}
	return d, d.Validate()
}

// folded rewrites the keys of tree to the case in which t writes them. CodeDeploy takes keys in any case: its own
// pages, the AWS CLI and the CDK construct library each write another.
func folded(tree any, t reflect.Type, path string) (any, error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch node := tree.(type) {
	case map[string]any:
		return foldedObject(node, t, path)
	case []any:
		if t.Kind() != reflect.Slice {
			return nil, fmt.Errorf("%s must not be a list", path)
		}
		for i, element := range node {
			v, err := folded(element, t.Elem(), fmt.Sprintf("%s[%d]", path, i))
			if err != nil {
				return nil, err
			}
			node[i] = v
		}
		return node, nil
	case float64, int:
		if t == reflect.TypeFor[json.Number]() {
			return json.Number(fmt.Sprint(node)), nil
		}
	case string:
		if t == reflect.TypeFor[json.Number]() {
			if _, err := strconv.ParseFloat(node, 64); err != nil {
				return nil, fmt.Errorf("%s %q must be 0.0", path, node)
			}
			return json.Number(node), nil
		}
	}
	return tree, nil
}

func foldedObject(node map[string]any, t reflect.Type, path string) (any, error) {
	out := make(map[string]any, len(node))
	for key, element := range node {
		name, inner := key, reflect.Type(nil)
		switch t.Kind() {
		case reflect.Struct:
			field, ok := t.FieldByNameFunc(func(name string) bool {
				f, _ := t.FieldByName(name)
				return strings.EqualFold(jsonName(f), key)
			})
			if !ok {
				return nil, fmt.Errorf("%s is not a key of an ECS AppSpec", strings.TrimPrefix(path+"."+key, "."))
			}
			name, inner = jsonName(field), field.Type
		case reflect.Map:
			inner = t.Elem()
			for _, event := range Events {
				if t.Key() == reflect.TypeFor[Event]() && strings.EqualFold(string(event), key) {
					name = string(event)
				}
			}
		default:
			return nil, fmt.Errorf("%s must not be an object", path)
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("%s stands there twice", strings.TrimPrefix(path+"."+name, "."))
		}
		v, err := folded(element, inner, strings.TrimPrefix(path+"."+name, "."))
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	return out, nil
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}
