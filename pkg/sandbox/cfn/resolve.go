package cfn

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// scope is what a template's functions can refer to while its stack is created.
type scope struct {
	template *template
	pseudo   map[string]any // AWS::Region and its like
	params   map[string]any
	created  map[string]resource
	imports  func(name string) (string, bool)
	zones    []string
	deciding map[string]bool // conditions being evaluated
}

// absent is the value of AWS::NoValue: the property is left out.
type absent struct{}

var variable = regexp.MustCompile(`\$\{([^!${}][^${}]*)\}`)

// resolve replaces every intrinsic function in a value by what it stands for.
func (s *scope) resolve(value any) (any, error) {
	switch v := value.(type) {
	case []any:
		out := make([]any, 0, len(v))
		for _, element := range v {
			r, err := s.resolve(element)
			if err != nil {
				return nil, err
			}
			if _, gone := r.(absent); !gone {
				out = append(out, r)
			}
		}
		return out, nil
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if name == "Ref" || strings.HasPrefix(name, "Fn::") {
					return s.call(name, argument)
				}
				if name == "Condition" {
					if c, ok := argument.(string); ok && s.template.Conditions[c] != nil {
						return s.condition(c)
					}
				}
			}
		}
		return s.object(v)
	}
	return value, nil
}

func (s *scope) object(v map[string]any) (any, error) {
	out := make(map[string]any, len(v))
	for key, inner := range v {
		r, err := s.resolve(inner)
		if err != nil {
			return nil, err
		}
		if _, gone := r.(absent); !gone {
			out[key] = r
		}
	}
	return out, nil
}

// call evaluates one intrinsic function
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html).
func (s *scope) call(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		return s.ref(argument)
	case "Fn::GetAtt":
		return s.getAtt(argument)
	case "Fn::Sub":
		return s.sub(argument)
	case "Fn::If":
		return s.choose(argument)
	case "Fn::GetAZs":
		return anyList(s.zones), nil
	}
	resolved, err := s.resolve(argument)
	if err != nil {
		return nil, err
	}
	list, _ := resolved.([]any)
	switch name {
	case "Fn::Join":
		return join(list)
	case "Fn::Select":
		return selected(list)
	case "Fn::Split":
		return split(list)
	case "Fn::FindInMap":
		return s.findInMap(list)
	case "Fn::ImportValue":
		export := fmt.Sprint(resolved)
		if v, ok := s.imports(export); ok {
			return v, nil
		}
		return nil, fmt.Errorf("Fn::ImportValue: no stack exports %q", export)
	case "Fn::Base64":
		return base64.StdEncoding.EncodeToString([]byte(fmt.Sprint(resolved))), nil
	case "Fn::Equals":
		return len(list) == 2 && reflect.DeepEqual(list[0], list[1]), nil
	case "Fn::Not", "Fn::And", "Fn::Or":
		return logic(name, list)
	}
	return nil, fmt.Errorf("the sandbox does not know the function %s", name)
}

func (s *scope) ref(argument any) (any, error) {
	name, ok := argument.(string)
	if !ok {
		return nil, fmt.Errorf("a Ref takes a name, not %v", argument)
	}
	if v, ok := s.pseudo[name]; ok {
		return v, nil
	}
	if v, ok := s.params[name]; ok {
		return v, nil
	}
	if r, ok := s.created[name]; ok {
		return r.id, nil
	}
	return nil, fmt.Errorf("a Ref finds nothing: there is no %s", name)
}

func (s *scope) getAtt(argument any) (any, error) {
	name, attr, err := attribute(argument)
	if err != nil {
		return nil, err
	}
	r, ok := s.created[name]
	if !ok {
		return nil, fmt.Errorf("Fn::GetAtt: there is no resource %s", name)
	}
	v, ok := r.attributes[attr]
	if !ok {
		return nil, fmt.Errorf("Fn::GetAtt: the sandbox does not know the attribute %s of %s", attr, s.template.Resources[name].Type)
	}
	return v, nil
}

