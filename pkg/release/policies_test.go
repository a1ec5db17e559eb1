package release

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"pgregory.net/rapid"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// two is a service of two containers from two repositories.
const two = `{"name": "sample-website", "images": [{"container": "sample-website", "tag": "v*"},
	{"container": "sidecar", "repository": "side", "regexp": "build-([0-9]+)", "order": "number"}]}`

// side is image n of the sidecar's repository.
func side(n int, tags ...string) ecr.ImageDetail {
	i := image(n, tags...)
	i.RepositoryName = "side"
	return i
}

func imageOf(policy string) string { return `{"name": "sample-website", "image": ` + policy + `}` }

// numbersOf are the numbers of a wish's images.
func numbersOf(w live.Wish) []int {
	var all []int
	for _, i := range w.Images {
		all = append(all, number(i.Digest))
	}
	return all
}

func TestEachPolicyChoosesItsNewest(t *testing.T) {
	for name, c := range map[string]struct {
		service string
		images  []ecr.ImageDetail
		want    []int
	}{
		"the highest version, not the last push": {imageOf(`{"semver": ">=1"}`),
			[]ecr.ImageDetail{image(1, "1.9.0"), image(2, "1.10.0"), image(3, "1.9.1"), image(4, "2.0.0-rc.1"), image(5, "latest")}, []int{2}},
		"a pre-release where they are taken": {imageOf(`{"semver": ">=1", "preReleases": true}`),
			[]ecr.ImageDetail{image(2, "1.10.0"), image(1, "2.0.0-rc.1")}, []int{1}},
		"the highest number": {imageOf(`{"regexp": "main-[a-f]+-([0-9]+)", "order": "number"}`),
			[]ecr.ImageDetail{image(1, "main-abc-9"), image(2, "main-bcd-10"), image(3, "main-cde-8")}, []int{2}},
		"the last text": {imageOf(`{"tag": "nightly-*", "order": "text"}`),
			[]ecr.ImageDetail{image(2, "nightly-2026-11-02"), image(1, "nightly-2026-11-23")}, []int{1}},
		"an equal version by the time of its push": {imageOf(`{"semver": "*"}`),
			[]ecr.ImageDetail{image(3, "v1.0.0"), image(2, "1.0.0")}, []int{3}},
		"each container its own": {two,
			[]ecr.ImageDetail{side(1, "build-9"), image(2, "v2"), side(3, "build-7"), image(1, "v9"), side(4, "v99"), image(7, "build-100")}, []int{2, 1}},
		"a container without an image waits with all": {two, []ecr.ImageDetail{image(2, "v2")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := Wanted(deployedWith(c.service), c.images)
			if !slices.Equal(numbersOf(got.Wish), c.want) {
				t.Errorf("chose %v, want %v; %s", numbersOf(got.Wish), c.want, got.Missing)
			}
			if c.want == nil && !strings.Contains(got.Missing, "no image in the repository side matches the regular expression") {
				t.Errorf("missing is %q", got.Missing)
			}
		})
	}
}

func TestTheChoiceDoesNotDependOnTheOrderOfTheImages(t *testing.T) {
	services := []string{"", glob, two, imageOf(`{"semver": "*", "preReleases": true}`), imageOf(`{"tag": "*", "order": "text"}`),
		imageOf(`{"regexp": "v?([0-9]+).*", "order": "number"}`)}
	rapid.Check(t, func(t *rapid.T) {
		d := deployedWith(rapid.SampledFrom(services).Draw(t, "service"))
		var images []ecr.ImageDetail
		for n := range rapid.IntRange(0, 8).Draw(t, "images") {
			i := image(rapid.IntRange(1, 3).Draw(t, "pushed"), rapid.SliceOfNDistinct(
				rapid.SampledFrom([]string{"latest", "v1", "v2", "1.0.0", "v1.0.0", "1.0.0-rc.1", "build-1", "build-01", "build-2"}), 0, 3, rapid.ID).Draw(t, "tags")...)
			i.ImageDigest = digestOf(n + 1)
			if rapid.Bool().Draw(t, "side") {
				i.RepositoryName = "side"
			}
			switch rapid.IntRange(0, 9).Draw(t, "kind") {
			case 0:
				i.ImageStatus = ecrtypes.ImageStatusArchived
			case 1:
				i.ArtifactMediaType = "application/spdx+json"
			}
			images = append(images, i)
		}
		first := Wanted(d, slices.Clone(images))
		second := Wanted(d, rapid.Permutation(images).Draw(t, "shuffled"))
		if first.Wish.Hash() != second.Wish.Hash() || first.Missing != second.Missing || !first.Until.Equal(second.Until) {
			t.Fatalf("%v %q, then %v %q", numbersOf(first.Wish), first.Missing, numbersOf(second.Wish), second.Missing)
		}
	})
}

