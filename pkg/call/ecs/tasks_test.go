package ecs

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
)

// pages are answered in turn; after the last comes an error.
type pages struct {
	told  []ListTasksOutput
	asked []string
}

var errNoPage = errors.New("no such page")

func (p *pages) ListTasks(_ context.Context, in *ListTasksInput) (*ListTasksOutput, error) {
	p.asked = append(p.asked, aws.ToString(in.Cluster)+"@"+aws.ToString(in.NextToken))
	if len(p.asked) > len(p.told) {
		return nil, errNoPage
	}
	return &p.told[len(p.asked)-1], nil
}

func TestTasksAreListedPageByPageUntilTheLastOrTheFirstError(t *testing.T) {
	two := []ListTasksOutput{{TaskArns: []string{"a", "b"}, NextToken: aws.String("n")}, {TaskArns: []string{"c"}, NextToken: aws.String("")}}
	for name, c := range map[string]struct {
		api   pages
		stop  bool
		tasks []string
		asked []string
		err   error
	}{
		"all":              {pages{told: two}, false, []string{"a", "b", "c"}, []string{"shop@", "shop@n"}, nil},
		"no more are read": {pages{told: two}, true, []string{"a", "b"}, []string{"shop@"}, nil},
		"one fails":        {pages{told: two[:1]}, false, []string{"a", "b"}, []string{"shop@", "shop@n"}, errNoPage},
	} {
		t.Run(name, func(t *testing.T) {
			var tasks []string
			var failed error
			for some, err := range TaskPages(t.Context(), &c.api, ListTasksInput{Cluster: aws.String("shop")}) {
				if tasks, failed = slices.Concat(tasks, some), err; c.stop {
					break
				}
			}
			if d := cmp.Diff(c.tasks, tasks) + cmp.Diff(c.asked, c.api.asked); d != "" || !errors.Is(failed, c.err) {
				t.Errorf("%v\n%s", failed, d)
			}
		})
	}
}
