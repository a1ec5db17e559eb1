package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxEvent is EventBridge's limit on an event, in bytes.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
const maxEvent = 256 << 10

// raised is an event that somebody wants raised; its other members are the bus's to set.
type raised struct {
	Source     string          `json:"source"`
	DetailType string          `json:"detail-type"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// raise raises an event as the AWS service that it names does: what happens elsewhere, such as a replication into this
// region, or did not happen at all. PutEvents refuses such sources, as AWS does.
func (s *Sandbox) raise(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	var e raised
	if err == nil {
		err = json.Unmarshal(body, &e)
	}
	if err == nil && (e.Source == "" || e.DetailType == "" || len(e.Detail) == 0 || e.Detail[0] != '{') {
		err = errors.New(`an event has the members "source", "detail-type" and "detail", which is an object`)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if e.Resources == nil {
		e.Resources = []string{}
	}
	s.services.events.Emit(e.Source, e.DetailType, e.Resources, e.Detail)
	fmt.Fprintf(w, "%s of %s is raised\n", e.DetailType, e.Source)
}
