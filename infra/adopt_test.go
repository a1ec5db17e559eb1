//go:build !race

package main

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cutover-ecs/cutover/pkg/live"
)

func architecture() ecstypes.CPUArchitecture {
	if runtime.GOARCH == "arm64" {
		return ecstypes.CPUArchitectureArm64
	}
	return ecstypes.CPUArchitectureX8664
}

// document is the configuration as a person would write it.
func (s *legacy) document() string {
	return `{"platform": {"vpc": {"id": "vpc-1", "privateSubnets": ["subnet-3", "subnet-4"], "natAddresses": ["192.0.2.1"]}},
		"services": [{"name": "shop", "image": {"repository": "shop/web", "tag": "v*"}, "task": {"container": "web"}, "loadBalancer": {"testPort": 9000},
			"deployment": {"terminationWait": "10m"}, "verify": {"settle": "0s", "checks": [{"path": "/", "expect": {"contains": "Sample Website"}}]},
			"existing": ` + text(s.existing()) + `}]}`
}

func TestAServiceThatStoodIsDeployedByItsPushesAndKeepsAllThatItHad(t *testing.T) {
	program(t)
	s := stand(t)
	group := s.groupAsItStands()
	s.deploy(s.document())

	first := s.until("v1 is pinned by its digest", settled("v1"))
	s.keeps(first)
	s.push("v2")
	second := s.until("v2 is live", settled("v2"))
	s.keeps(second)
	if from, to := first.TaskSets[0].TargetGroup, second.TaskSets[0].TargetGroup; from == to {
		t.Errorf("both versions were in the target group %s", from)
	}

	s.pushBroken("v3")
	third := s.until("v3 is refused", func(now live.Status) bool {
		return now.Deployment != nil && now.Deployment.RollsBack != "" && settled("v2")(now)
	})
	s.keeps(third)

	s.leaves(third)
	if diff := cmp.Diff(group, s.groupAsItStands()); diff != "" {
		t.Errorf("the deployment group is another:\n%s", diff)
	}
	for _, d := range s.Decisions() {
		if !d.Allowed {
			t.Errorf("%s was denied %s on %s: %s", d.Caller.ARN, d.Action, d.Resource, d.Why)
		}
	}
}

// groupAsItStands is what a person set up of the deployment group.
func (s *legacy) groupAsItStands() string {
	s.t.Helper()
	g := made[*codedeploy.GetDeploymentGroupOutput](s.t)(s.deploys.GetDeploymentGroup(s.t.Context(), &codedeploy.GetDeploymentGroupInput{
		ApplicationName: &s.names.Application, DeploymentGroupName: &s.names.DeploymentGroup,
	})).DeploymentGroupInfo
	g.TargetRevision, g.LastSuccessfulDeployment, g.LastAttemptedDeployment = nil, nil, nil
	return text(g)
}

// keeps asks that the revision that serves is the team's own but for its image and Cutover's tags.
func (s *legacy) keeps(now live.Status) {
	s.t.Helper()
	r := s.serves(now)
	if image := aws.ToString(r.Definition.ContainerDefinitions[0].Image); !strings.Contains(image, "/shop/web@sha256:") {
		s.t.Errorf("the image is %s", image)
	}
	if diff := cmp.Diff(said(s.t, s.before), said(s.t, r.Definition)); diff != "" {
		s.t.Errorf("the revision is another than the team's:\n%s", diff)
	}
	if team := live.Tags(r.Tags)["team"]; team != "checkout" {
		s.t.Errorf("the tags are %v", r.Tags)
	}
	set := now.TaskSets[0]
	if set.Desired != 1 || set.Running != 1 {
		s.t.Errorf("%d of %d tasks run", set.Running, set.Desired)
	}
}

// said is what a revision says but for its number, its registration and its container's image.
func said(t *testing.T, d *ecstypes.TaskDefinition) map[string]any {
	t.Helper()
	var tree map[string]any
	if err := json.Unmarshal([]byte(text(d)), &tree); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"TaskDefinitionArn", "Revision", "RegisteredAt", "RegisteredBy"} {
		delete(tree, key)
	}
	delete(at(t, tree, "ContainerDefinitions", 0).(map[string]any), "Image")
	return tree
}

// leaves deletes the stacks and asks that the service does not notice.
func (s *legacy) leaves(before live.Status) {
	s.t.Helper()
	for _, stack := range []string{"shop", "cutover"} {
		left, err := s.DeleteStack(s.t.Context(), stack)
		if err != nil || len(left) > 0 {
			s.t.Fatalf("deleting the stack %s leaves %v: %v", stack, left, err)
		}
	}
	after, err := live.ReadStatus(s.t.Context(), s.readers, s.names)
	if err != nil || text(after.TaskSets) != text(before.TaskSets) {
		s.t.Errorf("without the stacks the service is another: %v %s", err, text(after))
	}
	if resp, err := s.client.Get(s.url); err != nil || resp.StatusCode != 200 {
		s.t.Errorf("the site does not answer any more: %v", err)
	} else {
		resp.Body.Close()
	}
}

// pushBroken pushes a version whose page is an error page.
func (s *legacy) pushBroken(version string) {
	s.t.Helper()
	ref, err := name.NewTag(s.Host() + "/" + s.names.Repository + ":" + version)
	if err != nil {
		s.t.Fatal(err)
	}
	img := executable(s.t, "sample-website", "/site", v1.Config{Entrypoint: []string{"/site"}, Env: []string{"SITE_VERSION=" + version, "SITE_FAULT=broken"}})
	if err := remote.Write(ref, img, remote.WithContext(s.t.Context()), remote.WithAuth(&authn.Basic{Username: "AWS", Password: s.password()})); err != nil {
		s.t.Fatal(err)
	}
}
