package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/cutover-ecs/cutover/pkg/page"
)

// do does what a button asks for.
func (b *workbench) do(ctx context.Context, o page.Order) (page.Done, error) {
	if !b.busy.TryLock() {
		return page.Done{}, errors.New("something else is being done; wait until that is over")
	}
	defer b.busy.Unlock()
	defer b.changed.Raise()
	h := hand{Service: b.service.Name, Yes: o.Confirmed, Why: "asked for on the page"}
	switch o.Action {
	case "push-good":
		return b.pushNext(ctx, "")
	case "push-broken":
		return b.pushNext(ctx, "broken")
	case "push-slow":
		return b.pushNext(ctx, "late")
	case "users":
		return page.Done{Did: []string{b.crowd.turn(b.ctx)}}, nil
	case "skip":
		if !slices.Contains(skippable, o.Wait) || b.local.Clock().Skip(o.Wait) == 0 {
			return page.Done{}, fmt.Errorf("nothing waits for %.40q now", o.Wait)
		}
		return page.Done{Did: []string{"Skipped " + o.Wait}}, nil
	case "stop":
		return b.command(ctx, stopCommand{h}.Run)
	case "rollback":
		return b.command(ctx, rollbackCommand{h}.Run)
	}
	return page.Done{}, fmt.Errorf("the page has no action %.40q", o.Action)
}

// command runs one of the commands as the terminal does. What it would ask becomes the plan.
func (b *workbench) command(ctx context.Context, run func(*stage) error) (page.Done, error) {
	var out, plan bytes.Buffer
	err := run(&stage{ctx: ctx, out: &out, errout: &plan, at: b.at})
	if errors.Is(err, errNobody) {
		return page.Done{Plan: linesOf(plan.String())}, nil
	}
	return page.Done{Did: linesOf(out.String())}, err
}

func linesOf(text string) []string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], ".")
	}
	return lines
}

var numbered = regexp.MustCompile(`^v([0-9]{1,9})$`)

// pushNext pushes the version after the newest in the repository.
func (b *workbench) pushNext(ctx context.Context, fault string) (page.Done, error) {
	newest := 0
	pages := ecr.NewDescribeImagesPaginator(b.ecr, &ecr.DescribeImagesInput{RepositoryName: &b.names.Repository})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return page.Done{}, fmt.Errorf("look which versions there are: %w", err)
		}
		for _, image := range out.ImageDetails {
			for _, tag := range image.ImageTags {
				if m := numbered.FindStringSubmatch(tag); m != nil {
					n, _ := strconv.Atoi(m[1]) // at most nine digits
					newest = max(newest, n)
				}
			}
		}
	}
	version := fmt.Sprintf("v%d", newest+1)
	image, err := siteImage(b.bin, version, "", fault)
	if err != nil {
		return page.Done{}, err
	}
	ref, err := name.NewTag(b.local.Host() + "/" + b.names.Repository + ":" + version)
	if err != nil {
		return page.Done{}, err
	}
	if err := sendImage(ctx, b.ecr, ref, image); err != nil {
		return page.Done{}, err
	}
	return page.Done{Did: []string{"Pushed " + ref.Name()}}, nil
}
