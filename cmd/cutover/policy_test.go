package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	cutover "github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// cdkJSON writes a configuration and returns its path.
func cdkJSON(t *testing.T, services string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cdk.json")
	if err := os.WriteFile(path, []byte(`{"context": {"cutover": {"services": [`+services+`]}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const shop = `{"name": "shop", "images": [{"container": "shop", "semver": ">=1"},
	{"container": "worker", "regexp": "main-([0-9]+)", "order": "number"}]}`

func TestPolicyTestSaysOfEachTagWhetherItIsTakenAndWhyNot(t *testing.T) {
	path := cdkJSON(t, shop)
	var out, errout bytes.Buffer
	if code := run(t.Context(), []string{"policy", "test", "--config", path, "shop", "1.2.3", "1.2", "main-7"}, &out, &errout); code != 0 {
		t.Fatalf("exit %d: %s", code, &errout)
	}
	want := `shop from shop takes the range ">=1" by version
  1.2.3   taken
  1.2     not taken  it is no whole version such as 1.2.3: "1.2"
  main-7  not taken  it is no whole version such as 1.2.3: "main-7"
worker from worker takes the regular expression "main-([0-9]+)" by number
  1.2.3   not taken  it does not match the regular expression "main-([0-9]+)"
  1.2     not taken  it does not match the regular expression "main-([0-9]+)"
  main-7  taken
`
	var got strings.Builder
	for line := range strings.Lines(out.String()) {
		got.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	if got.String() != want {
		t.Errorf("got\n%s", got.String())
	}
}

func TestPolicyTestSaysWhatIsWrongWithTheQuestion(t *testing.T) {
	path := cdkJSON(t, shop)
	for want, args := range map[string][]string{
		"name tags to judge":                               {"shop"},
		`there is no service "other"`:                      {"other", "v1"},
		`has no image for a container "x"`:                 {"shop", "v1", "--container", "x"},
		"the configuration cannot be read; run this where": {"shop", "v1", "--config", path + "x"},
	} {
		var out, errout bytes.Buffer
		if code := run(t.Context(), append([]string{"policy", "test", "--config", path}, args...), &out, &errout); code != 2 || !strings.Contains(errout.String(), want) {
			t.Errorf("%v: exit %d: %s", args, code, &errout)
		}
	}
}

// shelf answers for repositories.
type shelf map[string][]ecr.ImageDetail

func (s shelf) DescribeImages(_ context.Context, in *ecr.DescribeImagesInput) (*ecr.DescribeImagesOutput, error) {
	images, ok := s[in.RepositoryName]
	if !ok {
		return nil, &ecrtypes.RepositoryNotFoundException{}
	}
	return &ecr.DescribeImagesOutput{ImageDetails: images}, nil
}

func (s shelf) BatchGetImage(context.Context, *ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error) {
	return &ecr.BatchGetImageOutput{}, nil
}

func TestPolicyTestSaysWhichImageOfTheRepositoryIsChosen(t *testing.T) {
	c, err := cutover.Parse([]byte(`{"services": [`+shop+`]}`), policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	one := func(minute int, tag string) ecr.ImageDetail {
		return ecr.ImageDetail{RepositoryName: "shop", ImageDigest: "sha256:" + tag, ImageTags: []string{tag},
			ImagePushedAt: ecr.Time{Time: time.Date(2026, 11, 23, 5, minute, 0, 0, time.UTC)}}
	}
	got := make([]policyVerdict, 2)
	if err := choose(t.Context(), shelf{"shop": {one(1, "1.10.0"), one(2, "1.9.0")}}, c.Services[0], c.Services[0].Wanted(), got); err != nil {
		t.Fatal(err)
	}
	if got[0].Chosen != "shop:1.10.0@sha256:1.10.0" || got[0].Found != "shop:1.10.0@sha256:1.10.0, pushed at 2026-11-23T05:01:00Z, is chosen of 2 tagged images" ||
		got[1].Chosen != "" || got[1].Found != "the repository worker does not exist" {
		t.Errorf("got %+v", got)
	}
}
