package cfn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/stackupdate"
)

// template is a CloudFormation template in JSON, as CDK synthesizes it. Unknown sections are an error.
type template struct {
	AWSTemplateFormatVersion string                     `json:"AWSTemplateFormatVersion"`
	Description              string                     `json:"Description"`
	Metadata                 json.RawMessage            `json:"Metadata"`
	Parameters               map[string]parameter       `json:"Parameters"`
	Rules                    json.RawMessage            `json:"Rules"` // CDK's check of its own bootstrap stack
	Mappings                 map[string]map[string]any  `json:"Mappings"`
	Conditions               map[string]any             `json:"Conditions"`
	Resources                map[string]declaration     `json:"Resources"`
	Outputs                  map[string]outputStatement `json:"Outputs"`
}

type parameter struct {
	Type        string          `json:"Type"`
	Default     any             `json:"Default"`
	Description string          `json:"Description"`
	Rest        json.RawMessage `json:"-"`
}

type declaration struct {
	Type                string          `json:"Type"`
	Properties          map[string]any  `json:"Properties"`
	DependsOn           names           `json:"DependsOn"`
	Condition           string          `json:"Condition"`
	Metadata            json.RawMessage `json:"Metadata"`
	DeletionPolicy      string          `json:"DeletionPolicy"`
	UpdateReplacePolicy string          `json:"UpdateReplacePolicy"`
}

type outputStatement struct {
	Description string `json:"Description"`
	Value       any    `json:"Value"`
	Condition   string `json:"Condition"`
	Export      *struct {
		Name any `json:"Name"`
	} `json:"Export"`
}

// names is one name or a list of them.
type names []string

func (n *names) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*n = make(names, 1)
		return json.Unmarshal(b, &(*n)[0])
	}
	return json.Unmarshal(b, (*[]string)(n))
}

// mostTemplate is CloudFormation's own limit for a template in S3
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
const mostTemplate = 1 << 20

func parse(text []byte) (*template, error) {
	if len(text) > mostTemplate {
		return nil, fmt.Errorf("the template has %d bytes, more than the %d that CloudFormation takes", len(text), mostTemplate)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // 1209600 must not become 1.2096e+06
	d.DisallowUnknownFields()
	var t template
	if err := d.Decode(&t); err != nil {
		return nil, fmt.Errorf("the template cannot be read: %w", err)
	}
	if len(t.Resources) == 0 {
		return nil, errors.New("the template has no resources")
	}
	return &t, nil
}

// order is the resources' logical names, each after those it refers to or depends on; otherwise by name.
func (t *template) order() ([]string, error) {
	const (
		entered = 1
		left    = 2
	)
	state := map[string]int{}
	var out []string
	var visit func(name string, trail []string) error
	visit = func(name string, trail []string) error {
		switch state[name] {
		case left:
			return nil
		case entered:
			return fmt.Errorf("the resources refer to each other in a circle: %s", strings.Join(append(trail, name), " -> "))
		}
		state[name] = entered
		r := t.Resources[name]
		needed := append(stackupdate.References(r.Properties), r.DependsOn...)
		slices.Sort(needed)
		for _, other := range slices.Compact(needed) {
			if _, ok := t.Resources[other]; ok {
				if err := visit(other, append(trail, name)); err != nil {
					return err
				}
			}
		}
		state[name] = left
		out = append(out, name)
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(t.Resources)) {
		for _, other := range t.Resources[name].DependsOn {
			if _, ok := t.Resources[other]; !ok {
				return nil, fmt.Errorf("resource %s depends on %s, which is not in the template", name, other)
			}
		}
		if err := visit(name, nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}
