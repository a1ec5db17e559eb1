package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// configured is an assembly whose functions are told another description of the service, as a synth of it would.
func configured(t *testing.T, assembly fs.FS, service config.Service) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(assembly, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(assembly, path)
		if err == nil && path == service.Name+".template.json" {
			content, err = redescribed(content, service)
		}
		files[path] = &fstest.MapFile{Data: content, Mode: 0o644}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// redescribed is a template whose functions are told of this service, each what its stage needs.
func redescribed(template []byte, service config.Service) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(template, &document); err != nil {
		return nil, err
	}
	told := 0
	for _, r := range document["Resources"].(map[string]any) {
		properties, _ := r.(map[string]any)["Properties"].(map[string]any)
		environment, _ := properties["Environment"].(map[string]any)
		variables, _ := environment["Variables"].(map[string]any)
		if _, ok := variables[config.EnvService]; !ok {
			continue
		}
		stage, _ := variables[config.EnvStage].(string)
		description, err := config.Deployed{Service: service, Stage: config.Event(stage)}.Environment()
		if err != nil {
			return nil, err
		}
		variables[config.EnvService] = description[config.EnvService]
		told++
	}
	if told == 0 {
		return nil, fmt.Errorf("no function of the template has %s", config.EnvService)
	}
	return json.Marshal(document)
}

// tenRoutes is a suite that compares ten routes; size says by how many samples of each, and within which limits.
func tenRoutes(t *testing.T, size string) config.Service {
	t.Helper()
	var checks []string
	for i := range 10 {
		checks = append(checks, fmt.Sprintf(`{"path": "/%d"}`, i))
	}
	c, err := config.Parse([]byte(`{"services": [{"name": "`+website+`", "image": {"tag": "v*"}, "verify": {"settle": "0s", "checks": [`+strings.Join(checks, ",")+`],
		"compare": {`+size+`, "warmUp": 5, "rate": 200}}}]}`), policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	return c.Services[0]
}

// delayed are ten routes that answer after 40 ms and some noise, but for one.
func delayed(odd string) string {
	var all []string
	for i := range 10 {
		delay := "40ms+4ms"
		if i == 7 {
			delay = odd
		}
		all = append(all, fmt.Sprintf("/%d=%s", i, delay))
	}
	return "SITE_DELAYS=" + strings.Join(all, ",")
}

// verdict pushes a version whose seventh route answers so, sees its release through to its end, and answers what the
// hook logged of it.
func (r *room) verdict(version, seventh string) string {
	r.t.Helper()
	digest := r.push(version, r.site(runtime.GOARCH, "SITE_VERSION="+version, delayed(seventh)), r.password())
	r.logged(`"verdict"`, digest)
	line := ""
	for _, one := range r.log.list() {
		if strings.Contains(one, `"verdict"`) && strings.Contains(one, digest) {
			line = one
		}
	}
	if strings.Contains(line, `"outcome":"Succeeded"`) {
		r.goesLive(version)
	} else {
		r.until(version+" is refused", rolledBack)
	}
	return line
}

// A version that answers one of ten routes 12 ms later, and is right otherwise, is refused; one as slow as the version
// that serves is not. The soak does it ten times, with three times the samples, of which fewer say nothing of small
// shares of errors. A machine too busy to measure on makes a comparison inconclusive, which a version may be a few times
// before the test fails; in the soak never, and a fail the equal one may never be.
func TestAVersionThatIsALittleSlowerOnOneRouteNeverGoesLive(t *testing.T) {
	rounds, again, size := 1, 5, `"samples": 50, "errors": 0.1`
	if soaking() {
		rounds, again, size = 10, 0, `"samples": 150`
	}
	service := tenRoutes(t, size)
	r := enter(t, 60, func(o *sandbox.Options) { o.Assembly = configured(t, o.Assembly, service) })
	n := 0
	next := func() string { n++; return fmt.Sprintf("v%d", n) }
	tells(t, r.verdict(next(), "40ms+4ms"), "not compared with blue: what serves, public.ecr.aws/docker/library/caddy:2-alpine")
	compared := func(seventh string) (line string) {
		for try := 0; ; try++ {
			if line = r.verdict(next(), seventh); !strings.Contains(line, "is inconclusive") || again == 0 {
				return line
			}
			if try == again {
				t.Fatalf("this machine is too busy to compare on: %s", line)
			}
		}
	}
	for range rounds {
		refused := compared("52ms+4ms")
		tells(t, refused, `"outcome":"Failed"`, "the comparison with blue failed: GET /7: green is slower: by 1")
		tells(t, compared("40ms+4ms"), `"outcome":"Succeeded"`, "green answers 10 of 10 routes as well as blue")
	}
}
