package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	cutover "github.com/cutover-ecs/cutover/pkg/config"
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
	Config     string   `short:"c" default:"cdk.json" type:"path" help:"The file whose context.cutover describes the services."`
}

// policyTime is how long reading a repository of many images may take.
const policyTime = time.Minute

// Run judges each tag by each image's policy; a tag that is not taken is no error.
func (c policyTestCommand) Run(s *stage) error {
	if len(c.Tags) == 0 && !c.Repository {
		return fmt.Errorf("name tags to judge, or --repository to read those that there are")
	}
	document, err := os.ReadFile(c.Config)
	if err != nil {
		return fmt.Errorf("the configuration cannot be read; run this where cdk.json is, or name it with --config: %w", err)
	}
	all, err := cutover.FromCDK(document)
	if err != nil {
		return err
	}
	service, err := all.Find(c.Service)
	if err != nil {
		return err
	}
	var wanted []cutover.Image
	for _, i := range service.Wanted() {
		if c.Container == "" || c.Container == i.Container {
			wanted = append(wanted, i)
		}
	}
	if len(wanted) == 0 {
		return fmt.Errorf("the service %s has no image for a container %q", c.Service, c.Container)
	}
	for _, i := range wanted {
		if err := judge(s.out, i, c.Tags); err != nil {
			return err
		}
	}
	if !c.Repository {
		return nil
	}
	ctx, cancel := context.WithTimeout(s.ctx, policyTime)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("read the AWS configuration: %w", err)
	}
	if all.Platform.Region != "" {
		cfg.Region = all.Platform.Region
	}
	return chosen(ctx, s.out, ecr.NewFromConfig(cfg), service, wanted)
}

// judge says of each tag what one image's policy makes of it.
func judge(out io.Writer, i cutover.Image, tags []string) error {
	p := i.Policy()
	if _, err := fmt.Fprintf(out, "%s from %s takes %s\n", i.Container, i.Repository, p); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, tag := range tags {
		if _, why := p.Take(tag); why != "" {
			fmt.Fprintf(w, "  %s\tnot taken\tit %s\n", tag, why)
		} else {
			fmt.Fprintf(w, "  %s\ttaken\t\n", tag)
		}
	}
	return w.Flush()
}

// chosen reads the repositories and says which image each policy chooses, as the release function does.
func chosen(ctx context.Context, out io.Writer, api release.Images, service cutover.Service, wanted []cutover.Image) error {
	for _, i := range wanted {
		images, exists, err := release.ReadImages(ctx, api, i)
		if err != nil {
			return err
		}
		alone := service
		alone.Image, alone.Images = cutover.Image{}, []cutover.Image{i}
		desired := release.Wanted(cutover.Deployed{Service: alone}, images)
		line := desired.Missing
		switch {
		case !exists:
			line = fmt.Sprintf("the repository %s does not exist", i.Repository)
		case len(desired.Wish.Images) > 0:
			best := desired.Wish.Images[0]
			line = fmt.Sprintf("%s, pushed at %s, is chosen of %d tagged images", best, best.Pushed.UTC().Format(time.RFC3339), tagged(images))
		}
		if _, err := fmt.Fprintf(out, "%s: %s\n", i.Container, line); err != nil {
			return err
		}
	}
	return nil
}

func tagged(images []ecrtypes.ImageDetail) int {
	n := 0
	for _, i := range images {
		if len(i.ImageTags) > 0 && aws.ToString(i.ImageDigest) != "" {
			n++
		}
	}
	return n
}
