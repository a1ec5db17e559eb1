package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/secret"
)

// github tells a story at the commit that the image was built from: as one commit status a service, whose context is
// cutover/<service>, and as a deployment with statuses of its own. GitHub itself knows what was told before: steps that
// come twice or late leave what stands there.
type github struct {
	config.GitHub
	reach
	labels func(context.Context, Step) (map[string]string, error)
}

var _ destination = github{}

// reached is how far a story is. One further never goes back for a step of the same deployment that comes late.
type reached int

const (
	elsewhere reached = iota - 2 // it is another deployment's story
	early                        // no deployment has it yet
	open
	good
	bad
)

// saidAt is what the stages say: GitHub's state of a commit, and that of a deployment, empty where that has nothing new.
var saidAt = map[config.Stage]struct{ commit, deployment string }{
	config.StageSuperseded:  {"error", ""},
	config.StageWaiting:     {"pending", ""},
	config.StageHeld:        {"pending", ""},
	config.StageRefused:     {"error", ""},
	config.StageStarted:     {"pending", "in_progress"},
	config.StageTesting:     {"pending", "in_progress"},
	config.StageTestsPassed: {"pending", "in_progress"},
	config.StageTestsFailed: {"failure", "failure"},
	config.StageCannotStart: {"failure", "failure"},
	config.StageShifting:    {"pending", "in_progress"},
	config.StageLive:        {"success", "success"},
	config.StageWaitBegan:   {"success", ""},
	config.StageFinished:    {"success", "success"},
	config.StageRolledBack:  {"failure", "failure"},
	config.StageFailed:      {"error", "error"},
}

// reachedBy is how far a story is by a state of GitHub's.
func reachedBy(state string) reached {
	switch state {
	case "success":
		return good
	case "failure", "error", "inactive":
		return bad
	}
	return open
}

// at is one step's telling at one commit, with the token.
type at struct {
	github
	commit
	header http.Header
	mask   *secret.Mask
}

func (g github) tell(ctx context.Context, s Step) error {
	says, ok := saidAt[s.Stage]
	if !ok {
		return notTold("it is nothing that is told at a commit")
	}
	labels, err := g.labels(ctx, s)
	if err != nil {
		return err
	}
	c, err := commitOf(labels, g.Host)
	if err != nil {
		return err
	}
	one := at{github: g, commit: c, mask: &secret.Mask{}}
	token, err := g.token(ctx, g.Token, one.mask)
	if err != nil {
		return err
	}
	one.header = http.Header{
		"Authorization": {"Bearer " + strings.TrimSpace(token)}, "Accept": {"application/vnd.github+json"}, "X-Github-Api-Version": {"2022-11-28"},
	}
	return errors.Join(one.commitStatus(ctx, s, says.commit), one.deployment(ctx, s, says.deployment))
}

// ask calls the API below the repository, and reads the answer.
func (a at) ask(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	header := a.header
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
		header = header.Clone()
		header.Set("Content-Type", "application/json")
	}
	answer, err := a.call(ctx, a.mask, method, a.API+"/repos/"+a.owner+"/"+a.repository+path, header, body)
	if no, ok := errors.AsType[refused](err); ok && (no.status == http.StatusNotFound || no.status == http.StatusUnauthorized || no.status == http.StatusForbidden) {
		return fmt.Errorf("%w; the token must be good and may write commit statuses and deployments of %s/%s", err, a.owner, a.repository)
	}
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("the answer to %s is not GitHub's: %w", strings.SplitN(path, "?", 2)[0], err)
	}
	return nil
}

// commitStatus writes the commit's (https://docs.github.com/en/rest/commits/statuses).
func (a at) commitStatus(ctx context.Context, s Step, state string) error {
	want := status{State: state, Context: "cutover/" + s.Service, Description: described(s), TargetURL: s.Report}
	list := func() (told []status, err error) {
		err = a.ask(ctx, http.MethodGet, "/commits/"+a.sha+"/statuses?per_page=100", nil, &told)
		return slices.DeleteFunc(told, func(one status) bool { return !strings.EqualFold(one.Context, want.Context) }), err
	}
	far := func(one status) reached {
		switch marked := marked().MatchString(one.Description); {
		case !marked:
			return early
		case s.Deployment == "": // what became of a deployment is not unsaid by a push that has none, such as one that is held because it was tried
			return open
		case !strings.HasSuffix(one.Description, mark(s)):
			return elsewhere
		}
		return reachedBy(one.State)
	}
	if err := a.stand(ctx, want, "/statuses/"+a.sha, list, far); err != nil {
		return fmt.Errorf("status of commit %s: %w", a.sha, err)
	}
	return nil
}

// mostDescription is how many characters GitHub takes.
const mostDescription = 140

// described is a step in a line, with its deployment at the end.
func described(s Step) string {
	line, _, _ := strings.Cut(s.Text, "\n")
	line, end := strings.TrimRight(line, "."), mark(s)
	if room := mostDescription - utf8.RuneCountInString(end); utf8.RuneCountInString(line) > room {
		line = strings.TrimRight(string([]rune(line)[:room-1]), " ") + "…"
	}
	return line + end
}

// marked finds the mark of any deployment.
var marked = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(` \(d-[A-Z0-9]+\)$`) })

// mark tells of which deployment a description is.
func mark(s Step) string {
	if s.Deployment == "" {
		return ""
	}
	return " (" + s.Deployment + ")"
}
