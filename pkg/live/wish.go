package live

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

// Tags of a revision that Cutover registered.
const (
	TagWish   = "cutover:wish"   // the wish's Hash
	TagImage  = "cutover:image"  // "<repository>:<tag>@<digest>", several in one value with spaces between
	TagPushed = "cutover:pushed" // when the newest of the images was pushed, RFC 3339
	TagSource = "cutover:source" // "<commit>@<digest>": what the image that gets the traffic was built from, by its label

	// TagImageOf goes before the number of each of several images; its value adds when that one was pushed.
	TagImageOf = "cutover:image."
)

// mostText is how long CodeDeploy allows a deployment's description to be
// (https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html). Counted in bytes here, to be safe.
const mostText = 256

// Wish is what a service should run: a base, the settings that an AppSpec carries, and images by digest. Two
// wishes with the same Hash are the same wish.
type Wish struct {
	// Base is the ARN of the base's task definition revision.
	Base string
	// Settings are those that the AppSpec carries.
	Settings Settings
	// Images are those of the mapped containers, at least one.
	Images []Image
}

// Settings of new tasks that stand in the AppSpec rather than in the task definition.
type Settings struct {
	Network           *appspec.Network
	PlatformVersion   string
	CapacityProviders []appspec.CapacityProvider
}

// Image is one container's image, by digest.
type Image struct {
	// Container of the task definition that it goes into.
	Container string
	// Registry is the host: 111122223333.dkr.ecr.us-east-1.amazonaws.com.
	Registry string
	// Repository in the registry.
	Repository string
	// Tag that led to the digest; it is told to people and is no part of the wish's identity.
	Tag string
	// Digest is "sha256:" and 64 hexadecimal digits.
	Digest string
	// Pushed is when the registry got it; zero when unknown.
	Pushed time.Time
	// Source is the commit that it was built from, by its label org.opencontainers.image.revision; empty when unknown. It
	// is no part of the wish's identity.
	Source string
}

// Reference is the image as a task definition names it: by digest.
func (i Image) Reference() string { return i.Registry + "/" + i.Repository + "@" + i.Digest }

// String is "<repository>:<tag>@<digest>", without ":<tag>" where there is none.
func (i Image) String() string {
	if i.Tag == "" {
		return i.Repository + "@" + i.Digest
	}
	return i.Repository + ":" + i.Tag + "@" + i.Digest
}

// Name is for people: "<repository>:<tag>", or the digest's first digits where there is no tag.
func (i Image) Name() string {
	if i.Tag == "" {
		return i.Repository + "@" + short(i.Digest)
	}
	return i.Repository + ":" + i.Tag
}

// ParseImage reads one value that Image.String wrote.
func ParseImage(s string) (Image, bool) {
	name, digest, ok := strings.Cut(s, "@")
	if !ok || !strings.HasPrefix(digest, "sha256:") {
		return Image{}, false
	}
	repository, tag, _ := strings.Cut(name, ":")
	return Image{Repository: repository, Tag: tag, Digest: digest}, repository != ""
}

// Description is the text of a deployment of this wish by a revision, of which only the number at the ARN's end is
// told: "cutover <hash> revision <number>: " and then words for people, at most 256 bytes. ParseDescription and
// DescribedRevision give hash and number back.
func (w Wish) Description(arn string) string {
	names := make([]string, 0, len(w.Images))
	for _, i := range w.Images {
		names = append(names, i.Name()+"@"+short(i.Digest))
	}
	text := fmt.Sprintf("cutover %s revision %s: %s on base %s", w.Hash(), revision(arn), strings.Join(names, " "), revision(w.Base))
	if len(text) <= mostText {
		return text
	}
	end := mostText - len("…")
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// ParseDescription reads the hash out of a deployment's description; false when the deployment is not Cutover's.
func ParseDescription(text string) (Hash, bool) {
	words := strings.SplitN(text, " ", 3)
	if len(words) < 3 || words[0] != "cutover" {
		return "", false
	}
	return ParseHash(words[1])
}

// DescribedRevision reads the number of the revision out of a deployment's description; false when it tells none.
// Deployments tell of the AppSpec that they were made of only its hash.
func DescribedRevision(text string) (int, bool) {
	words := strings.SplitN(text, " ", 5)
	if len(words) < 5 || words[0] != "cutover" || words[2] != "revision" {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSuffix(words[3], ":"))
	return n, err == nil && n > 0
}

// DescribedImages reads the images' words out of a deployment's description, each "<repository>:<tag>@<the digest's
// first digits>…"; false when the deployment is not Cutover's. They are for people: a long description is cut.
func DescribedImages(text string) ([]string, bool) {
	if _, ours := ParseDescription(text); !ours {
		return nil, false
	}
	words := strings.Fields(text)
	return slices.DeleteFunc(words, func(w string) bool { return !strings.Contains(w, "@") }), true
}

// Tags of the wish's revision.
func (w Wish) Tags() map[string]string {
	names := make([]string, 0, len(w.Images))
	var pushed time.Time
	var source string
	for _, i := range w.Images {
		names = append(names, i.String())
		if i.Pushed.After(pushed) {
			pushed = i.Pushed
		}
		if source == "" && i.Source != "" {
			source = i.Source + "@" + i.Digest
		}
	}
	tags := map[string]string{TagWish: string(w.Hash()), TagImage: strings.Join(names, " ")}
	if len(tags[TagImage]) > mostText {
		delete(tags, TagImage)
	}
	if !pushed.IsZero() {
		tags[TagPushed] = pushed.UTC().Format(time.RFC3339)
	}
	if source != "" {
		tags[TagSource] = source
	}
	for n, i := range w.Images {
		value := i.String() + " " + i.Pushed.UTC().Format(time.RFC3339)
		if len(w.Images) > 1 && len(value) <= mostText {
			tags[TagImageOf+strconv.Itoa(n)] = value
		}
	}
	return tags
}

func short(digest string) string {
	if len(digest) <= 19 {
		return digest
	}
	return digest[:19] + "…"
}

// revision is the number at the end of a task definition's ARN.
func revision(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }
