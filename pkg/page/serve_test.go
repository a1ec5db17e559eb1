package page

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// served is the page of a service that stands as told; orders counts what was done.
func served(t *testing.T, change func(*Source)) (p *Page, orders *atomic.Int64) {
	t.Helper()
	orders = new(atomic.Int64)
	source := Source{
		Read: func(context.Context) (Seen, error) { return Seen{Status: live.Status{Service: "Shop", At: noon}}, nil },
		Do: func(_ context.Context, o Order) (Done, error) {
			orders.Add(1)
			if !o.Confirmed {
				return Done{Plan: []string{"production goes back"}}, nil
			}
			return Done{}, errors.New("it is too late")
		},
		Actions: []string{"stop"},
	}
	if change != nil {
		change(&source)
	}
	p, err := Serve(t.Context(), "127.0.0.1:0", map[string]Source{"shop": source})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p, orders
}

// asks sends a request as told and answers its status and body.
func asks(t *testing.T, method, url, body string, headers map[string]string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	if host := headers["Host"]; host != "" {
		r.Host = host
	}
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestOnlyWhoHasTheTokenAndCameHereByItsAddressIsLetIn(t *testing.T) {
	p, _ := served(t, nil)
	root := p.URL()[:strings.Index(p.URL()[7:], "/")+7]
	port := root[strings.LastIndex(root, ":"):]
	for name, c := range map[string]struct {
		url     string
		headers map[string]string
		want    int
	}{
		"the address":                 {p.URL(), nil, 200},
		"the address by localhost":    {p.URL(), map[string]string{"Host": "localhost" + port}, 200},
		"a person opens it":           {p.URL(), map[string]string{"Sec-Fetch-Site": "none"}, 200},
		"no token":                    {root + "/", nil, 401},
		"no token but a service":      {root + "/s/shop/events", nil, 401},
		"another token":               {root + "/AAAAAAAAAAAAAAAAAAAAAAAAAA/", nil, 401},
		"a part of the token":         {p.URL()[:len(p.URL())-3] + "/", nil, 401},
		"a name that was bound to us": {p.URL(), map[string]string{"Host": "evil.example" + port}, 403},
		"a name without its port":     {p.URL(), map[string]string{"Host": "localhost"}, 403},
		"another port":                {p.URL(), map[string]string{"Host": "127.0.0.1:1"}, 403},
		"a frame of another site":     {p.URL(), map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"another site's script":       {p.URL() + "s/shop/services", map[string]string{"Origin": "http://evil.example"}, 403},
		"a service that is none":      {p.URL() + "s/other/", nil, 404},
		"a file beside the page's":    {p.URL() + "site/../page.go", nil, 401},
	} {
		if got, body := asks(t, http.MethodGet, c.url, "", c.headers); got != c.want {
			t.Errorf("%s: %d, not %d: %.100s", name, got, c.want, body)
		}
	}
}

func TestAnOrderComesFromThePageItself(t *testing.T) {
	p, orders := served(t, nil)
	root := p.URL()[:strings.Index(p.URL()[7:], "/")+7]
	stop := p.URL() + "s/shop/do/stop"
	own := map[string]string{"Origin": root, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
	with := func(name, value string) map[string]string {
		h := map[string]string{}
		for k, v := range own {
			h[k] = v
		}
		if h[name] = value; value == "" {
			delete(h, name)
		}
		return h
	}
	for name, c := range map[string]struct {
		url, body string
		headers   map[string]string
		want      int
	}{
		"without an origin":       {stop, `{}`, with("Origin", ""), 403},
		"of another site":         {stop, `{}`, with("Origin", "http://evil.example"), 403},
		"of another port":         {stop, `{}`, with("Origin", "http://127.0.0.1:1"), 403},
		"of a hidden origin":      {stop, `{}`, with("Origin", "null"), 403},
		"fetched across sites":    {stop, `{}`, with("Sec-Fetch-Site", "same-site"), 403},
		"typed as an address":     {stop, `{}`, with("Sec-Fetch-Site", "none"), 403},
		"without the token":       {root + "/s/shop/do/stop", `{}`, own, 401},
		"as a form":               {stop, `{}`, with("Content-Type", "text/plain"), 415},
		"that is no JSON":         {stop, `confirmed=true`, own, 400},
		"with a key too many":     {stop, `{"confirmed": true, "force": true}`, own, 400},
		"that is too long":        {stop, `{"wait": "` + strings.Repeat("a", 5000) + `"}`, own, 400},
		"that the page has not":   {p.URL() + "s/shop/do/destroy", `{}`, own, 404},
		"to a service that is no": {p.URL() + "s/other/do/stop", `{}`, own, 404},
	} {
		if got, body := asks(t, http.MethodPost, c.url, c.body, c.headers); got != c.want {
			t.Errorf("%s: %d, not %d: %.100s", name, got, c.want, body)
		}
	}
	if n := orders.Load(); n != 0 {
		t.Fatalf("%d orders went through", n)
	}
	if code, body := asks(t, http.MethodPost, stop, `{}`, own); code != 200 || !strings.Contains(body, `"plan":["production goes back"]`) {
		t.Errorf("%d %s", code, body)
	}
	if code, body := asks(t, http.MethodPost, stop, `{"confirmed": true}`, own); code != 409 || !strings.Contains(body, "it is too late") {
		t.Errorf("%d %s", code, body)
	}
}

func TestAPageThatOnlyShowsTakesNoOrder(t *testing.T) {
	p, _ := served(t, func(s *Source) { s.Do = nil })
	root := p.URL()[:strings.Index(p.URL()[7:], "/")+7]
	code, _ := asks(t, http.MethodPost, p.URL()+"s/shop/do/stop", `{"confirmed": true}`, map[string]string{"Origin": root, "Content-Type": "application/json"})
	if code != http.StatusMethodNotAllowed {
		t.Errorf("it answers %d", code)
	}
	if state := stateOf(t, p); !strings.Contains(state, `"actions":[]`) {
		t.Errorf("it offers something: %s", state)
	}
}

// stateOf reads the first state from the stream.
func stateOf(t *testing.T, p *Page) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL()+"s/shop/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if lines.Text() == "event: state" && lines.Scan() {
			return lines.Text()
		}
	}
	t.Fatalf("the stream ended without a state: %v", lines.Err())
	return ""
}

