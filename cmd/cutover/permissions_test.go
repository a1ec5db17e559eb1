package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// unusedHere are grants that no story of this test uses, each with why it is granted all the same. The key is the
// role's beginning and the action.
var unusedHere = map[string]string{
	"FunctionsRelease codedeploy:StopDeployment":     "for whenNewer.inProgress: stop, which the sample website does not say",
	"FunctionsRelease codedeploy:ContinueDeployment": "for a newer image after five minutes of observation, longer than this test",
	"FunctionsRelease ecs:DeregisterTaskDefinition":  "for more revisions that never went live than are kept, minutes after their deployments",
}

func TestEveryPermissionIsUsedAndNothingElseIsAskedFor(t *testing.T) {
	t.Parallel()
	marker := filepath.Join(t.TempDir(), "die")
	if err := os.WriteFile(marker, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := enter(t, 600, func(o *sandbox.Options) { dieWhile(t, o, marker) })
	r.branch()
	r.push("v1", r.site(runtime.GOARCH, "SITE_VERSION=v1"), r.password())
	r.until("the release with the dead hook is rolled back", rolledBack)
	if err := os.Remove(marker); err != nil {
		t.Fatal(err)
	}
	r.pushIndex("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2"))
	r.goesLive("v2")
	r.skip("schedule")
	r.told(0, func(e wire.Entry) bool { return calledBy(e, r.names.ReleaseFunction) == "ecs:ListTaskDefinitions" })
	r.push("v3", r.site(runtime.GOARCH, "SITE_VERSION=v3", "SITE_FAULT=broken"), r.password())
	r.until("v3 is refused", rolledBack)
	r.push("v4", r.site(runtime.GOARCH, "SITE_VERSION=v4", "SITE_FAULT=crash"), r.password())
	r.logged(`"decision":"Stopped"`)
	r.until("v4 is given up", rolledBack)
	for _, s := range []scenario{
		kept(r.names.Stack+"-release-dlq", dying(r.names.ReleaseFunction)), kept(r.names.Stack+"-verify-dlq", dying(r.names.ReportFunction)),
		kept(r.watcher+"-dlq", dying(r.watcher)), kept(r.names.Stack+"-events-dlq", refuseSchedule),
	} {
		r.need(s.play(r))
	}

	for _, d := range r.Decisions() {
		if !d.Allowed {
			t.Errorf("%s was denied %s on %s: %s", d.Caller.ARN, d.Action, d.Resource, d.Why)
		}
	}
	excused := map[string]bool{}
	for _, g := range r.Unused() {
		role := g.Role[strings.LastIndexByte(g.Role, '/')+1:]
		role = strings.TrimPrefix(strings.TrimPrefix(role, "sample-website-"), "cutover-")
		why := ""
		for key := range unusedHere {
			of, action, _ := strings.Cut(key, " ")
			if strings.HasPrefix(role, of) && strings.HasPrefix(g.Action, action) {
				why, excused[key] = unusedHere[key], true
			}
		}
		if why == "" {
			t.Errorf("%s is granted %s on %s and nothing used it", role, g.Action, g.Resource)
		}
	}
	for key := range unusedHere {
		if !excused[key] {
			t.Errorf("%q is excused and was used or is not granted any more", key)
		}
	}
}

// branch gives production a further rule, which forwards to what is live as the default does.
func (r *room) branch() {
	r.t.Helper()
	_, err := elasticloadbalancingv2.NewFromConfig(r.aws).CreateRule(r.t.Context(), &elasticloadbalancingv2.CreateRuleInput{
		ListenerArn: aws.String(r.listener(80).ARN), Priority: aws.Int32(1), Actions: r.toPrimary(),
		Conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/further"}}},
	})
	r.need(err)
}

// pushIndex pushes an image for this machine within an index, as builders for several platforms do.
func (r *room) pushIndex(tag string, img v1.Image) {
	r.t.Helper()
	ref, err := name.NewTag(r.Host() + "/" + r.names.Repository + ":" + tag)
	r.need(err)
	index := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), mutate.IndexAddendum{
		Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: runtime.GOARCH}}})
	r.need(remote.WriteIndex(ref, index, remote.WithContext(r.t.Context()), remote.WithAuth(&authn.Basic{Username: "AWS", Password: r.password()})))
}

// dieWhile makes the verify function die at its start while the marker stands; the reporter lives.
func dieWhile(t *testing.T, o *sandbox.Options, marker string) {
	t.Helper()
	dies := filepath.Join(t.TempDir(), "bootstrap")
	script := fmt.Sprintf("#!/bin/sh\ncase $AWS_LAMBDA_FUNCTION_NAME in\nCodeDeployHook_*) [ -e %s ] && exit 1 ;;\nesac\nexec %s\n",
		marker, filepath.Join(binaries(t), "verify", "bootstrap"))
	if err := os.WriteFile(dies, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	built := o.Bootstrap
	o.Bootstrap = func(name, path string) (string, error) {
		if strings.HasSuffix(name, "verify") {
			return dies, nil
		}
		return built(name, path)
	}
}
