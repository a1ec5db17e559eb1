package config

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

const everything = `{
	"serverName": "shop.example", "keepCookies": true, "settle": "1s", "timeout": "10m",
	"compare": {"routes": ["plain"], "samples": 100, "warmUp": 0, "rate": 20, "slower": {"percent": 2.5, "by": "3ms"}, "errors": 0.05, "level": 0.05,
	 "body": "same", "ignore": ["items[].price"], "inconclusive": "pass", "observe": true},
	"checks": [
		{"name": "log in", "method": "POST", "path": "/session?lang=en", "query": {"a": "b"}, "headers": {"Accept": "*/*"},
		 "cookies": {"consent": "yes"}, "form": {"user": "ann"}, "redirects": 3, "http": "1.1",
		 "capture": {"token": {"jmespath": "token"}, "etag": {"header": "ETag"}, "id": {"matches": "id=(\\d+)"}},
		 "expect": {"status": ["2xx", 304], "headers": {"X-A": "b"}, "headersMatch": {"Content-Type": "^text/"}, "contains": "hi",
		  "matches": "a+", "json": {"a": 1}, "jsonSubset": {"a": {"b": [1, null]}}, "minBytes": 1, "maxBytes": 1000, "latency": "1s"},
		 "within": "10s", "failures": 2, "successes": 3, "every": "500ms", "timeout": "1m"},
		{"path": "/items/${id}", "headers": {"Authorization": "Bearer ${token}", "Price": "$${id}"}, "json": {"tag": "${etag}"}, "method": "PUT", "expect": {"status": 204}},
		{"path": "/", "base64": "AAEC", "expect": {"status": "5xx"}},
		{"name": "plain"}
	],
	"load": {"checks": ["log in"], "requests": [{"path": "/items/${id}", "body": "a", "method": "PUT"}], "rate": 20, "duration": "50s", "ramp": "5s", "warmUp": "0s",
		"connections": 10, "limits": {"errors": 0.01, "p50": "50ms", "p95": "100ms", "p99": "200ms", "max": "1s"}}
}`

func TestEveryKeyOfASuiteIsTakenAndSurvivesTheFunctionsEnvironment(t *testing.T) {
	c, err := Parse([]byte(`{"services": [{"name": "shop", "verify": `+everything+`}]}`), ranges)
	if err != nil {
		t.Fatal(err)
	}
	d := Deployed{Service: c.Services[0], Stage: appspec.AfterAllowTestTraffic, Cluster: "c", Base: "b", Subnets: []string{"s"}, SecurityGroups: []string{"g"}}
	env, err := d.Environment()
	if err != nil {
		t.Fatal(err)
	}
	got, err := FromEnvironment(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, got); diff != "" {
		t.Error(diff)
	}
	if e := got.Service.Verify.Checks[0].Expect; !e.Status.Has(204) || !e.Status.Has(304) || e.Status.Has(302) || e.Status.Has(500) {
		t.Errorf("the codes are %v", e.Status)
	}
}

func TestACodeIsWrittenAsItWasBefore(t *testing.T) {
	for in, want := range map[string]string{`200`: `200`, `"2xx"`: `"2xx"`, `[200, "3xx"]`: `["200","3xx"]`, `["404"]`: `404`} {
		var c Codes
		if err := json.Unmarshal([]byte(in), &c); err != nil {
			t.Fatal(err)
		}
		if out, err := json.Marshal(c); err != nil || string(out) != want {
			t.Errorf("%s becomes %s, %v", in, out, err)
		}
	}
}

