package release

import (
	"context"
	"fmt"
	"slices"
	"sync"

	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// mostPages bounds a repository's listing: ECR allows 100,000 images a repository, 1,000 come a page.
const mostPages = 100

// question is one look into a repository: for one tag, or for all tagged images when tag is empty.
type question struct {
	repository config.Repository
	tag        string
}

// questions are as few as can be: of a repository that one policy needs all tags of, the others read them too. ECR
// refuses a list of tags when it lacks one of them, so exact tags are asked for one by one.
func questions(images []config.Image) []question {
	var whole []config.Repository
	for _, i := range images {
		if !i.Exact() {
			whole = append(whole, i.From())
		}
	}
	var all []question
	for _, i := range images {
		q := question{repository: i.From()}
		if !slices.Contains(whole, i.From()) {
			q.tag = i.Tag
		}
		if !slices.Contains(all, q) {
			all = append(all, q)
		}
	}
	return all
}

// images of all repositories, side by side, in the order of the description; and the repositories that do not exist.
func (l *Loop) images(ctx context.Context) (images []ecr.ImageDetail, absent []string, err error) {
	all := questions(l.deployed.Service.Wanted())
	answers := make([][]ecr.ImageDetail, len(all))
	var mu sync.Mutex
	var reads []func(context.Context) error
	for n, q := range all {
		reads = append(reads, func(ctx context.Context) error {
			found, exists, err := ask(ctx, l.aws.Images, q)
			mu.Lock()
			defer mu.Unlock()
			answers[n] = found
			if err == nil && !exists && !slices.Contains(absent, q.repository.String()) {
				absent = append(absent, q.repository.String())
			}
			return err
		})
	}
	if len(reads) == 1 {
		err = reads[0](ctx)
	} else {
		err = l.sideBySide(ctx, reads...)
	}
	slices.Sort(absent)
	return slices.Concat(answers...), absent, err
}

// ReadImages reads what a policy chooses from: the image of an exact tag, or all tagged images of the repository;
// exists is whether the repository does.
func ReadImages(ctx context.Context, api Images, want config.Image) (images []ecr.ImageDetail, exists bool, err error) {
	return ask(ctx, api, questions([]config.Image{want})[0])
}

func ask(ctx context.Context, api Images, q question) (images []ecr.ImageDetail, exists bool, err error) {
	in := &ecr.DescribeImagesInput{Repository: oci.Repository(q.repository)}
	if q.tag != "" {
		in.ImageIds = []ecr.ImageIdentifier{{ImageTag: q.tag}}
	} else {
		in.Filter = &ecr.DescribeImagesFilter{TagStatus: ecrtypes.TagStatusTagged}
		in.MaxResults = 1000
	}
	for range mostPages {
		out, err := api.DescribeImages(ctx, in)
		switch {
		case call.Refused(err, ecr.RepositoryNotFound):
			return nil, false, nil
		case call.Refused(err, ecr.ImageNotFound):
			return nil, true, nil
		case err != nil:
			return nil, false, fmt.Errorf("describe images of %s: %w", q.repository, admitted(q.repository, err))
		}
		images = append(images, out.ImageDetails...)
		if out.NextToken == "" {
			return images, true, nil
		}
		in.NextToken = out.NextToken
	}
	return nil, false, fmt.Errorf("describe images of %s: %w", q.repository,
		final("the repository holds more than 100,000 tagged images; a lifecycle policy should expire old ones"))
}