func TestNothingIsReadWhileNobodyLooks(t *testing.T) {
	reads := make(chan struct{}, 100)
	p, _ := served(t, func(s *Source) {
		read := s.Read
		s.Read = func(ctx context.Context) (Seen, error) { reads <- struct{}{}; return read(ctx) }
	})
	asks(t, http.MethodGet, p.URL(), "", nil)
	if len(reads) != 0 {
		t.Error("the service was read before a stream was opened")
	}
	stateOf(t, p)
	if len(reads) == 0 {
		t.Error("a stream was served and nothing read")
	}
}

func TestTheStreamTellsThatNothingCanBeRead(t *testing.T) {
	p, _ := served(t, func(s *Source) {
		s.Read = func(context.Context) (Seen, error) { return Seen{}, errors.New("the token has expired") }
	})
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(p.URL() + "s/shop/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if lines.Text() == `data: "the token has expired"` {
			return
		}
	}
	t.Error("it was not told")
}

func TestThePageIsServedOnThisMachineAlone(t *testing.T) {
	if p, err := Serve(t.Context(), "0.0.0.0:0", map[string]Source{"shop": {}}); err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("%v %v", p, err)
	}
}

func TestThePagesFilesHoldNothingThatItsPolicyForbids(t *testing.T) {
	files, err := site.ReadDir("site")
	if err != nil {
		t.Fatal(err)
	}
	forbidden := regexp.MustCompile(`https?://|\son[a-z]+=|\sstyle=|javascript:|innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|@import|url\(`)
	for _, f := range files {
		text, err := site.ReadFile("site/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		plain := strings.ReplaceAll(string(text), "http://www.w3.org/2000/svg", "")
		if found := forbidden.FindString(plain); found != "" {
			t.Errorf("%s has %q", f.Name(), found)
		}
	}
}
