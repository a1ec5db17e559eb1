package config

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"
)

// mostSuite is the largest suite file that is read. What a function's environment holds is far less.
const mostSuite = 1 << 20

// Load reads the configuration file (a whole cdk.json) and the files that it names, which lie in its directory or
// below: what leads out of there is refused. What it returns names no file any more.
func Load(path string, ranges Ranges) (Config, error) {
	document, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return Config{}, fmt.Errorf("the configuration's directory cannot be read: %w", err)
	}
	defer root.Close()
	ours, err := fromCDK(document)
	if err != nil {
		return Config{}, err
	}
	return parse(ours, root.FS(), ranges)
}

// suites puts the suites that stand in files of their own into the tree.
func suites(root any, files fs.FS, f *Findings) {
	object, _ := root.(map[string]any)
	services, _ := object["services"].([]any)
	for i, service := range services {
		s, _ := service.(map[string]any)
		suiteFile(s, "verify", fmt.Sprintf("services[%d].verify", i), files, f)
		stages, _ := s["stages"].(map[string]any)
		for _, e := range slices.Sorted(maps.Keys(stages)) {
			suiteFile(stages, e, fmt.Sprintf("services[%d].stages.%s", i, e), files, f)
		}
	}
}

// suiteFile puts the suite that key names the file of into its place.
func suiteFile(in map[string]any, key, at string, files fs.FS, f *Findings) {
	v, _ := in[key].(map[string]any)
	name, ok := v["file"].(string)
	if !ok || name == "" {
		return
	}
	if len(v) > 1 {
		f.add(at+".file", "%q holds the whole suite; write the other keys there", name)
		return
	}
	content, err := readFile(files, name, mostSuite)
	if err != nil {
		f.add(at+".file", "%v", err)
		return
	}
	suite, err := tree(content)
	if err != nil {
		f.add(at+".file", "%q is not JSON: %v", name, err)
		return
	}
	if o, ok := suite.(map[string]any); ok && o["file"] != nil {
		f.add(at+".file", "%q names a file again; it must hold the suite itself", name)
		return
	}
	in[key] = suite
}

// bodies reads the requests' bodies that stand in files.
func (c *Config) bodies(files fs.FS, f *Findings) {
	for i := range c.Services {
		c.Services[i].suites(func(path string, suite *Suite) {
			for at, check := range suite.requests() {
				if check.File == "" {
					continue
				}
				if err := check.load(files); err != nil {
					f.add(fmt.Sprintf("services[%d].%s.%s.file", i, path, at), "%v", err)
				}
			}
		})
	}
}

// requests are all that a suite declares, with their paths in it.
func (s *Suite) requests() iter.Seq2[string, *Check] {
	return func(yield func(string, *Check) bool) {
		for i := range s.Checks {
			if !yield(fmt.Sprintf("checks[%d]", i), &s.Checks[i]) {
				return
			}
		}
		if s.Load == nil {
			return
		}
		for i := range s.Load.Requests {
			if !yield(fmt.Sprintf("load.requests[%d]", i), &s.Load.Requests[i]) {
				return
			}
		}
	}
}

func (c *Check) load(files fs.FS) error {
	content, err := readFile(files, c.File, MostSent)
	if err != nil {
		return err
	}
	if json.Valid(content) && filepath.Ext(c.File) == ".json" && c.header("Content-Type") == "" {
		if c.Headers == nil {
			c.Headers = map[string]string{}
		}
		c.Headers["Content-Type"] = "application/json"
	}
	if utf8.Valid(content) {
		c.Body = string(content)
	} else {
		c.Base64 = base64.StdEncoding.EncodeToString(content)
	}
	c.File = ""
	return nil
}

func readFile(files fs.FS, name string, most int64) ([]byte, error) {
	file, err := files.Open(filepath.ToSlash(filepath.Clean(name)))
	if err != nil {
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return nil, fmt.Errorf("%q cannot be read: %w; it must lie in the configuration's directory", name, err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, fmt.Errorf("%q cannot be read: %w", name, err)
	}
	if int64(len(content)) > most {
		return nil, fmt.Errorf("%q has more than %d bytes, which is too much: the suite travels in the function's environment", name, most)
	}
	return content, nil
}

// unread names what Load would have read: without it, a suite cannot be run.
func (s Suite) unread() error {
	if s.File != "" {
		return fmt.Errorf("the suite in %q was not read", s.File)
	}
	for _, c := range s.requests() {
		if c.File != "" {
			return fmt.Errorf("the body in %q was not read", c.File)
		}
	}
	return nil
}
