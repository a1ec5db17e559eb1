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
