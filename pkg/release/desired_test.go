package release

import (
	"strings"
	"testing"

	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/appspec"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/live"
)

func TestTheWishCarriesBaseSettingsAndTheImageByDigest(t *testing.T) {
	got := Wanted(deployedWith(""), []ecr.ImageDetail{image(2, "v2", "latest")})
	want := live.Wish{
		Base: baseARN,
		Settings: live.Settings{PlatformVersion: "LATEST", Network: &appspec.Network{
			Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-1"}, AssignPublicIP: "DISABLED"}},
		Images: []live.Image{{Container: "sample-website", Registry: "111122223333.dkr.ecr.us-east-1.amazonaws.com",
			Repository: "sample-website", Tag: "latest", Digest: digestOf(2), Pushed: image(2).ImagePushedAt.Time}},
	}
	if diff := cmp.Diff(want, got.Wish); diff != "" {
		t.Error(diff)
	}
}

func TestOfAGlobTheImagePushedLastWins(t *testing.T) {
	sbom := image(9, "v9")
	sbom.ArtifactMediaType = "application/spdx+json"
	archived := image(8, "v8")
	archived.ImageStatus = ecrtypes.ImageStatusArchived
	schema1 := image(7, "v7")
	schema1.ImageManifestMediaType = "application/vnd.docker.distribution.manifest.v1+prettyjws"
	signature := image(10, "v10", "sha256-"+strings.Repeat("ab", 32)+".sig")
	signature.ImageTags = signature.ImageTags[1:]
	same := image(5, "v5b")
	same.ImageDigest = digestOf(55)
	for name, c := range map[string]struct {
		images []ecr.ImageDetail
		tag    string
		digest string
	}{
		"whatever the order of the list":  {[]ecr.ImageDetail{image(3, "v3"), image(5, "v5"), image(4, "v4")}, "v5", digestOf(5)},
		"other tags do not count":         {[]ecr.ImageDetail{image(3, "v3"), image(6, "nightly", "latest")}, "v3", digestOf(3)},
		"the last of several tags":        {[]ecr.ImageDetail{image(3, "v3", "v3.1", "latest", "v3.0")}, "v3.1", digestOf(3)},
		"what is no image does not count": {[]ecr.ImageDetail{sbom, archived, schema1, signature, image(1, "v1")}, "v1", digestOf(1)},
		"of the same instant, by tag":     {[]ecr.ImageDetail{same, image(5, "v5a")}, "v5b", digestOf(55)},
	} {
		t.Run(name, func(t *testing.T) {
			got := Wanted(deployedWith(glob), c.images)
			if len(got.Wish.Images) != 1 || got.Wish.Images[0].Tag != c.tag || got.Wish.Images[0].Digest != c.digest {
				t.Errorf("got %+v %s", got.Wish.Images, got.Missing)
			}
		})
	}
}

func TestWhenNothingMatchesTheReasonSaysWhy(t *testing.T) {
	archived := image(8, "v8")
	archived.ImageStatus = ecrtypes.ImageStatusArchived
	for want, images := range map[string][]ecr.ImageDetail{
		`no image in the repository sample-website matches the tag "v*" yet`: {image(1, "latest"), image(2)},
		"v8 is archived in the registry and cannot be pulled":                {archived},
	} {
		if got := Wanted(deployedWith(glob), images); len(got.Wish.Images) != 0 || !strings.Contains(got.Missing, want) {
			t.Errorf("got %q", got.Missing)
		}
	}
}

func TestTheRegistryIsThatOfTheBasesRegionAndPartition(t *testing.T) {
	for base, want := range map[string]string{
		"arn:aws:ecs:eu-west-1:111122223333:task-definition/b:1":            "111122223333.dkr.ecr.eu-west-1.amazonaws.com",
		"arn:aws-cn:ecs:cn-north-1:111122223333:task-definition/b:1":        "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn",
		"arn:aws-us-gov:ecs:us-gov-west-1:111122223333:task-definition/b:1": "111122223333.dkr.ecr.us-gov-west-1.amazonaws.com",
		"b:1": "",
	} {
		if got := registryOf(base, "", ""); got != want {
			t.Errorf("%s: %s", base, got)
		}
	}
}
