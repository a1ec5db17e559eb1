package elb

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestFunctionsReachListenersByNameThroughTheProxy(t *testing.T) {
	s := newStage(t)
	g := s.group("web")
	s.listener(8080, to(g, 1))
	s.serve("10.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Method+" "+r.RequestURI+" "+r.Header.Get("X-Forwarded-Port")+" "+r.Host)
	})
	s.register(g, "10.0.0.1")
	front := httptest.NewServer(s.elb.Proxy())
	defer front.Close()
	at, _ := url.Parse(front.URL)
	tr := &http.Transport{Proxy: http.ProxyURL(at)}
	defer tr.CloseIdleConnections()
	c := &http.Client{Transport: tr}
	dns := "web-" + s.lb[strings.LastIndexByte(s.lb, '/')+1:] + ".elb.localhost"

	if code, body := get(t, c, "http://"+dns+":8080/a/b?c=d"); code != 200 || body != "GET /a/b?c=d 8080 "+dns+":8080" {
		t.Errorf("by name: %d %s", code, body)
	}
	if code, body := get(t, c, "http://"+strings.ToUpper(dns)+":8080"); code != 200 || !strings.HasPrefix(body, "GET / 8080") {
		t.Errorf("in capitals, without a path: %d %s", code, body)
	}
	for _, u := range []string{"http://" + dns + "/", "http://example.com/", "http://" + dns + ":9/"} {
		if code, body := get(t, c, u); code != 403 || !strings.Contains(body, "no listener of the sandbox") {
			t.Errorf("%s: %d %s", u, code, body)
		}
	}
	if _, err := c.Get("https://" + dns + ":8080/"); err == nil {
		t.Error("a tunnel was opened")
	}
	if code, body := get(t, http.DefaultClient, front.URL); code != 400 || !strings.Contains(body, "proxy") {
		t.Errorf("not as a proxy: %d %s", code, body)
	}
	http.DefaultClient.CloseIdleConnections()
}
