package live

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

const digest = "sha256:abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"

func wish() Wish {
	return Wish{
		Base: "arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website-base:3",
		Settings: Settings{
			Network:         &appspec.Network{Subnets: []string{"subnet-b", "subnet-a"}, SecurityGroups: []string{"sg-1"}, AssignPublicIP: "DISABLED"},
			PlatformVersion: "LATEST",
		},
		Images: []Image{{
			Container: "sample-website", Registry: "111122223333.dkr.ecr.us-east-1.amazonaws.com", Repository: "sample-website",
			Tag: "v2", Digest: digest, Pushed: time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC),
		}},
	}
}

func TestTheHashOfAWishNeverChangesFromOneVersionToTheNext(t *testing.T) {
	const first = Hash("3ccbe0413964-c0cfe26f4fcb")
	if got := wish().Hash(); got != first {
		t.Errorf("the hash is %s; with %s every service would be released anew", got, first)
	}
}

func TestTheHashTellsBaseAndSettingsFromImages(t *testing.T) {
	was := wish().Hash()
	for name, c := range map[string]struct {
		change           func(*Wish)
		settings, images bool
	}{
		"another base":             {func(w *Wish) { w.Base += "1" }, true, false},
		"another subnet":           {func(w *Wish) { w.Settings.Network.Subnets[0] = "subnet-c" }, true, false},
		"another security group":   {func(w *Wish) { w.Settings.Network.SecurityGroups[0] = "sg-2" }, true, false},
		"a public address":         {func(w *Wish) { w.Settings.Network.AssignPublicIP = "ENABLED" }, true, false},
		"another platform":         {func(w *Wish) { w.Settings.PlatformVersion = "1.4.0" }, true, false},
		"a capacity provider":      {func(w *Wish) { w.Settings.CapacityProviders = []appspec.CapacityProvider{{Weight: 1}} }, true, false},
		"another digest":           {func(w *Wish) { w.Images[0].Digest = strings.ReplaceAll(digest, "0", "1") }, false, true},
		"another container":        {func(w *Wish) { w.Images[0].Container = "app" }, false, true},
		"another repository":       {func(w *Wish) { w.Images[0].Repository = "app" }, false, true},
		"another tag":              {func(w *Wish) { w.Images[0].Tag = "v3" }, false, false},
		"subnets in another order": {func(w *Wish) { w.Settings.Network.Subnets = []string{"subnet-a", "subnet-b"} }, false, false},
		"another time of the push": {func(w *Wish) { w.Images[0].Pushed = time.Time{} }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := wish()
			c.change(&w)
			is := w.Hash()
			if (is.Settings() != was.Settings()) != c.settings || (is.Images() != was.Images()) != c.images {
				t.Errorf("from %s to %s", was, is)
			}
		})
	}
}

func TestADescriptionStartsWithTheHashAndGoesOnInWords(t *testing.T) {
	w := wish()
	want := "cutover " + string(w.Hash()) + " revision 12: sample-website:v2@sha256:abcdef012345… on base 3"
	if got := w.Description("arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website:12"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestADescriptionFitsAndIsReadBackWhateverTheNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := wish()
		w.Images[0].Repository = rapid.StringMatching(`[a-z]{1,250}`).Draw(t, "repository")
		w.Images[0].Tag = rapid.StringMatching(`[a-zA-Z0-9_.-]{0,128}`).Draw(t, "tag")
		number := rapid.IntRange(1, math.MaxInt32).Draw(t, "revision")
		text := w.Description(fmt.Sprintf("arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website:%d", number))
		if len(text) > 256 || strings.ToValidUTF8(text, "") != text {
			t.Fatalf("%d bytes: %q", len(text), text)
		}
		if h, ok := ParseDescription(text); !ok || h != w.Hash() {
			t.Fatalf("%q gives %q, %t", text, h, ok)
		}
		if n, ok := DescribedRevision(text); !ok || n != number {
			t.Fatalf("%q gives %d, %t", text, n, ok)
		}
	})
}

func TestTextOfOthersIsNoWish(t *testing.T) {
	for _, text := range []string{
		"", "cutover", "cutover ", "Cutover 0123456789ab-0123456789ab x", "cutover 0123456789ab x",
		"cutover 0123456789ab-0123456789aB x", "cutover 0123456789ab-0123456789abc x", "cutover 0123456789ab-0123456789ab",
		"release cutover 0123456789ab-0123456789ab x",
	} {
		if h, ok := ParseDescription(text); ok {
			t.Errorf("%q was read as %s", text, h)
		}
		if n, ok := DescribedRevision(text); ok {
			t.Errorf("%q was read as of revision %d", text, n)
		}
	}
}

func TestARevisionsTagsTellItsWish(t *testing.T) {
	w := wish()
	want := map[string]string{
		TagWish:   string(w.Hash()),
		TagImage:  "sample-website:v2@" + digest,
		TagPushed: "2026-11-23T05:00:00Z",
	}
	if diff := cmp.Diff(want, w.Tags()); diff != "" {
		t.Error(diff)
	}
	w.Images[0].Source, want[TagSource] = "3f2c@main", "3f2c@main@"+digest
	if diff := cmp.Diff(want, w.Tags()); diff != "" {
		t.Error(diff)
	}
}

func TestATagTooLongForAWSIsLeftOut(t *testing.T) {
	w := wish()
	w.Images[0].Repository = strings.Repeat("a", 250)
	if _, ok := w.Tags()[TagImage]; ok {
		t.Error("a tag's value holds 256 characters at most")
	}
}

func TestAnImageIsReadBack(t *testing.T) {
	for _, i := range []Image{
		{Repository: "sample-website", Tag: "v2", Digest: digest},
		{Repository: "team/sample-website", Digest: digest},
	} {
		got, ok := ParseImage(i.String())
		if diff := cmp.Diff(i, got); diff != "" || !ok {
			t.Errorf("%s: %t %s", i, ok, diff)
		}
	}
	for _, s := range []string{"", "sample-website", "sample-website:v2", "@" + digest, "sample-website@md5:00"} {
		if i, ok := ParseImage(s); ok {
			t.Errorf("%q was read as %+v", s, i)
		}
	}
}
