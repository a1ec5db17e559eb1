package cfn

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// outputs are what the template's outputs come to.
func (u *update) outputs(in *scope) ([]Output, error) {
	var all []Output
	for _, key := range slices.Sorted(maps.Keys(in.template.Outputs)) {
		o := in.template.Outputs[key]
		if o.Condition != "" {
			if yes, err := in.condition(o.Condition); err != nil {
				return nil, fmt.Errorf("output %s: %w", key, err)
			} else if !yes {
				continue
			}
		}
		value, err := in.resolve(o.Value)
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", key, err)
		}
		out := Output{Key: key, Value: fmt.Sprint(value), Description: o.Description}
		if o.Export != nil {
			name, err := in.resolve(o.Export.Name)
			if err != nil {
				return nil, fmt.Errorf("output %s: %w", key, err)
			}
			out.Export = fmt.Sprint(name)
		}
		all = append(all, out)
	}
	return all, nil
}

// mayExport refuses an export that another stack has, and to change or take away one that another stack imports.
func (s *Service) mayExport(st *record, outputs []Output) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, o := range outputs {
		e, taken := s.exports[o.Export]
		twice := slices.ContainsFunc(outputs[:i], func(other Output) bool { return other.Export == o.Export })
		if o.Export != "" && (taken && e.stack != st.Name || twice) {
			return fmt.Errorf("output %s: %q is exported already", o.Key, o.Export)
		}
	}
	return s.inUse(st, append([]Output{}, outputs...))
}

// inUse refuses to give the stack these outputs, nil when it is to be deleted, while others import what it exports
// now. The caller holds mu.
func (s *Service) inUse(st *record, outputs []Output) error {
	for _, name := range slices.Sorted(maps.Keys(s.exports)) {
		e := s.exports[name]
		users := s.importers(name)
		if e.stack != st.Name || len(users) == 0 {
			continue
		}
		i := slices.IndexFunc(outputs, func(o Output) bool { return o.Export == name })
		switch {
		case outputs == nil:
			return says("Cannot delete export %s as it is in use by %s.", name, strings.Join(users, ", "))
		case i < 0:
			return says("Export %s cannot be deleted as it is in use by %s", name, strings.Join(users, ", "))
		case outputs[i].Value != e.value:
			return says("Export %s cannot be updated as it is in use by %s", name, strings.Join(users, ", "))
		}
	}
	return nil
}

// importers are the stacks that import a value. The caller holds mu.
func (s *Service) importers(name string) []string {
	var all []string
	for _, st := range s.stacks {
		if slices.Contains(st.imports, name) {
			all = append(all, st.Name)
		}
	}
	return all
}