// lived makes the wish for these images live.
func (w *world) lived(d config.Deployed, images ...ecr.ImageDetail) *world {
	wish := Wanted(d, images).Wish
	return w.runs(wish).had(deployment(wish, succeeded))
}

func TestAServiceGoesOnlyForwardInItsPolicysOrder(t *testing.T) {
	for name, c := range map[string]struct {
		service   string
		was, next []ecr.ImageDetail
		verdict   Verdict
		reason    string
	}{
		"a lower version pushed later, the higher deleted": {imageOf(`{"semver": "*"}`), []ecr.ImageDetail{image(1, "1.2.0")}, []ecr.ImageDetail{image(2, "1.1.9")},
			Hold, `1.1.9 comes before the live sample-website:1.2.0 by the range "*" by version`},
		"a higher version pushed earlier":       {imageOf(`{"semver": "*"}`), []ecr.ImageDetail{image(2, "1.2.0")}, []ecr.ImageDetail{image(1, "1.3.0")}, Deploy, ""},
		"the same version pushed again":         {imageOf(`{"semver": "*"}`), []ecr.ImageDetail{image(1, "1.2.0")}, []ecr.ImageDetail{image(2, "1.2.0")}, Deploy, ""},
		"the same version, an older push":       {imageOf(`{"semver": "*"}`), []ecr.ImageDetail{image(2, "1.2.0")}, []ecr.ImageDetail{image(1, "v1.2.0")}, Hold, "was pushed at"},
		"what is live is of another policy":     {imageOf(`{"semver": "*"}`), []ecr.ImageDetail{image(2, "1.2.0", "latest")}, []ecr.ImageDetail{image(1, "1.1.0")}, Hold, "comes before"},
		"each container by its own live image":  {two, []ecr.ImageDetail{image(1, "v1"), side(5, "build-5")}, []ecr.ImageDetail{image(3, "v3"), side(5, "build-5")}, Deploy, ""},
		"one goes on while the other would not": {two, []ecr.ImageDetail{image(1, "v1"), side(5, "build-5")}, []ecr.ImageDetail{image(3, "v3"), side(6, "build-4")}, Deploy, "so what is new goes with sample-website:v3, side:build-5"},
	} {
		t.Run(name, func(t *testing.T) {
			d := deployedWith(c.service)
			w := newWorld(c.next...).lived(d, c.was...)
			if got := Decide(Wanted(d, c.next), w.Observed); got.Verdict != c.verdict || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("got %s: %s", got.Verdict, got.Reason)
			}
		})
	}
}

func TestSeveralImagesAreOneRevisionWithEachOnesPushTime(t *testing.T) {
	d := deployedWith(two)
	w := newWorld(image(1, "v1"), side(2, "build-7"))
	got, err := w.handle(t, d, byInvocation)
	if err != nil || got.Decision != Deploy || got.Image != "sample-website:v1@"+digestOf(1)+" side:build-7@"+digestOf(2) {
		t.Fatalf("%+v, %v", got, err)
	}
	containers := w.sent[0].(*ecs.RegisterTaskDefinitionInput).ContainerDefinitions
	if !strings.HasSuffix(*containers[0].Image, "/sample-website@"+digestOf(1)) || !strings.HasSuffix(*containers[1].Image, "/side@"+digestOf(2)) {
		t.Errorf("containers run %s and %s", *containers[0].Image, *containers[1].Image)
	}
	for container, n := range map[string]int{"sample-website": 1, "sidecar": 2} {
		if i, ok := w.Latest.Image(container); !ok || !i.Pushed.Equal(image(n).ImagePushedAt.Time) || i.Tag == "" {
			t.Errorf("%s: %+v", container, i)
		}
	}
	w = newWorld(image(1, "v1"))
	w.absent = []string{"side"}
	if got, err = w.handle(t, d, byInvocation); err != nil || got.Decision != Wait || got.Reason != "the repository side does not exist yet" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestABlockedImageOfOneContainerDoesNotHoldTheOthers(t *testing.T) {
	d := deployedWith(two)
	w := newWorld(image(3, "v3"), side(7, "build-7")).lived(d, image(1, "v1"), side(6, "build-6"))
	tag(w, live.TagBlocked, digestOf(3))
	got := Decide(Wanted(d, w.Images), w.Observed)
	if got.Verdict != Deploy || !slices.Equal(numbersOf(got.Wish), []int{1, 7}) {
		t.Fatalf("%s %v: %s", got.Verdict, numbersOf(got.Wish), got.Reason)
	}
	w.runs(got.Wish).had(deployment(got.Wish, succeeded))
	if got = Decide(Wanted(d, w.Images), w.Observed); got.Verdict != Hold {
		t.Errorf("then %s: %s", got.Verdict, got.Reason)
	}
}

// cost is the calls and rounds of one accepted release.
func cost(t *testing.T, d config.Deployed, w *world) (calls, rounds int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w.latency = time.Second
		start := time.Now()
		if got, err := w.handle(t, d, byInvocation); err != nil || got.Decision != Deploy {
			t.Fatal(got, err)
		}
		calls, rounds = len(w.calls), int(time.Since(start)/w.latency)
	})
	return calls, rounds
}

