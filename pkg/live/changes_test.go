package live

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestChangesAreToldInTheOrderInWhichTheyHappen(t *testing.T) {
	blue := TaskSetStatus{ID: "ecs-svc/1", Status: "PRIMARY", Image: "site:v1", Desired: 1, Running: 1, Healthy: 1, Targets: 1, TargetGroup: "tg-1", Production: 100, Test: 100}
	green := TaskSetStatus{ID: "ecs-svc/2", Status: "ACTIVE", Label: "green", Image: "site:v2", Desired: 1, TargetGroup: "tg-2"}
	deployment := func(status string, events ...EventStatus) *DeploymentStatus {
		return &DeploymentStatus{ID: "d-1", Status: status, Creator: "user", Description: "site:v2", Created: time.Unix(1, 0), Events: events}
	}
	started := deployment("InProgress", EventStatus{Name: "BeforeInstall", Status: "Succeeded"}, EventStatus{Name: "Install", Status: "InProgress"}, EventStatus{Name: "AllowTraffic", Status: "Pending"})
	failed := deployment("Failed", EventStatus{Name: "BeforeInstall", Status: "Succeeded"}, EventStatus{Name: "Install", Status: "Failed"}, EventStatus{Name: "AllowTraffic", Status: "Skipped"})
	failed.Error, failed.Rollback = "TIMEOUT: too long", "d-2"
	waiting := deployment("InProgress", EventStatus{Name: "AllowTraffic", Status: "Succeeded"})
	waiting.Terminating = true
	rollback := &DeploymentStatus{ID: "d-2", Status: "Created", Creator: "codeDeployRollback", RollsBack: "d-1"}
	for name, c := range map[string]struct {
		before, now Status
		want        []string
	}{
		"nothing": {Status{}, Status{}, nil},
		"the first look": {Status{}, Status{TaskSets: []TaskSetStatus{blue}}, []string{
			"task set ecs-svc/1 PRIMARY site:v1: 1 of 1 running, 1 of 1 targets healthy in tg-1, 100 % production, 100 % test",
		}},
		"the same again": {Status{Deployment: started, TaskSets: []TaskSetStatus{blue}}, Status{Deployment: started, TaskSets: []TaskSetStatus{blue}}, nil},
		"a deployment": {Status{TaskSets: []TaskSetStatus{blue}}, Status{Deployment: started, TaskSets: []TaskSetStatus{blue, green}}, []string{
			"deployment d-1 by user: site:v2", "BeforeInstall Succeeded", "Install InProgress", "deployment d-1 is InProgress",
			"task set ecs-svc/2 ACTIVE green site:v2: 0 of 1 running, 0 of 0 targets healthy in tg-2, 0 % production, 0 % test",
		}},
		"a failure": {Status{Deployment: started}, Status{Deployment: failed}, []string{
			"Install Failed", "deployment d-1 is Failed: TIMEOUT: too long", "deployment d-1 is rolled back by d-2",
		}},
		"a rollback": {Status{Deployment: failed, TaskSets: []TaskSetStatus{green}}, Status{Deployment: rollback}, []string{
			"deployment d-2 by codeDeployRollback: rolls back d-1", "task set ecs-svc/2 is gone (site:v2)",
		}},
		"blue is kept": {Status{Deployment: started}, Status{Deployment: waiting}, []string{
			"AllowTraffic Succeeded", "termination wait began: blue is kept",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Changes(c.before, c.now)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
