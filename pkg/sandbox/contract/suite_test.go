package contract_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/contract"
)

func TestTheRehearsalCallsEveryOperation(t *testing.T) {
	called := map[string]bool{}
	for _, s := range rehearsal {
		called[s.call] = true
	}
	for service, actions := range registered(t) {
		for _, action := range actions {
			if !called[service+":"+action] {
				t.Errorf("the rehearsal does not call %s:%s", service, action)
			}
		}
	}
}

// run is a rehearsal under way.
type run struct {
	client
	vars map[string]string
}

func newRun(t *testing.T) *run {
	arch := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	return &run{
		client: client{t: t, box: start(t, build(t)), all: contract.New()},
		vars:   map[string]string{"arch": arch, "now": strconv.FormatInt(time.Now().UnixMilli(), 10)},
	}
}

// input of a step, with what was kept.
func (r *run) input(s step) map[string]any {
	r.t.Helper()
	text := s.in
	for _, name := range slices.Backward(slices.SortedFunc(maps.Keys(r.vars), func(a, b string) int { return len(a) - len(b) })) {
		text = strings.ReplaceAll(text, "$"+name, r.vars[name])
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var in map[string]any
	if err := d.Decode(&in); err != nil {
		r.t.Fatalf("%s: %v: %s", s.call, err, text)
	}
	return in
}

// do makes a step's call and keeps what it wants to keep.
func (r *run) do(s step, check bool) {
	r.t.Helper()
	service, action, _ := strings.Cut(s.call, ":")
	model, op := r.operation(service, action)
	if s.call == "ecr:PutImage" {
		r.upload("{}", "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
	}
	limit := time.After(2 * time.Minute)
	for {
		changed := r.box.Changed()
		a := r.call(service, action, r.input(s))
		if s.want != "" {
			if a.code != s.want {
				r.t.Errorf("%s: %s, not %s", s.call, a, s.want)
			}
			return
		}
		if a.status >= 300 {
			r.t.Fatalf("%s: %s", s.call, a)
		}
		tree, wrong := output(model, op, action, a)
		for _, w := range wrong {
			if check {
				r.t.Errorf("%s: %s", s.call, w)
			}
		}
		for _, k := range strings.Fields(s.keep) {
			name, path, _ := strings.Cut(k, "=")
			r.vars[name], _ = at(tree, path).(string)
		}
		path, value, _ := strings.Cut(s.wait, "=")
		if got := at(tree, path); s.wait == "" || got != nil && (value == "" || got == value) {
			return
		}
		select {
		case <-changed:
		case <-limit:
			r.t.Fatalf("%s: %s is not there after 20 s: %s\n%s", s.call, s.wait, a.body, r.call("ecs", "DescribeServices", map[string]any{"cluster": "rehearsal", "services": []any{"web"}}).body)
		}
	}
}

// upload pushes the configuration of an image, as a registry's client does before PutImage.
func (r *run) upload(blob, digest string) {
	r.t.Helper()
	login := http.Header{"Authorization": {"Basic " + r.vars["token"]}}
	a := r.send("ecr", "POST", "/v2/rehearsal/blobs/uploads/", login, nil)
	where, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		r.t.Fatal(err)
	}
	query := where.Query()
	query.Set("digest", digest)
	if a = r.send("ecr", "PUT", where.Path+"?"+query.Encode(), login, []byte(blob)); a.status != http.StatusCreated {
		r.t.Fatalf("upload: %d %s", a.status, a.body)
	}
}

// at is what stands at a path of a tree.
func at(tree any, path string) any {
	for _, p := range strings.Split(path, ".") {
		switch x := tree.(type) {
		case map[string]any:
			tree = x[p]
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i >= len(x) {
				return nil
			}
			tree = x[i]
		default:
			return nil
		}
	}
	return tree
}

func TestValidCallsAnswerWhatTheModelsSay(t *testing.T) {
	r := newRun(t)
	for _, s := range rehearsal {
		r.do(s, true)
	}
}
