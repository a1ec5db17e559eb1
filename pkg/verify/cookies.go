package verify

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// What browsers keep of one host's cookies, about: more is told as a problem, so that the jar stays small.
const (
	mostCookies = 180
	mostCookie  = 4096
)

// jar keeps the cookies of one host through a suite. A cookie's domain is not looked at: the load balancer's name
// stands for the service's own.
type jar struct {
	cookies map[crumb]*http.Cookie
}

type crumb struct{ name, path string }

func newJar() *jar { return &jar{cookies: map[crumb]*http.Cookie{}} }

// take keeps what an answer sets, and removes what it lets expire.
func (j *jar) take(set []*http.Cookie, now time.Time) error {
	if len(set) > mostCookies {
		return fmt.Errorf("it sets %d cookies; browsers keep at most about %d of a host", len(set), mostCookies)
	}
	for _, c := range set {
		if !strings.HasPrefix(c.Path, "/") {
			c.Path = "/"
		}
		at := crumb{c.Name, c.Path}
		if c.MaxAge < 0 || c.MaxAge == 0 && !c.Expires.IsZero() && c.Expires.Before(now) {
			delete(j.cookies, at)
			continue
		}
		if size := len(c.Name) + len(c.Value); size > mostCookie {
			return fmt.Errorf("it sets a cookie of %d bytes; browsers keep at most %d", size, mostCookie)
		}
		if _, again := j.cookies[at]; !again && len(j.cookies) == mostCookies {
			return fmt.Errorf("it sets more than %d cookies by and by, which is about what browsers keep of a host", mostCookies)
		}
		j.cookies[at] = c
	}
	return nil
}

// give adds the cookies for a URL to all; of two with one name the longer path wins.
func (j *jar) give(u *url.URL, all map[string]string) {
	path := u.Path
	if path == "" {
		path = "/"
	}
	longest := map[string]int{}
	for at, c := range j.cookies {
		under := path == at.path || strings.HasPrefix(path, strings.TrimSuffix(at.path, "/")+"/")
		if !under || c.Secure && u.Scheme != "https" || len(at.path) < longest[at.name] {
			continue
		}
		longest[at.name] = len(at.path)
		all[at.name] = c.Value
	}
}
