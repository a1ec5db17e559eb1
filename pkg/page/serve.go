package page

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

//go:embed site
var site embed.FS

// Page is being served. Close it.
type Page struct {
	url    string
	server *http.Server
	room   *server
	work   sync.WaitGroup
	end    context.CancelFunc
}

// Serve serves the page of these services, by name, on a loopback address (127.0.0.1:0 is any free port) until ctx ends
// or Close.
func Serve(ctx context.Context, address string, services map[string]Source) (*Page, error) {
	if len(services) == 0 {
		return nil, errors.New("the page has no service to show")
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the page cannot be served on %s: %w", address, err)
	}
	ctx, end := context.WithCancel(ctx)
	s := &server{feeds: map[string]*feed{}, seats: make(chan struct{}, mostViewers)}
	for name, source := range services {
		s.feeds[name] = &feed{source: source}
	}
	g, err := newGuard(l.Addr(), s.routes(ctx))
	if err != nil {
		end()
		return nil, errors.Join(err, l.Close())
	}
	p := &Page{url: "http://" + l.Addr().String() + "/" + g.token + "/", end: end, room: s}
	p.server = &http.Server{
		Handler: g, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	p.work.Go(func() { p.server.Serve(l) })
	return p, nil
}

// URL to open, with the token.
func (p *Page) URL() string { return p.url }

// Close ends every stream and returns when nothing is left of the page.
func (p *Page) Close() error {
	p.end()
	err := p.server.Close()
	p.work.Wait()
	p.room.orders.Wait()
	for _, f := range p.room.feeds {
		f.work.Wait()
	}
	return err
}

type server struct {
	feeds map[string]*feed
	seats chan struct{}
	// orders under way.
	orders sync.WaitGroup
}

func (s *server) routes(ctx context.Context) http.Handler {
	files, err := fs.Sub(site, "site")
	if err != nil {
		panic(err) // the directory is embedded
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "s/"+url.PathEscape(slices.Min(slices.Collect(maps.Keys(s.feeds))))+"/")
		w.WriteHeader(http.StatusSeeOther)
	})
	mux.Handle("GET /site/", http.StripPrefix("/site/", http.FileServerFS(files)))
	mux.HandleFunc("GET /s/{service}/{$}", func(w http.ResponseWriter, r *http.Request) {
		if _, ok := s.feeds[r.PathValue("service")]; !ok {
			http.NotFound(w, r)
			return
		}
		http.ServeFileFS(w, r, files, "page.html")
	})
	mux.HandleFunc("GET /s/{service}/services", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, slices.Sorted(maps.Keys(s.feeds)))
	})
	mux.HandleFunc("GET /s/{service}/events", s.events)
	mux.HandleFunc("POST /s/{service}/do/{action}", func(w http.ResponseWriter, r *http.Request) {
		s.orders.Add(1)
		defer s.orders.Done()
		s.do(ctx, w, r)
	})
	return mux
}

const (
	// mostOrder is the size in bytes of an order, and orderTime how long it may take to come in.
	mostOrder = 4 << 10
	orderTime = 10 * time.Second
)

// do takes an order. It ends with the server, not with the page that sent it: what was begun is not cut in two.
func (s *server) do(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	f, ok := s.feeds[r.PathValue("service")]
	action := r.PathValue("action")
	switch {
	case !ok:
		http.NotFound(w, r)
		return
	case f.source.Do == nil:
		http.Error(w, "this page only shows: use the commands to change something", http.StatusMethodNotAllowed)
		return
	case !slices.Contains(f.source.Actions, action):
		http.Error(w, fmt.Sprintf("there is no action %.40q", action), http.StatusNotFound)
		return
	case r.Header.Get("Content-Type") != "application/json":
		http.Error(w, "an order is JSON", http.StatusUnsupportedMediaType)
		return
	}
	order := Order{}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(orderTime)) // every server of this package can
	strict := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostOrder))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&order); err != nil {
		http.Error(w, "the order cannot be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	order.Action = action
	done, err := f.source.Do(ctx, order)
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	answer(w, done)
}

func answer(w http.ResponseWriter, document any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(document) // whoever asked may have gone
}
