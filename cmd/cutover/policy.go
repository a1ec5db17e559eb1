package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	cutover "github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/release"
)

type policyCommand struct {
	Test policyTestCommand `cmd:"" help:"Say for each tag whether a service takes it, and why not; offline, from the configuration."`
}

type policyTestCommand struct {
	Service    string   `arg:"" predictor:"service" help:"A service's name."`
	Tags       []string `arg:"" optional:"" name:"tag" help:"Tags to judge."`
	Container  string   `help:"Ask for this container's image only, where a service has several."`
	Repository bool     `help:"Read the real repositories through ECR too, and say which image would be chosen."`
	JSON       bool     `name:"json" help:"Write JSON, a list of what each image's policy makes of the tags."`
	Config     string   `short:"c" default:"cdk.json" type:"path" help:"The file whose context.cutover describes the services."`
}

// policyVerdict is what one image's policy makes of tags. Its JSON form is a promise.
type policyVerdict struct {
	Container  string `json:"container"`
	Repository string `json:"repository"`
	// Policy in words, such as: the glob "v*" by the time of the push.
	Policy string       `json:"policy"`
	Tags   []tagVerdict `json:"tags"`
	// Chosen is <repository>:<tag>@<digest>, which would be released of what the repository holds; empty when nothing is, or
	// nobody asked.
	Chosen string `json:"chosen,omitempty"`
	// Found says what was found in the repository; empty when nobody asked.
	Found string `json:"found,omitempty"`
}

// tagVerdict is a tag that is taken, or not for a reason.
type tagVerdict struct {
	Tag   string `json:"tag"`
	Taken bool   `json:"taken"`
	Why   string `json:"why,omitempty"`
}

// Help teaches by example.
func (policyTestCommand) Help() string {
	return `Says which tags a service would be released by, and why not by the others. It asks nobody but the configuration; with --repository it reads the registry too and says which image would be chosen of what it holds.

    cutover policy test sample-website v1.4.0 latest
    cutover policy test sample-website --repository
    cutover policy test sample-website v1 --json | jq '.[].tags[] | select(.taken | not)'

A tag that is not taken is no error. --repository needs ecr:DescribeImages.`
}

// policyTime is how long reading a repository of many images may take.
const policyTime = time.Minute

// Run judges each tag by each image's policy; a tag that is not taken is no error.
func (c policyTestCommand) Run(s *stage) error {
	if len(c.Tags) == 0 && !c.Repository {
		return unusable{errors.New("name tags to judge, or --repository to read those that there are")}
	}
	all, err := described(c.Config)
	if err != nil {
		return err
	}
	service, err := all.Find(c.Service)
	if err != nil {
		return unusable{err}
	}
	var wanted []cutover.Image
	for _, i := range service.Wanted() {
		if c.Container == "" || c.Container == i.Container {
			wanted = append(wanted, i)
		}
	}
	if len(wanted) == 0 {
		return unusable{fmt.Errorf("the service %s has no image for a container %q", c.Service, c.Container)}
	}
	verdicts := make([]policyVerdict, 0, len(wanted))
	for _, i := range wanted {
		verdicts = append(verdicts, judge(i, c.Tags))
	}
	if c.Repository {
		if err := c.look(s.ctx, all, service, wanted, verdicts); err != nil {
			return err
		}
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(verdicts)
	}
	for _, v := range verdicts {
		if err := v.print(s.out); err != nil {
			return err
		}
	}
	for _, v := range verdicts {
		if v.Found == "" {
			continue
		}
		if _, err := fmt.Fprintf(s.out, "%s: %s\n", v.Container, v.Found); err != nil {
			return err
		}
	}
	return nil
}

// look reads the repositories.
func (c policyTestCommand) look(ctx context.Context, all cutover.Config, service cutover.Service, wanted []cutover.Image, verdicts []policyVerdict) error {
	ctx, cancel := context.WithTimeout(ctx, policyTime)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("read the AWS configuration: %w", err)
	}
	if all.Platform.Region != "" {
		cfg.Region = all.Platform.Region
	}
	return choose(ctx, ecr.NewFromConfig(cfg), service, wanted, verdicts)
}

// judge says of each tag what one image's policy makes of it.
func judge(i cutover.Image, tags []string) policyVerdict {
	p := policy.Of(i)
	j := policyVerdict{Container: i.Container, Repository: i.Repository, Policy: fmt.Sprint(p), Tags: []tagVerdict{}}
	for _, tag := range tags {
		_, why := p.Take(tag)
		j.Tags = append(j.Tags, tagVerdict{Tag: tag, Taken: why == "", Why: why})
	}
	return j
}

func (j policyVerdict) print(out io.Writer) error {
	if _, err := fmt.Fprintf(out, "%s from %s takes %s\n", j.Container, j.Repository, j.Policy); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, t := range j.Tags {
		if t.Taken {
			fmt.Fprintf(w, "  %s\ttaken\t\n", t.Tag)
		} else {
			fmt.Fprintf(w, "  %s\tnot taken\tit %s\n", t.Tag, t.Why)
		}
	}
	return w.Flush()
}

// choose reads the repositories and finds out which image each policy chooses, as the release function does.
func choose(ctx context.Context, api release.Images, service cutover.Service, wanted []cutover.Image, verdicts []policyVerdict) error {
	for n, i := range wanted {
		images, exists, err := release.ReadImages(ctx, api, i)
		if err != nil {
			return err
		}
		alone := service
		alone.Image, alone.Images = cutover.Image{}, []cutover.Image{i}
		desired := release.Wanted(cutover.Deployed{Service: alone}, images)
		v := &verdicts[n]
		v.Found = desired.Missing
		switch {
		case !exists:
			v.Found = fmt.Sprintf("the repository %s does not exist", i.Repository)
		case len(desired.Wish.Images) > 0:
			best := desired.Wish.Images[0]
			v.Chosen = best.String()
			v.Found = fmt.Sprintf("%s, pushed at %s, is chosen of %d tagged images", best, best.Pushed.UTC().Format(time.RFC3339), tagged(images))
		}
	}
	return nil
}

func tagged(images []ecr.ImageDetail) int {
	n := 0
	for _, i := range images {
		if len(i.ImageTags) > 0 && i.ImageDigest != "" {
			n++
		}
	}
	return n
}