func attribute(argument any) (name, attr string, err error) {
	switch v := argument.(type) {
	case string:
		name, attr, _ = strings.Cut(v, ".")
	case []any:
		if len(v) == 2 {
			name, _ = v[0].(string)
			attr, _ = v[1].(string)
		}
	}
	if name == "" || attr == "" {
		return "", "", fmt.Errorf("Fn::GetAtt takes a resource and an attribute, not %v", argument)
	}
	return name, attr, nil
}

func (s *scope) sub(argument any) (any, error) {
	text, ok := argument.(string)
	own := map[string]any{}
	if list, isList := argument.([]any); isList && len(list) == 2 {
		text, ok = list[0].(string)
		own, _ = list[1].(map[string]any)
	}
	if !ok {
		return nil, fmt.Errorf("Fn::Sub takes a text, not %v", argument)
	}
	var failed error
	out := variable.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		var v any
		var err error
		if given, ok := own[name]; ok {
			v, err = s.resolve(given)
		} else if strings.Contains(name, ".") {
			v, err = s.getAtt(name)
		} else {
			v, err = s.ref(name)
		}
		if err != nil && failed == nil {
			failed = fmt.Errorf("Fn::Sub: %w", err)
		}
		return fmt.Sprint(v)
	})
	return strings.ReplaceAll(out, "${!", "${"), failed
}

func (s *scope) choose(argument any) (any, error) {
	list, _ := argument.([]any)
	if len(list) != 3 {
		return nil, fmt.Errorf("Fn::If takes a condition and two values")
	}
	yes, err := s.condition(fmt.Sprint(list[0]))
	if err != nil {
		return nil, err
	}
	if yes {
		return s.resolve(list[1])
	}
	return s.resolve(list[2])
}

func (s *scope) condition(name string) (bool, error) {
	c, ok := s.template.Conditions[name]
	if !ok {
		return false, fmt.Errorf("there is no condition %s", name)
	}
	if s.deciding[name] {
		return false, fmt.Errorf("condition %s refers to itself", name)
	}
	s.deciding[name] = true
	defer delete(s.deciding, name)
	v, err := s.resolve(c)
	if err != nil {
		return false, fmt.Errorf("condition %s: %w", name, err)
	}
	yes, ok := v.(bool)
	if !ok {
		return false, fmt.Errorf("condition %s is neither true nor false", name)
	}
	return yes, nil
}

func join(list []any) (any, error) {
	if len(list) == 2 {
		if parts, ok := list[1].([]any); ok {
			texts := make([]string, len(parts))
			for i, p := range parts {
				texts[i] = fmt.Sprint(p)
			}
			return strings.Join(texts, fmt.Sprint(list[0])), nil
		}
	}
	return nil, fmt.Errorf("Fn::Join takes a delimiter and a list")
}

func split(list []any) (any, error) {
	if len(list) != 2 {
		return nil, fmt.Errorf("Fn::Split takes a delimiter and a text")
	}
	return anyList(strings.Split(fmt.Sprint(list[1]), fmt.Sprint(list[0]))), nil
}

func selected(list []any) (any, error) {
	if len(list) == 2 {
		i, err := strconv.Atoi(fmt.Sprint(list[0]))
		if of, ok := list[1].([]any); ok && err == nil && i >= 0 && i < len(of) {
			return of[i], nil
		}
	}
	return nil, fmt.Errorf("Fn::Select has no such element: %v", list)
}

func (s *scope) findInMap(list []any) (any, error) {
	if len(list) == 3 {
		if inner, ok := s.template.Mappings[fmt.Sprint(list[0])][fmt.Sprint(list[1])].(map[string]any); ok {
			if v, ok := inner[fmt.Sprint(list[2])]; ok {
				return v, nil
			}
		}
	}
	return nil, fmt.Errorf("Fn::FindInMap finds nothing at %v", list)
}

func logic(name string, list []any) (any, error) {
	all, some := true, false
	for _, v := range list {
		yes, ok := v.(bool)
		if !ok {
			return nil, fmt.Errorf("%s takes conditions", name)
		}
		all, some = all && yes, some || yes
	}
	switch name {
	case "Fn::And":
		return all, nil
	case "Fn::Or":
		return some, nil
	}
	return !some, nil
}

func anyList(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}
