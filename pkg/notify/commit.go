package notify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// knownLabels are those of images that this process has told of already: an image's labels never change.
type knownLabels struct {
	mu sync.Mutex
	of map[string]map[string]string // by digest
}

// mostKnown bounds them; one function tells of a handful at a time.
const mostKnown = 64

// labels are those of the image that a step is about, the first of several.
func (n *Notifier) labels(ctx context.Context, s Step) (map[string]string, error) {
	first, _, _ := strings.Cut(s.Image, " ")
	image, ok := live.ParseImage(first)
	if !ok {
		return nil, notTold("it is about no image")
	}
	n.known.mu.Lock()
	labels, known := n.known.of[image.Digest]
	n.known.mu.Unlock()
	if known {
		return labels, nil
	}
	from, err := n.from(ctx, s, image)
	if err != nil {
		return nil, err
	}
	labels, err = oci.ReadLabels(ctx, n.clients.Images(), from, image.Digest, "")
	var api smithy.APIError
	switch unusable := oci.Unusable(""); {
	case errors.As(err, &unusable):
		return nil, notTold(fmt.Sprintf("%s %s", image.Name(), unusable))
	case s.Deployment == "" && errors.As(err, &api) && api.ErrorFault() == smithy.FaultClient:
		return nil, notTold(fmt.Sprintf("%s is not to be read: %v", image.Name(), err)) // whose account it is in only a deployment tells
	case err != nil:
		return nil, err
	}
	n.known.mu.Lock()
	defer n.known.mu.Unlock()
	if n.known.of == nil || len(n.known.of) >= mostKnown {
		n.known.of = map[string]map[string]string{}
	}
	n.known.of[image.Digest] = maps.Clone(labels)
	return labels, nil
}

// from is where an image is: as the revision of the step's deployment names it, or else in the function's own account.
func (n *Notifier) from(ctx context.Context, s Step, image live.Image) (config.Repository, error) {
	from := config.Repository{Name: image.Repository}
	if s.Deployment == "" {
		return from, nil
	}
	d, known, err := n.read(ctx, s.Service, s.Deployment)
	if err != nil || !known || d.revision == nil || d.revision.Definition == nil {
		return from, err
	}
	for _, c := range d.revision.Definition.ContainerDefinitions {
		if c.Name == nil {
			continue
		}
		if is, ok := d.revision.Image(*c.Name); ok && is.Digest == image.Digest {
			// <account>.dkr.ecr.<region>.amazonaws.com
			if account, region, ok := strings.Cut(is.Registry, ".dkr.ecr."); ok {
				from.Account = account
				from.Region, _, _ = strings.Cut(region, ".")
			}
		}
	}
	return from, nil
}

// commit is one at a Git host.
type commit struct{ owner, repository, sha string }

var (
	sha1OrSHA256 = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`) })
	nameAtGitHub = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`) })
)

// commitOf is the commit at a host that labels name, or why they name none: https://<host>/<owner>/<repository>, with or
// without .git and what follows it, or the form of ssh, git@<host>:<owner>/<repository>.git.
func commitOf(labels map[string]string, host string) (commit, error) {
	source, revision := labels[oci.Source], strings.ToLower(labels[oci.Revision])
	if source == "" || revision == "" {
		return commit{}, notTold(fmt.Sprintf("the image has not both labels %s and %s", oci.Source, oci.Revision))
	}
	if before, path, ssh := strings.Cut(source, ":"); ssh && !strings.Contains(source, "://") {
		source = "ssh://" + before + "/" + path
	}
	u, err := url.Parse(source)
	if err != nil || !strings.EqualFold(u.Hostname(), host) {
		return commit{}, notTold(fmt.Sprintf("the image's source %.100q is not at %s", source, host))
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) < 2 {
		return commit{}, notTold(fmt.Sprintf("the image's source %.100q names no repository", source))
	}
	c := commit{parts[0], strings.TrimSuffix(parts[1], ".git"), revision}
	if !nameAtGitHub().MatchString(c.owner) || !nameAtGitHub().MatchString(c.repository) {
		return commit{}, notTold(fmt.Sprintf("the image's source %.100q names no repository", source))
	}
	if !sha1OrSHA256().MatchString(revision) {
		return commit{}, notTold(fmt.Sprintf("the image's revision %.100q is not a whole commit id", revision))
	}
	return c, nil
}
