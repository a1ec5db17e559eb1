package elb

import (
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// table is a listener's rules, compiled: the first entry that matches answers, and the last one always matches.
type table struct {
	port    string // the listener's declared port
	entries []entry
}

type entry struct {
	match []matcher
	act   http.Handler
}

func (t *table) route(r *http.Request) http.Handler {
next:
	for _, e := range t.entries {
		for _, m := range e.match {
			if !m(r) {
				continue next
			}
		}
		return e.act
	}
	return nil
}

// compile turns a listener's rules and default action into a table. The caller holds s.mu.
func (s *Service) compile(l *listener) *table {
	t := &table{port: strconv.Itoa(l.port)}
	for _, r := range l.rules {
		t.entries = append(t.entries, entry{r.match, s.act(l, t, r.actions[0])})
	}
	t.entries = append(t.entries, entry{nil, s.act(l, t, l.actions[0])})
	return t
}

func (s *Service) act(l *listener, t *table, a types.Action) http.Handler {
	switch a.Type {
	case types.ActionTypeEnumFixedResponse:
		return fixed(*a.FixedResponseConfig)
	case types.ActionTypeEnumRedirect:
		return redirect(*a.RedirectConfig, l)
	}
	f := &forward{service: s, table: t, balancer: l.balancer.full}
	if st := a.ForwardConfig.TargetGroupStickinessConfig; st != nil && st.Enabled != nil && *st.Enabled {
		f.sticks = s.opts.Clock.Scale(time.Duration(*st.DurationSeconds) * time.Second)
	}
	for _, tuple := range a.ForwardConfig.TargetGroups {
		if g, err := s.group(*tuple.TargetGroupArn); err == nil && *tuple.Weight > 0 {
			f.total += uint32(*tuple.Weight)
			f.shares = append(f.shares, share{f.total, g})
		}
	}
	return f
}

// forward sends each request to a target group by weight, at random as AWS does.
type forward struct {
	service  *Service
	table    *table // that it is part of
	balancer string
	sticks   time.Duration // of a client to a group; 0 when it does not
	total    uint32
	shares   []share
}

type share struct {
	upTo  uint32
	group *group
}

func (f *forward) pick() *group {
	switch len(f.shares) {
	case 0:
		return nil
	case 1:
		return f.shares[0].group
	}
	n := rand.Uint32N(f.total)
	for _, s := range f.shares {
		if n < s.upTo {
			return s.group
		}
	}
	return nil
}

func (f *forward) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g := f.choose(r)
	if g == nil {
		f.unserved(w, r, nil)
		return
	}
	t := g.takeFor(f.service, r)
	if t == nil {
		// Between the look at the table and the look at the group all traffic may have moved elsewhere and the
		// group's targets have left: such a request belongs to the new table.
		if l := r.Context().Value(listenerKey{}).(*listener); l.table.Load() != f.table {
			l.table.Load().route(r).ServeHTTP(w, r)
			return
		}
		f.unserved(w, r, g)
		return
	}
	defer t.leave()
	f.service.opts.Observe("RequestCount", f.balancer, g.full, 1)
	f.service.opts.Observe("RequestCountPerTarget", f.balancer, g.full, 1/float64(max(len(*g.pool.Load()), 1)))
	f.keep(w, g, t)
	t.proxy.ServeHTTP(w, r)
}

// unserved answers a request that no target can take.
func (f *forward) unserved(w http.ResponseWriter, r *http.Request, g *group) {
	r.Context().Value(listenerKey{}).(*listener).seen.count(g, true)
	f.service.refuse(w, f.balancer, http.StatusServiceUnavailable)
}

func fixed(c types.FixedResponseActionConfig) http.Handler {
	status, _ := strconv.Atoi(*c.StatusCode) // checked when it was set
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if kind := str(c.ContentType); kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		w.Header().Set("Server", "awselb/2.0")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, str(c.MessageBody))
	})
}

func redirect(c types.RedirectActionConfig, l *listener) http.Handler {
	status := http.StatusMovedPermanently
	if c.StatusCode == types.RedirectActionStatusCodeEnumHttp302 {
		status = http.StatusFound
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fill := strings.NewReplacer("#{protocol}", l.scheme(), "#{host}", hostOf(r.Host), "#{port}", l.table.Load().port,
			"#{path}", strings.TrimPrefix(r.URL.EscapedPath(), "/"), "#{query}", r.URL.RawQuery)
		to := strings.ToLower(fill.Replace(*c.Protocol)) + "://" + fill.Replace(*c.Host) + ":" + fill.Replace(*c.Port) + fill.Replace(*c.Path)
		if q := fill.Replace(*c.Query); q != "" {
			to += "?" + q
		}
		w.Header().Set("Location", to)
		w.Header().Set("Server", "awselb/2.0")
		w.WriteHeader(status)
	})
}
