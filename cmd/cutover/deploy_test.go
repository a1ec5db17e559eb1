package main

import (
	"runtime"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

func TestDeployReleasesTheImageThatIsNamed(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	r.release("v2")
	_, told := r.hands(1, "deploy", "v9", "--yes")
	tells(t, told, `the repository sample-website has no image "v9"`)
	_, told = r.hands(2, "deploy", "v1")
	tells(t, told, "Production is on sample-website:v2; sample-website:v1 is released: it is verified, and if it passes production moves by CodeDeployDefault.ECSAllAtOnce; blue is kept for 1h0m0s then",
		"sample-website:v2, which the policy would choose, is passed over; what it chooses later is released as ever", "say --yes")
	if r.tags()[live.TagDeploy] != "" {
		t.Error("an order was given without a yes")
	}

	a := r.answers(0, "deploy", "v1", "--why", "v2 loses carts")
	r.decided(a, release.Deploy, "v1")
	tells(t, a.Outcome.Reason, "is asked for: sha256:", "because v2 loses carts")
	tells(t, a.Outcome.Event, "deploy by ", "because v2 loses carts")
	r.goesLive("v1")
	r.shows(1)
	r.decided(r.answers(0, "deploy"), release.Current, "v1")
	tells(t, r.shown(0, "explain", website, "v2"), "an image was asked for, in the place of another: sha256:")

	r.release("v3") // what is pushed later goes out as ever
	r.shows(3)
	out, told := r.hands(0, "deploy", "v3", "--yes")
	tells(t, told, "sample-website:v3 is live already and stays")
	tells(t, out, "sample-website:v3 is what the policy chooses; no other image is asked for any more.", "Nothing is to be released")
	if r.tags()[live.TagDeploy] != "" {
		t.Error("the order stands that was lifted")
	}
}

func TestDeployStaysUntilThePointThatIsNamed(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	r.release("v2")
	r.push("v3", r.site(runtime.GOARCH, "SITE_VERSION=v3", "SITE_FAULT=broken"), r.password())
	r.rollsBack("v3 was refused")

	// What was tried is tried once more when a person asks for it, and what becomes of it is the exit code.
	out, told := r.hands(1, "deploy", "v3", "--yes", "--until", "live", "--every", "100ms")
	tells(t, told, "It is tried once more: sample-website:v3 was tried by deployment ", "which failed", "is Failed: HOOK_EXECUTION_FAILURE")
	tells(t, out, "Deployment d-", "was started: sample-website:v3 on base 1 is to be tried once more", "AllowTestTraffic Succeeded")
	r.rollsBack("v3 was refused again")

	out, _ = r.hands(0, "deploy", "sample-website:v1", "--yes", "--until", "live", "--every", "100ms")
	tells(t, out, "sample-website:v1 is asked for.", "has all production traffic; blue is kept for now.")
	during := r.statusJSON().Deployment.ID
	r.hands(4, "deploy", "v1", "--yes", "--until", "finished", "--every", "100ms", "--timeout", "300ms")
	if now := r.statusJSON().Deployment.ID; now != during {
		t.Errorf("a second deployment %s was made beside %s", now, during)
	}

	// A rollback leads from what was asked for to what served before it.
	out, _ = r.hands(0, "rollback", "--yes")
	tells(t, out, "sample-website:v1 is blocked.")
	r.rollsBack("v2 serves again")
	r.decided(r.answers(0, "deploy"), release.Current, "v2")
	_, told = r.hands(1, "deploy", "v1", "--yes")
	tells(t, told, "sample-website:v1 is blocked", "cutover retry")
	out, _ = r.hands(0, "unpin", "--yes")
	tells(t, out, "sample-website is on an image that was asked for no longer.")
}

func TestDeployHeedsTheOrdersThatStand(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	r.release("v2")
	r.hands(0, "suspend", "--why", "the sale")
	_, told := r.hands(1, "deploy", "v1", "--yes")
	tells(t, told, "releases are suspended", "the sale", "cutover resume sample-website comes first")
	r.hands(0, "resume", "--yes")
	r.hands(0, "pin", "v2", "--yes")
	_, told = r.hands(1, "deploy", "v1", "--yes")
	tells(t, told, "the service is pinned to another image", "cutover unpin sample-website comes first")
	if out, _ := r.hands(0, "deploy", "v2", "--yes", "--until", "live", "--json"); !strings.Contains(out, `"decision":"Current"`) {
		t.Error(out)
	}
	r.hands(0, "unpin", "--yes")

	r.arrives("v3")
	_, told = r.hands(2, "deploy", "v1")
	tells(t, told, "sample-website:v1 is released when there is room for it (deployment d-")
	r.decided(r.answers(0, "deploy", "v1"), release.Busy, "v1") // v3 is observed for five minutes
	r.skip("termination-wait")
	r.until("v1 has production", hasProduction("v1"))
}
