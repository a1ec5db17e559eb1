package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/ecr"
)

// handler is the endpoint: every AWS service, the registry, /health, and /_sandbox/ for what AWS does not have.
func (s *Sandbox) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", s.services.wire)
	mux.Handle("/v2/", s.services.ecr.Handler())
	mux.Handle("GET "+ecr.LayerPath, s.services.ecr.Layers())
	mux.HandleFunc("GET /health", s.health)
	mux.HandleFunc("GET /_sandbox/waits", s.waits)
	mux.HandleFunc("POST /_sandbox/skip/{wait}", s.skip)
	mux.HandleFunc("GET /_sandbox/faults", s.listFaults)
	mux.HandleFunc("POST /_sandbox/faults", s.addFault)
	mux.HandleFunc("DELETE /_sandbox/faults", s.clearFaults)
	mux.HandleFunc("DELETE /_sandbox/faults/{id}", s.removeFault)
	mux.HandleFunc("GET /_sandbox/trail", s.trail)
	mux.HandleFunc("POST /_sandbox/events", s.raise)
	mux.HandleFunc("/_sandbox/state", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "persistence is not part of the sandbox: its state ends with it, and each start begins with the assembly's stacks", http.StatusNotImplemented)
	})
	return mux
}

// health answers 200 once the stacks are created.
func (s *Sandbox) health(w http.ResponseWriter, _ *http.Request) {
	if !s.ready.Load() {
		http.Error(w, "the stacks are being created", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// waits lists what is being waited for, and the real seconds that are left.
func (s *Sandbox) waits(w http.ResponseWriter, _ *http.Request) {
	type waiting struct {
		Name    string  `json:"name"`
		Seconds float64 `json:"seconds"`
	}
	all := []waiting{}
	for _, wait := range s.clock.Waits() {
		all = append(all, waiting{Name: wait.Name, Seconds: time.Until(wait.Until).Seconds()})
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(all)
}

// skip ends every wait of that name now.
func (s *Sandbox) skip(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("wait")
	if n := s.clock.Skip(name); n > 0 {
		fmt.Fprintf(w, "skipped %s\n", name)
		return
	}
	var names []string
	for _, wait := range s.clock.Waits() {
		names = append(names, wait.Name)
	}
	http.Error(w, fmt.Sprintf("nothing waits for %q now; under way: %s", name, strings.Join(names, ", ")), http.StatusNotFound)
}
