package elb

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"
)

// maxHeader is what AWS takes for all headers of a request together; Go's server and client add a little slack.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#http-headers
const maxHeader = 64 << 10

type listenerKey struct{}

// open starts to serve a listener. The caller holds s.mu.
func (s *Service) open(l *listener) error {
	if s.work.Ended() {
		return fmt.Errorf("listen on port %d of load balancer %s: %w", l.port, l.balancer.name, net.ErrClosed)
	}
	socket, err := s.opts.Listen(l.balancer.name, l.port)
	if err != nil {
		return fmt.Errorf("listen on port %d of load balancer %s: %w", l.port, l.balancer.name, err)
	}
	server := &http.Server{
		Handler:           l,
		ReadHeaderTimeout: time.Minute,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelDebug),
		// The listener travels with the connection, so that no request pays for it.
		ConnContext: toNode,
		BaseContext: func(net.Listener) context.Context { return context.WithValue(s.work.Context(), listenerKey{}, l) },
	}
	l.socket, l.server = socket, server
	s.work.Go(func() { l.serve(server, socket) })
	return nil
}

// move lets a listener serve another port, or speak TLS or none; requests on the old one finish. The caller holds s.mu.
func (s *Service) move(l *listener, port int, sec *secured) error {
	old, was, before := l.server, l.port, l.secured.Load()
	if port == was {
		_ = l.socket.Close() // so that the same port is free
	}
	l.port = port
	l.secured.Store(sec)
	if err := s.open(l); err != nil {
		l.port = was
		l.secured.Store(before)
		return err
	}
	s.work.Go(func() { shut(old) })
	return nil
}

// shut ends the listener: no new connection, and requests under way get a moment to finish.
func (l *listener) shut() { shut(l.server) }

func shut(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), shutGrace)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close()
	}
}

// ServeHTTP answers a request on the listener.
func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		http.Error(w, "a load balancer does not tunnel", http.StatusMethodNotAllowed)
		return
	}
	l.known(r).route(r).ServeHTTP(w, r)
}

// refuse answers in place of a target, as AWS does, and counts it for the load balancer.
func (s *Service) refuse(w http.ResponseWriter, balancer string, status int) {
	s.opts.Observe("HTTPCode_ELB_5XX_Count", balancer, "", 1)
	s.opts.Observe("HTTPCode_ELB_"+strconv.Itoa(status)+"_Count", balancer, "", 1)
	name := map[int]string{502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable", 504: "504 Gateway Time-out"}[status]
	body := "<html>\r\n<head><title>" + name + "</title></head>\r\n<body>\r\n<center><h1>" + name + "</h1></center>\r\n</body>\r\n</html>\r\n"
	h := w.Header()
	h.Set("Server", "awselb/2.0")
	h.Set("Content-Type", "text/html")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}
