package live

import (
	"reflect"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
)

// Lost are those of the base's unknown members that a revision made of it does not have, by their places. One that is
// there was either taken from the request, or is one that ECS fills itself.
func (r *Revision) Lost(base *Revision) []string {
	var lost []string
	for _, m := range base.Unknown {
		if !slices.ContainsFunc(r.Unknown, func(is call.Member) bool { return is.String() == m.String() }) && !filledByECS(m) {
			lost = append(lost, m.String())
		}
	}
	return lost
}

// filledByECS reports whether a member stands in one that is told and cannot be registered, such as requiresAttributes,
// of which a revision may have fewer.
func filledByECS(m call.Member) bool {
	_, accepted := reflect.TypeFor[ecs.RegisterTaskDefinitionInput]().FieldByName(capital(m.Path[0].Name))
	return len(m.Path) > 1 && !accepted
}

// capital is a member's name as the SDK's field has it.
func capital(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}
