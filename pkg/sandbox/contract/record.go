// Package contract holds what AWS's own service models say of the operations that the sandbox has, and checks calls
// by it.
//
// The record is made from botocore's models (https://github.com/boto/botocore, data/*/*/service-2.json) and holds
// exactly the registered operations: members and their types, which are required, enums, limits of length and value,
// patterns, and the errors that each operation declares. It is rewritten by
//
//	go test ./pkg/sandbox/contract -update
//
// where botocore is installed. What a model does not say, such as limits that only the documentation has, is the
// services' own to check; where they answer in AWS's more specific words, Check leaves it to them.
package contract

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"
)

// Service is what one service's model says.
type Service struct {
	// Botocore is the version whose model was read, and API the model's own version.
	Botocore, API string
	Operations    map[string]*Operation
	Shapes        map[string]*Shape
}

// Operation is one operation of a service.
type Operation struct {
	// HTTP is the method and path of a REST operation: "GET /schedules/{Name}".
	HTTP string `json:",omitempty"`
	// Input and Output are names of shapes; empty where the operation has none.
	Input, Output string `json:",omitempty"`
	// Errors are the codes that the operation declares.
	Errors []string `json:",omitempty"`
}

// Shape is one type. Types without limits have no shape of their own: they are named by Type alone.
type Shape struct {
	// Type is structure, list, map, string, integer, long, double, float, boolean, timestamp or blob.
	Type string
	// Members of a structure, by name: each the name of a shape, or of a type.
	Members map[string]string `json:",omitempty"`
	// At tells where REST puts members that are not in the body: "uri name", "querystring name", "header name",
	// "payload".
	At       map[string]string `json:",omitempty"`
	Required []string          `json:",omitempty"`
	// Of is the type of a list's elements or of a map's values; Key that of its keys.
	Of, Key string   `json:",omitempty"`
	Enum    []string `json:",omitempty"`
	// Min and Max bound a string's or blob's length, a list's or map's size, a number's value.
	Min, Max *float64 `json:",omitempty"`
	// Pattern that a string matches whole, in Java's language.
	Pattern string `json:",omitempty"`
}

//go:embed record/*.json
var files embed.FS

// Contract is the whole record. Use New; it is safe for use by several goroutines.
type Contract struct {
	mu       sync.Mutex
	services map[string]*Service // by signing name
	plans    sync.Map            // reflect.Type to *node
}

// New returns the record, of which a service is read when it is first asked for.
func New() *Contract { return &Contract{services: map[string]*Service{}} }

// Service is the record of a service by its signing name; it is not to be changed. ok is false when there is none.
func (c *Contract) Service(name string) (s *Service, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok = c.services[name]; ok {
		return s, s != nil
	}
	s, err := read(name)
	if err != nil {
		s = nil
	}
	c.services[name] = s
	return s, s != nil
}

func read(name string) (*Service, error) {
	raw, err := files.ReadFile("record/" + name + ".json")
	if err != nil {
		return nil, err
	}
	s := new(Service)
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("record of %s: %w", name, err)
	}
	return s, nil
}

// shape by a name that a member, a list or an operation gives; plain types have a shape without limits.
func (s *Service) shape(name string) *Shape {
	if sh, ok := s.Shapes[name]; ok {
		return sh
	}
	return &Shape{Type: name}
}