func TestImpossibleSuitesAreRefusedInASentence(t *testing.T) {
	check := func(keys string) string { return `{"checks": [{` + keys + `}]}` }
	for name, c := range map[string]struct{ suite, want string }{
		"a class":               {check(`"expect": {"status": "6xx"}`), "checks[0].expect.status: 6xx is not a status code"},
		"one of the codes":      {check(`"expect": {"status": ["2xx", 20]}`), "checks[0].expect.status[1]: 20 is not a status code"},
		"codes of no kind":      {check(`"expect": {"status": {"is": 2}}`), "must be a status code"},
		"a fraction":            {check(`"expect": {"status": 200.5}`), "200.5 is not a status code"},
		"expression":            {check(`"expect": {"matches": "a("}`), `checks[0].expect.matches: "a(" is not a regular expression`},
		"header expression":     {check(`"expect": {"headersMatch": {"A": "["}}`), "expect.headersMatch.A"},
		"capture expression":    {check(`"capture": {"a": {"matches": "("}}`), "capture.a.matches"},
		"capture path":          {check(`"capture": {"a": {"jmespath": "["}}`), "capture.a.jmespath"},
		"capture of nothing":    {check(`"capture": {"a": {}}`), "one of jmespath, header and matches"},
		"capture of both":       {check(`"capture": {"a": {"header": "A", "matches": "b"}}`), "one of jmespath, header and matches"},
		"capture's name":        {check(`"capture": {"a b": {"header": "A"}}`), "is not a name"},
		"unknown name":          {check(`"path": "/${id}"`), "checks[0].path: ${id} is captured by no check before this one"},
		"its own name":          {check(`"body": "${id}", "capture": {"id": {"header": "A"}}`), "checks[0].body: ${id} is captured by no check"},
		"name in JSON":          {check(`"json": {"a": ["${x}"]}`), "checks[0].json.a[0]: ${x}"},
		"name in expectation":   {check(`"expect": {"jsonSubset": {"a": "${x}"}}`), "expect.jsonSubset.a: ${x}"},
		"two bodies":            {check(`"body": "a", "form": {"b": "c"}`), "has more than one body"},
		"base64":                {check(`"base64": "*"`), "is not base64"},
		"redirects":             {check(`"redirects": 11`), "11 must be 0 to 10"},
		"end of redirects":      {check(`"redirects": 1, "expect": {"status": "3xx"}`), "cannot be the end of redirects"},
		"HTTP":                  {check(`"http": "3"`), "one of [1.1 2]"},
		"header with a line":    {check(`"headers": {"A": "b\r\nC: d"}`), "has a line break"},
		"cookie":                {check(`"cookies": {"a": "b;c"}`), "is not a cookie"},
		"sizes":                 {check(`"expect": {"minBytes": 2, "maxBytes": 1}`), "2 is more than maxBytes, 1"},
		"size":                  {check(`"expect": {"maxBytes": 2000000000}`), "must be 0 to 1073741824"},
		"body of HEAD":          {check(`"method": "HEAD", "expect": {"contains": "a"}`), "which an answer to HEAD has not"},
		"pauses without tries":  {check(`"every": "1s"`), "of which there is one"},
		"window and timeout":    {check(`"within": "1m", "timeout": "30s"`), "longer than the check's timeout"},
		"latency and timeout":   {check(`"timeout": "1s", "expect": {"latency": "2s"}`), "longer than the check's timeout of 1s"},
		"timeout":               {check(`"timeout": "6m"`), "6m0s is longer than the suite's 5m0s"},
		"successes":             {check(`"successes": 1000, "every": "1s"`), "longer than the verify function may run"},
		"failures":              {check(`"failures": -1`), "-1 must be 0 to 1000"},
		"too many checks":       {`{"checks": [` + strings.Repeat(`{},`, 100) + `{}]}`, "are 101; at most 100"},
		"server name":           {`{"serverName": "https://shop.example"}`, "a host's name without scheme"},
		"file beside its suite": {`{"file": "a.json", "keepCookies": true}`, "holds the whole suite"},
		"load without a rate":   {`{"load": {}}`, "verify.load.rate: 0 must be 1 to 1000"},
		"load of a fraction":    {`{"load": {"rate": 1.5}}`, "verify.load.rate: must be a whole number"},
		"load too long":         {`{"load": {"rate": 1, "duration": "5m"}}`, "verify.load: takes 5m15s with ramp, warm-up and settling, and the suite has 5m0s for all"},
		"load with no function": {`{"timeout": "15m", "load": {"rate": 1, "duration": "14m30s"}}`, "verify.timeout: 15m0s is longer than the verify function may run"},
		"load too short":        {`{"load": {"rate": 1, "duration": "10ms"}}`, "verify.load.duration: 10ms is too short"},
		"too few for a p99":     {`{"load": {"rate": 10, "limits": {"p99": "1s"}}}`, "load.limits.p99: needs 1000 requests to mean something, and the load makes 300"},
		"limits that turn":      {`{"load": {"rate": 100, "limits": {"p50": "2s", "p95": "1s"}}}`, "load.limits.p95: 1s is less than p50, 2s"},
		"share of errors":       {`{"load": {"rate": 1, "limits": {"errors": 5}}}`, "load.limits.errors: 5 must be a share from 0 to 1"},
		"share in words":        {`{"load": {"rate": 1, "limits": {"errors": "1%"}}}`, `load.limits.errors: must be a number, not the text "1%"`},
		"connections":           {`{"load": {"rate": 1, "connections": 201}}`, "load.connections: 201 must be 1 to 200"},
		"load of no check":      {`{"load": {"rate": 1, "checks": ["a"]}}`, `load.checks[0]: no check has the name "a"`},
		"load of two checks":    {`{"checks": [{"name": "a"}, {"name": "a"}], "load": {"rate": 1, "checks": ["a"]}}`, `load.checks[0]: 2 checks have the name "a"`},
		"load of nothing":       {`{"checks": [{"method": "POST"}], "load": {"rate": 1}}`, "load: has nothing to ask"},
		"load with tries":       {`{"load": {"rate": 1, "requests": [{"within": "1s"}]}}`, "load.requests[0]: is made once each time"},
		"load of unknown names": {`{"load": {"rate": 1, "requests": [{"path": "/${id}"}]}}`, "load.requests[0].path: ${id} is captured by no check"},
		"load of a bad request": {`{"load": {"rate": 1, "requests": [{"path": "a", "expect": {"matches": "("}}]}}`, "load.requests[0].expect.matches"},
		"unknown key":           {check(`"expect": {"jsonpath": 1}`), "checks[0].expect.jsonpath: is not a key here"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(`{"services": [{"name": "shop", "verify": `+c.suite+`}]}`), ranges)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "services[0].verify") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestNamesAreExpanded(t *testing.T) {
	for text, want := range map[string]string{
		"plain": "plain", "${a}": "<a>", "x${a}y${b_1}z": "x<a>y<b_1>z", "$${a}": "${a}", "${": "${", "${a": "${a",
		"${1a}": "${1a}", "${}": "${}", "${a b}${c}": "${a b}<c>", "$a": "$a", "${${a}": "${<a>",
	} {
		if got := Expand(text, func(name string) string { return "<" + name + ">" }); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// directory writes files and returns the configuration's path.
func directory(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cdk.json")
}

func cdk(verify string) string {
	return fmt.Sprintf(`{"context": {"cutover": {"services": [{"name": "shop", "verify": %s}]}}}`, verify)
}

func TestFilesBesideTheConfigurationAreRead(t *testing.T) {
	path := directory(t, map[string]string{
		"cdk.json":   cdk(`{"file": "suite.json"}`),
		"suite.json": `{"checks": [{"file": "order.json"}, {"file": "picture"}, {"file": "text", "headers": {"content-type": "text/plain"}}]}`,
		"order.json": `{"a": 1}`, "picture": "\x89PNG\xff", "text": "hello",
	})
	c, err := Load(path, ranges)
	if err != nil {
		t.Fatal(err)
	}
	latency := Expect{Latency: Duration(5 * time.Second)}
	want := []Check{
		{Name: "GET /", Method: "GET", Path: "/", Body: `{"a": 1}`, Headers: map[string]string{"Content-Type": "application/json"}, Expect: latency},
		{Name: "GET /", Method: "GET", Path: "/", Base64: base64.StdEncoding.EncodeToString([]byte("\x89PNG\xff")), Expect: latency},
		{Name: "GET /", Method: "GET", Path: "/", Body: "hello", Headers: map[string]string{"content-type": "text/plain"}, Expect: latency},
	}
	if diff := cmp.Diff(want, c.Services[0].Verify.Checks); diff != "" {
		t.Error(diff)
	}
}

func TestFilesThatCannotBeReadAreFindings(t *testing.T) {
	for name, c := range map[string]struct{ suite, want string }{
		"no suite":         {`{"file": "none.json"}`, `services[0].verify.file: "none.json" cannot be read`},
		"no body":          {`{"checks": [{}, {"file": "none"}]}`, `services[0].verify.checks[1].file: "none" cannot be read`},
		"out of there":     {`{"checks": [{"file": "../../etc/passwd"}]}`, "must lie in the configuration's directory"},
		"absolute":         {`{"checks": [{"file": "/etc/passwd"}]}`, "must lie in the configuration's directory"},
		"a directory":      {`{"checks": [{"file": "."}]}`, "cannot be read"},
		"too large":        {`{"checks": [{"file": "large"}]}`, "more than 65536 bytes"},
		"no JSON":          {`{"file": "large"}`, "is not JSON"},
		"a file again":     {`{"file": "again.json"}`, "names a file again"},
		"more beside":      {`{"file": "again.json", "timeout": "1m"}`, "write the other keys there"},
		"mistakes of both": {`{"file": "wrong.json"}`, "services[0].verify.checks[0].pth: is not a key here"},
	} {
		t.Run(name, func(t *testing.T) {
			path := directory(t, map[string]string{
				"cdk.json": cdk(c.suite), "large": strings.Repeat("x", MostSent+1), "again.json": `{"file": "suite.json"}`, "wrong.json": `{"checks": [{"pth": 1}]}`,
			})
			if _, err := Load(path, ranges); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestASuiteWhoseFilesWereNotReadReachesNoFunction(t *testing.T) {
	for _, verify := range []string{`{"file": "suite.json"}`, `{"checks": [{"file": "body"}]}`} {
		c, err := FromCDK([]byte(cdk(verify)), ranges)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (Deployed{Service: c.Services[0], Stage: appspec.AfterAllowTestTraffic}).Environment(); err == nil || !strings.Contains(err.Error(), "was not read") {
			t.Errorf("got %v", err)
		}
	}
}

func TestImpossibleComparisonsAreRefusedInASentence(t *testing.T) {
	compare := func(keys string) string {
		return `{"checks": [{"name": "home"}, {"name": "order", "method": "POST"}], "compare": {` + keys + `}}`
	}
	const captured = `{"checks": [{"name": "in", "capture": {"id": {"header": "A"}}}, {"name": "out", "path": "/${id}"}], "compare": {"routes": ["out"]}}`
	for name, c := range map[string]struct{ suite, want string }{
		"too few samples":     {compare(`"samples": 49`), "compare.samples: 49 must be 50 to 5000"},
		"no share":            {compare(`"errors": 1.5`), "compare.errors: 1.5 must be 0.001 to 1"},
		"level":               {compare(`"level": 0.5`), "compare.level: 0.5 must be 0.0001 to 0.2"},
		"percent":             {compare(`"slower": {"percent": 0.5}`), "compare.slower.percent: 0.5 must be 1 to 1000"},
		"by":                  {compare(`"slower": {"by": "10us"}`), "compare.slower.by: 10µs must be 1ms to 1m"},
		"text for a number":   {compare(`"level": "low"`), `compare.level: must be a number, not the text "low"`},
		"body":                {compare(`"body": "exact"`), "compare.body"},
		"inconclusive":        {compare(`"inconclusive": "retry"`), "compare.inconclusive"},
		"place":               {compare(`"ignore": ["a..b"]`), `compare.ignore[0]: "a..b" is not a place in JSON`},
		"place in no body":    {compare(`"body": "ignore", "ignore": ["a"]`), "has no meaning beside"},
		"unknown route":       {compare(`"routes": ["hmoe"]`), `compare.routes[0]: no check has the name "hmoe"; there are: "home", "order"`},
		"a route that writes": {compare(`"routes": ["order"]`), `compare.routes[0]: the check "order" is a POST, which may change what production has`},
		"a captured value":    {captured, `compare.routes[0]: the check "out" uses captured values`},
		"a body":              {`{"checks": [{"name": "a", "body": "x"}], "compare": {"routes": ["a"]}}`, `the check "a" has a body`},
		"nothing to compare":  {`{"checks": [{"method": "POST"}], "compare": {}}`, "compare: no check can be compared"},
		"no time":             {compare(`"samples": 5000, "rate": 10`), "takes at least 16m44s (routes 1, samples 5000 and the warm-up, on two listeners, 10 requests a second), and of the suite's 5m0s it has what 10s to settle leave"},
		"too few to exclude":  {compare(`"samples": 100`), "compare.samples: 100 cannot exclude a rise of errors by 0.02 even when nobody errs, so nothing could ever pass; take 133"},
		"no time for both":    {`{"timeout": "1m", "settle": "1s", "load": {"rate": 10, "duration": "45s"}, "compare": {}}`, "it has what 51s to settle and for the load leave"},
		"no time to settle":   {`{"settle": "4m50s", "compare": {}}`, "takes at least 13s"},
		"beside a file":       {`{"file": "a.json", "compare": {}}`, "holds the whole suite"},
		"unknown key":         {compare(`"sampels": 100`), "compare.sampels: is not a key here"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(`{"services": [{"name": "shop", "verify": `+c.suite+`}]}`), ranges)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "services[0].verify") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestAMistakeElsewhereMakesNoneOfAComparison(t *testing.T) {
	_, err := Parse([]byte(`{"services": [{"name": "shop", "verify": {"compare": {"routes": ["GET /"]}, "setle": "1s"}}]}`), ranges)
	if err == nil || strings.Contains(err.Error(), "compare.") {
		t.Errorf("got %v", err)
	}
}

func TestRoutesAreTheSafeChecksUnlessNamed(t *testing.T) {
	suite := func(keys string) Suite {
		c, err := Parse([]byte(`{"services": [{"name": "shop", "verify": {"compare": {`+keys+`}, "checks": [
			{"name": "home"}, {"name": "home"}, {"name": "head", "method": "HEAD", "path": "/$${x}"}, {"name": "in", "capture": {"id": {"header": "A"}}},
			{"name": "out", "headers": {"X": "${id}"}}, {"name": "order", "method": "POST"}, {"name": "body", "form": {"a": "b"}}]}}]}`), ranges)
		if err != nil {
			t.Fatal(err)
		}
		return c.Services[0].Verify
	}
	for keys, want := range map[string]string{``: "home head in", `"routes": ["in", "home"]`: "home in"} {
		s, names := suite(keys), []string{}
		for _, c := range s.Compared(*s.Compare) {
			names = append(names, c.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("{%s} compares %q, want %q", keys, got, want)
		}
	}
}

func TestAComparisonNeedsBothSidesBesideEachOther(t *testing.T) {
	staged := func(event string) (Service, error) {
		c, err := Parse([]byte(`{"services": [{"name": "shop", "stages": {"`+event+`": {"compare": {}}}}]}`), ranges)
		if err != nil {
			return Service{}, err
		}
		return c.Services[0], nil
	}
	if s, err := staged("BeforeAllowTraffic"); err != nil || !s.AsksProduction() {
		t.Errorf("before traffic moves: %v", err)
	}
	for _, event := range []string{"BeforeInstall", "AfterInstall", "AfterAllowTraffic"} {
		if _, err := staged(event); err == nil || !strings.Contains(err.Error(), "services[0].stages."+event+".compare: compares nothing: green and blue stand side by side") {
			t.Errorf("%s: %v", event, err)
		}
	}
}
