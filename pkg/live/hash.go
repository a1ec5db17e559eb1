package live

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Hash identifies a wish: "<settings>-<images>", twelve hexadecimal digits each. The first half stands for base
// and settings, the second for the image digests, so that a look at past deployments tells an image that was
// tried on another base.
type Hash string

// Settings is the half that stands for base and settings.
func (h Hash) Settings() string { half, _, _ := strings.Cut(string(h), "-"); return half }

// Images is the half that stands for the image digests.
func (h Hash) Images() string { _, half, _ := strings.Cut(string(h), "-"); return half }

// Hash of the wish. It stays the same from one version of Cutover to the next: a changed hash would release
// every service anew. A setting that is not set takes no part in it.
func (w Wish) Hash() Hash {
	settings := []string{"base " + w.Base}
	if n := w.Settings.Network; n != nil {
		settings = append(settings, "subnets "+sorted(n.Subnets), "groups "+sorted(n.SecurityGroups), "public "+n.AssignPublicIP)
	}
	if v := w.Settings.PlatformVersion; v != "" {
		settings = append(settings, "platform "+v)
	}
	for _, c := range w.Settings.CapacityProviders {
		settings = append(settings, fmt.Sprintf("capacity %s %d %d", c.CapacityProvider, c.Base, c.Weight))
	}
	images := make([]string, 0, len(w.Images))
	for _, i := range w.Images {
		images = append(images, "image "+i.Container+" "+i.Reference())
	}
	slices.Sort(images)
	return Hash(digits(settings) + "-" + digits(images))
}

// ParseHash reads a hash as it stands in a tag.
func ParseHash(s string) (Hash, bool) {
	h := Hash(s)
	if len(s) != 25 || !isHex(h.Settings()) || !isHex(h.Images()) {
		return "", false
	}
	return h, true
}

func digits(lines []string) string {
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:6])
}

func sorted(s []string) string {
	return strings.Join(slices.Sorted(slices.Values(s)), ",")
}

func isHex(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789abcdef") == ""
}
