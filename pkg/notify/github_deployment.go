package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// atGitHub is what is read of a deployment (https://docs.github.com/en/rest/deployments/deployments). Which of ours it is
// its payload says, which GitHub gives back as an object or as text.
type atGitHub struct {
	ID      int64           `json:"id"`
	Payload json.RawMessage `json:"payload"`
}

// ours is the payload.
type ours struct {
	Cutover string `json:"cutover"` // <cluster>/<service>/<deployment>
}

func (d atGitHub) is(name string) bool {
	raw := []byte(d.Payload)
	var text string
	if json.Unmarshal(raw, &text) == nil {
		raw = []byte(text)
	}
	var p ours
	return json.Unmarshal(raw, &p) == nil && p.Cutover == name
}

// newDeployment asks for one. Nothing is merged, and no check is waited for: the image is being deployed already.
type newDeployment struct {
	Ref              string   `json:"ref"`
	Task             string   `json:"task"`
	AutoMerge        bool     `json:"auto_merge"`
	RequiredContexts []string `json:"required_contexts"`
	Payload          ours     `json:"payload"`
	Environment      string   `json:"environment"`
	Description      string   `json:"description"`
}

// deployment writes the status of the step's deployment at GitHub, which is made if it is not there; nothing when the
// state is empty or the step has no deployment (https://docs.github.com/en/rest/deployments/statuses).
func (a at) deployment(ctx context.Context, s Step, state string) error {
	if state == "" || s.Deployment == "" {
		return nil
	}
	id, err := a.find(ctx, s)
	if err != nil {
		return fmt.Errorf("deployment of %s/%s: %w", a.owner, a.repository, err)
	}
	path := fmt.Sprintf("/deployments/%d/statuses", id)
	want := status{State: state, Description: described(s), LogURL: s.Report, EnvironmentURL: a.named(a.EnvironmentURL, s)}
	list := func() (told []status, err error) {
		err = a.ask(ctx, http.MethodGet, path+"?per_page=100", nil, &told)
		return told, err
	}
	if err := a.stand(ctx, want, path, list, func(one status) reached { return reachedBy(one.State) }); err != nil {
		return fmt.Errorf("status of deployment %d: %w", id, err)
	}
	return nil
}

// find is the step's deployment, made if it is not there. Two steps at once may make two: the older is that of all that
// follow, and whoever made the other sees so and says of it that it is not in use.
func (a at) find(ctx context.Context, s Step) (int64, error) {
	found, err := a.oldest(ctx, s)
	if err != nil || found != 0 {
		return found, err
	}
	var made atGitHub
	if err := a.ask(ctx, http.MethodPost, "/deployments", newDeployment{
		Ref: a.sha, Task: "deploy", RequiredContexts: []string{}, Payload: ours{of(s)}, Environment: a.named(a.Environment, s),
		Description: described(Step{Text: s.Service + " " + s.name(), Deployment: s.Deployment}),
	}, &made); err != nil {
		return 0, err
	}
	if made.ID == 0 {
		return 0, errors.New("the answer is not GitHub's: it made no deployment")
	}
	if found, err = a.oldest(ctx, s); err != nil || found == 0 || found == made.ID {
		return made.ID, err
	}
	return found, a.ask(ctx, http.MethodPost, fmt.Sprintf("/deployments/%d/statuses", made.ID), status{State: "inactive", Description: "the same as another"}, nil)
}

// of is what a step's deployment is called in its payload.
func of(s Step) string { return s.Cluster + "/" + s.Service + "/" + s.Deployment }

// oldest is the first of the step's deployments that GitHub knows; 0 when it knows none.
func (a at) oldest(ctx context.Context, s Step) (found int64, err error) {
	query := url.Values{"sha": {a.sha}, "environment": {a.named(a.Environment, s)}, "per_page": {"100"}}
	var all []atGitHub
	if err := a.ask(ctx, http.MethodGet, "/deployments?"+query.Encode(), nil, &all); err != nil {
		return 0, err
	}
	for _, d := range all {
		if d.is(of(s)) && (found == 0 || d.ID < found) {
			found = d.ID
		}
	}
	return found, nil
}

// named is a text with the service's name in it.
func (a at) named(text string, s Step) string {
	return strings.ReplaceAll(text, "{service}", s.Service)
}
