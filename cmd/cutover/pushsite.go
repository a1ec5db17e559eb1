package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

type pushSiteCommand struct {
	Version    string   `arg:"" help:"The image's tag, which the site shows as its version."`
	Fault      string   `placeholder:"KIND" enum:",broken,crash,late,memory,unwell" default:"" help:"What is wrong with it: broken answers 200 with an error page, late answers all but the health check after 6 s, crash ends at once, memory takes all, unwell answers 503."`
	Env        []string `placeholder:"NAME=VALUE" sep:"none" help:"More of the image's environment, such as SITE_DELAYS=/=300ms; may be repeated."`
	Revision   string   `placeholder:"COMMIT" help:"The commit in the label org.opencontainers.image.revision, which the site shows too. Default: one made up of the version."`
	Repository string   `default:"sample-website" help:"The repository."`
	Bin        string   `placeholder:"DIR" help:"Where make build left the website. Default: beside this program."`
	running
}

// Help teaches by example.
func (pushSiteCommand) Help() string {
	return `For who has no image at hand: it builds one of the sample website and pushes it by the registry protocol, as docker push
does.

  cutover sandbox push v1
  cutover sandbox push v2 --fault broken`
}

// Run builds and pushes.
func (c pushSiteCommand) Run(s *stage) error {
	bin, err := machine{Bin: c.Bin}.bin()
	if err != nil {
		return err
	}
	ref, err := name.NewTag(c.Listen + "/" + c.Repository + ":" + c.Version)
	if err != nil {
		return unusable{err}
	}
	image, err := siteImage(bin, c.Version, c.Revision, c.Fault, c.Env...)
	if err != nil {
		return err
	}
	cfg, err := live.FromEnvironment(sandbox.Getenv(c.Listen))
	if err != nil {
		return err
	}
	if err := sendImage(s.ctx, ecr.NewFromConfig(cfg), ref, image); err != nil {
		return err
	}
	digest, err := image.Digest()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "pushed %s@%s\n", ref, digest)
	return err
}
