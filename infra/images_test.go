//go:build !race

package main

import (
	"slices"
	"strings"
	"testing"
)

func TestSeveralImagesHaveTheirRepositoriesContainersAndPermissions(t *testing.T) {
	all := synth(t, `{"services": [{"name": "shop", "images": [
		{"container": "proxy", "repository": "team/proxy", "semver": ">=1"}, {"container": "shop", "tag": "v*"}, {"container": "helper", "repository": "shop"}]}]}`)
	s := all["shop"]
	var repositories []string
	for _, id := range all["cutover"].ids("AWS::ECR::Repository") {
		repositories = append(repositories, all["cutover"].Resources[id].Properties["RepositoryName"].(string))
	}
	if slices.Sort(repositories); !slices.Equal(repositories, []string{"shop", "team/proxy"}) {
		t.Errorf("repositories: %v", repositories)
	}
	var containers []string
	for _, id := range s.ids("AWS::ECS::TaskDefinition") {
		p := s.Resources[id].Properties
		if p["Family"] != "shop-base" {
			continue
		}
		for n := range p["ContainerDefinitions"].([]any) {
			c := at(t, p, "ContainerDefinitions", n).(map[string]any)
			containers = append(containers, c["Name"].(string)+" "+text(account(c["Image"])))
			if c["Essential"] != true || c["LogConfiguration"] == nil {
				t.Errorf("container %v", c)
			}
		}
	}
	want := []string{"shop", "proxy", "helper"}
	if len(containers) != 3 || !slices.EqualFunc(containers, want, strings.HasPrefix) || !strings.Contains(containers[1], "/team/proxy") {
		t.Errorf("containers: %v", containers)
	}
	roles := 0
	for _, id := range s.ids("AWS::IAM::Role") {
		if policy := text(account(s.Resources[id].Properties["Policies"])); strings.Contains(policy, "repository/") {
			roles++
			if !strings.Contains(policy, "repository/team/proxy") || !strings.Contains(policy, "repository/shop") {
				t.Errorf("%s reaches only some of the repositories: %s", id, policy)
			}
		}
	}
	if roles != 2 {
		t.Errorf("%d roles reach the repositories, not those of the release function and of starting tasks", roles)
	}
}

func TestARepositoryElsewhereIsReadThereAndNotMade(t *testing.T) {
	stacks := synth(t, `{"services": [{"name": "sample-website", "image": {"account": "444455556666", "region": "eu-west-1"}}]}`)
	if made := stacks["cutover"].ids("AWS::ECR::Repository"); len(made) > 0 {
		t.Errorf("the platform makes %v", made)
	}
	s := stacks["sample-website"]
	const there = "arn:aws:ecr:eu-west-1:444455556666:repository/sample-website"
	_, function := s.with(t, "AWS::Lambda::Function", "FunctionName", "sample-website-release")
	_, base := s.with(t, "AWS::ECS::TaskDefinition", "Family", "sample-website-base")
	for what, role := range map[string]any{"the release function": function.Properties["Role"], "ECS": base.Properties["ExecutionRoleArn"]} {
		var on []string
		for _, line := range allowed(t, s, role) {
			if action, resource, _ := strings.Cut(line, " on "); strings.HasPrefix(action, "ecr:") && action != "ecr:GetAuthorizationToken" {
				on = append(on, resource)
			}
		}
		if slices.Sort(on); len(on) == 0 || on[0] != there || on[len(on)-1] != there {
			t.Errorf("%s may on %v", what, on)
		}
	}
	if is := text(base.Properties["ContainerDefinitions"]); !strings.Contains(is, "444455556666.dkr.ecr.eu-west-1.") {
		t.Errorf("the base's container: %s", is)
	}
}