func TestARepositoryAndAnIndexCostOneCallEachAndNoRound(t *testing.T) {
	indexed := newWorld(indexOf(2, "latest"))
	indexed.indexes = map[string]string{digestOf(2): manifestOf("linux/amd64")}
	for name, c := range map[string]struct {
		service string
		w       *world
		calls   int
	}{
		"one image by exact tag":           {"", newWorld(image(2, "latest")), 12},
		"one image by exact tag, an index": {"", indexed, 13},
		"two repositories":                 {two, newWorld(image(2, "v2"), side(1, "build-1")), 13},
		"two containers from one repository": {`{"name": "sample-website", "images": [{"container": "sample-website", "tag": "v*"},
			{"container": "sidecar", "repository": "sample-website", "tag": "latest"}]}`, newWorld(image(2, "v2", "latest")), 12},
	} {
		t.Run(name, func(t *testing.T) {
			c.w.Latest = baseRevision()
			c.w.Latest.Definition.TaskDefinitionArn = aws.String("arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website:9")
			c.w.lived(deployedWith(c.service), c.w.Images...)
			c.w.Primary.Tags, c.w.Latest = nil, c.w.Primary
			c.w.had()
			if calls, rounds := cost(t, deployedWith(c.service), c.w); calls > c.calls || rounds > 4 {
				t.Errorf("%d calls in %d rounds: %v", calls, rounds, c.w.calls)
			}
		})
	}
}

// indexOf is image n as an index.
func indexOf(n int, tags ...string) ecr.ImageDetail {
	i := image(n, tags...)
	i.ImageManifestMediaType, i.ArtifactMediaType = oci.IndexTypes[0], ""
	return i
}

func manifestOf(platforms ...string) string {
	var all []string
	for _, p := range append(platforms, "unknown/unknown") {
		os, architecture, _ := strings.Cut(p, "/")
		all = append(all, fmt.Sprintf(`{"mediaType": %q, "platform": {"os": %q, "architecture": %q}}`, oci.ImageTypes[0], os, architecture))
	}
	return `{"manifests": [` + strings.Join(all, ",") + `]}`
}

func TestAnIndexHasTheTasksPlatformBeforeAnythingIsRegistered(t *testing.T) {
	for name, c := range map[string]struct {
		manifest string
		arm      bool
		verdict  Verdict
		reason   string
	}{
		"it has":                     {manifestOf("linux/arm64", "linux/amd64"), true, Deploy, ""},
		"it has not":                 {manifestOf("linux/amd64"), true, Refuse, "sample-website:latest holds images for linux/amd64 and the task runs on linux/arm64"},
		"a task without a platform":  {manifestOf("linux/arm64"), false, Refuse, "the task runs on linux/amd64"},
		"a build cache":              {`{"manifests": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"}]}`, true, Refuse, "is an index without an image, such as a build cache"},
		"attestations only":          {manifestOf(), true, Refuse, "an index without an image"},
		"nonsense":                   {`{`, true, Refuse, "it cannot be read"},
		"it is deleted in that time": {"", true, Refuse, "the registry does not give it any more"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(indexOf(2, "latest"))
			if c.manifest != "" {
				w.indexes = map[string]string{digestOf(2): c.manifest}
			}
			if c.arm {
				w.Base.Definition.RuntimePlatform = &ecstypes.RuntimePlatform{CpuArchitecture: ecstypes.CPUArchitectureArm64, OperatingSystemFamily: ecstypes.OSFamilyLinux}
			}
			got, err := w.handle(t, deployedWith(""), byInvocation)
			if err != nil || got.Decision != c.verdict || !strings.Contains(got.Reason, c.reason) || (len(w.sent) > 0) != (c.verdict == Deploy) {
				t.Errorf("%+v, %v, sent %v", got, err, w.sent)
			}
		})
	}
}

