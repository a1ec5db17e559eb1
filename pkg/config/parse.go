package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
)

// Finding is one thing that is wrong with a configuration.
type Finding struct {
	// Path of the key, such as services[0].task.cpu.
	Path string
	// Problem says what is wrong and what would be right.
	Problem string
}

// Findings are all that is wrong; they are returned together as one error.
type Findings []Finding

// Error lists the findings, one a line, each with its path.
func (f Findings) Error() string {
	lines := make([]string, 0, len(f)+1)
	if len(f) > 1 {
		lines = append(lines, fmt.Sprintf("the configuration has %d mistakes:", len(f)))
	}
	for _, one := range f {
		lines = append(lines, one.Path+": "+one.Problem)
	}
	return strings.Join(lines, "\n")
}

func (f *Findings) add(path, format string, args ...any) {
	*f = append(*f, Finding{Path: path, Problem: fmt.Sprintf(format, args...)})
}

// Ranges says why a text is no range of versions such as image.semver holds. There is one, policy.Range, which whoever
// parses hands over: the functions link this package and read what was checked before, and what reads versions costs
// each of their starts a fifth of an empty handler's.
type Ranges func(text string) error

// Parse reads the object under context.cutover. Its error is Findings: everything that is wrong, at once. What
// it returns has every default filled in.
//
// It reads no file: what a suite keeps in files is looked at by Load.
func Parse(document []byte, ranges Ranges) (Config, error) { return parse(document, nil, ranges) }

func parse(document []byte, files fs.FS, ranges Ranges) (Config, error) {
	var c Config
	tree, err := tree(document)
	if err != nil {
		return Config{}, Findings{{Path: "cutover", Problem: "is not JSON: " + err.Error()}}
	}
	var f Findings
	if files != nil {
		suites(tree, files, &f)
	}
	strictly(&c, tree, &f)
	if files != nil {
		c.bodies(files, &f)
	}
	for i, s := range c.Services {
		s.checkOthers(fmt.Sprintf("services[%d]", i), &f)
	}
	if len(f) == 0 {
		c.fill()
	}
	c.check(ranges, &f)
	if len(f) > 0 {
		return Config{}, f
	}
	return c, nil
}

// Complete fills in every default of a configuration that a program wrote, and checks it as Parse does. Its error is
// Findings. c itself stays as it is.
func (c Config) Complete(ranges Ranges) (Config, error) {
	document, err := json.Marshal(c)
	if err != nil {
		return Config{}, fmt.Errorf("the configuration cannot be written: %w", err)
	}
	return Parse(document, ranges)
}

// FromCDK reads a whole cdk.json, as Parse does.
func FromCDK(document []byte, ranges Ranges) (Config, error) {
	ours, err := fromCDK(document)
	if err != nil {
		return Config{}, err
	}
	return Parse(ours, ranges)
}

func fromCDK(document []byte) ([]byte, error) {
	var file struct {
		Context map[string]json.RawMessage `json:"context"`
	}
	if err := json.Unmarshal(document, &file); err != nil {
		return nil, fmt.Errorf("cdk.json is not JSON: %w", err)
	}
	cutover, ok := file.Context["cutover"]
	if !ok {
		return nil, fmt.Errorf(`cdk.json has no context.cutover: write {"services": [{"name": "sample-website"}]} there`)
	}
	return cutover, nil
}

// Find returns the service with that name, or an error that tells the names there are.
func (c Config) Find(name string) (Service, error) {
	names := make([]string, 0, len(c.Services))
	for _, s := range c.Services {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Service{}, fmt.Errorf("there is no service %q in the configuration, which has: %s", name, strings.Join(names, ", "))
}

// Chosen are the service of that name alone, or all services when the name is empty. A name that no service has is an
// error that lists those there are.
func (c Config) Chosen(name string) ([]Service, error) {
	if name == "" {
		return c.Services, nil
	}
	one, err := c.Find(name)
	if err != nil {
		return nil, err
	}
	return []Service{one}, nil
}

func tree(document []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	var t any
	if err := d.Decode(&t); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("something follows the object")
	}
	return t, nil
}