func TestABadIndexMakesNoRoomAndHoldsNoNewBase(t *testing.T) {
	w := newWorld(indexOf(2, "latest"))
	w.indexes = map[string]string{digestOf(2): manifestOf("linux/s390x")}
	w.runs(wished(1)).had(waiting(wished(1)))
	w.moved(time.Hour)
	if got, err := w.handle(t, deployedWith(""), byInvocation); err != nil || got.Decision != Refuse || len(w.sent) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
	old := wished(1)
	old.Base = strings.TrimSuffix(old.Base, "3") + "2"
	w.runs(old).had(deployment(old, succeeded))
	if got, err := w.handle(t, deployedWith(""), byInvocation); err != nil || got.Decision != Deploy || !strings.Contains(got.Reason, "the new base goes with the live") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAPushWaitsForItsBurstToEnd(t *testing.T) {
	service := `{"name": "sample-website", "image": {"tag": "v*"}, "settle": "%s"}`
	d := deployedWith(fmt.Sprintf(service, "90s"))
	w := newWorld(image(1, "v1"), image(2, "v2"))
	w.At = image(2).ImagePushedAt.Add(time.Second)
	_, err := w.handle(t, d, pushOf(2, "v2"))
	if err == nil || !strings.Contains(err.Error(), "it is released at 2026-11-23T04:03:30Z") {
		t.Errorf("the newest push itself comes back: %v", err)
	}
	got, err := w.handle(t, d, pushOf(1, "v1"))
	if err != nil || got.Decision != Wait || got.Push != "sample-website:v1 is superseded by sample-website:v2, which was pushed at 2026-11-23T04:02:00Z" ||
		got.Until == nil || !got.Until.Equal(image(2).ImagePushedAt.Add(90*time.Second)) {
		t.Errorf("one that was superseded does not: %+v, %v", got, err)
	}
	if got, err = w.handle(t, d, byInvocation); err != nil || got.Decision != Wait {
		t.Errorf("nor does the schedule: %+v, %v", got, err)
	}
	w.At = w.At.Add(90 * time.Second)
	if got, err = w.handle(t, d, pushOf(2, "v2")); err != nil || got.Decision != Deploy {
		t.Errorf("then: %+v, %v", got, err)
	}

	long := newWorld(image(2, "v2"))
	long.At = image(2).ImagePushedAt.Add(time.Second)
	if got, err = long.handle(t, deployedWith(fmt.Sprintf(service, "5m")), pushOf(2, "v2")); err != nil || got.Decision != Wait {
		t.Errorf("a long one is the schedule's: %+v, %v", got, err)
	}
	var endless []ecr.ImageDetail
	for n := range 30 {
		endless = append(endless, image(n, fmt.Sprintf("v%d", n)))
	}
	if got := Wanted(deployedWith(fmt.Sprintf(service, "2m")), endless).Until; !got.Equal(pushed.Add(20 * time.Minute)) {
		t.Errorf("a burst that does not end is released at %s", got)
	}
}

func TestEveryPushGetsItsExplanation(t *testing.T) {
	sbom := image(1, "1.0.0")
	sbom.ArtifactMediaType = "application/spdx+json"
	for name, c := range map[string]struct {
		service string
		images  []ecr.ImageDetail
		event   string
		want    string
	}{
		"it is the wish":               {glob, []ecr.ImageDetail{image(1, "v1")}, pushOf(1, "v1"), ""},
		"pushed before another":        {glob, []ecr.ImageDetail{image(1, "v1"), image(2, "v2")}, pushOf(1, "v1"), "superseded by sample-website:v2, which was pushed at 2026-11-23T04:02:00Z"},
		"of a lower version":           {imageOf(`{"semver": "*"}`), []ecr.ImageDetail{image(1, "1.0.1"), image(2, "1.0.0")}, pushOf(2, "1.0.0"), "sample-website:1.0.0 is superseded by sample-website:1.0.1, which comes after it by the range"},
		"its tag has moved on":         {"", []ecr.ImageDetail{image(2, "latest")}, pushOf(1, "latest"), "the tag stands for " + digestOf(2) + " now"},
		"it lost its tag":              {glob, []ecr.ImageDetail{image(1, "other"), image(2, "v2")}, pushOf(1, "v1"), "has lost its tag meanwhile"},
		"it was deleted":               {glob, []ecr.ImageDetail{image(2, "v2")}, pushOf(1, "v1"), "is not in the registry any more"},
		"it turned out to be no image": {imageOf(`{"semver": "*"}`), []ecr.ImageDetail{sbom, image(2, "0.9.0")}, pushOf(1, "1.0.0"), "holds application/spdx+json"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(c.images...)
			got, err := w.handle(t, deployedWith(c.service), c.event)
			if err != nil || got.Push != c.want && (c.want == "" || !strings.Contains(got.Push, c.want)) {
				t.Errorf("%q of %+v, %v", got.Push, got, err)
			}
		})
	}
}
