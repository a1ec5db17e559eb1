//go:build !race

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/docs/transcript"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// plays runs what a block of the page about adoption says, in a directory, and holds the answer against the page.
func (s *legacy) plays(dir, first string) {
	s.t.Helper()
	block, err := transcript.Find("../docs/adopt.md", first)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, step := range block.Steps() {
		cmd := exec.CommandContext(s.t.Context(), "bash", "-c", "exec 2>&1; "+strings.Replace(step.Command, "cutover", program(s.t), 1))
		cmd.Dir, cmd.Env = dir, append(append(os.Environ(), sandbox.Environment(s.Host())...), "NO_PROXY=*")
		if out, _ := cmd.Output(); !transcript.Says(step.Answer, string(out)) {
			s.t.Errorf("$ %s\nthe page says\n%s\nbut it is\n%s", step.Command, strings.Join(step.Answer, "\n"), out)
		}
	}
}

func TestThePageOfAdoptionTellsWhatIsDone(t *testing.T) {
	program(t)
	s, dir := stand(t), t.TempDir()
	whole, broken := s.group(""), s.group("")
	broken.LoadBalancerInfo.TargetGroupPairInfoList[0].TestTrafficRoute = nil
	broken.BlueGreenDeploymentConfiguration.TerminateBlueInstancesOnDeploymentSuccess = &cdtypes.BlueInstanceTerminationOption{Action: cdtypes.InstanceActionKeepAlive}
	for _, group := range []*codedeploy.CreateDeploymentGroupInput{broken, whole} {
		made[*codedeploy.UpdateDeploymentGroupOutput](t)(s.deploys.UpdateDeploymentGroup(t.Context(), &codedeploy.UpdateDeploymentGroupInput{
			ApplicationName: &s.names.Application, CurrentDeploymentGroupName: &s.names.DeploymentGroup, LoadBalancerInfo: group.LoadBalancerInfo,
			BlueGreenDeploymentConfiguration: group.BlueGreenDeploymentConfiguration,
		}))
		if group == broken {
			s.plays(dir, "$ cutover adopt Shop_Web --cluster prod")
		}
	}
	file := filepath.Join(dir, "cdk.json")
	if err := os.WriteFile(file, []byte(`{"context": {}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.plays(dir, "$ cutover adopt Shop_Web --cluster prod --name shop")

	var written struct {
		Context map[string]map[string]any
	}
	if err := readJSON(file, &written); err != nil {
		t.Fatal(err)
	}
	block, err := transcript.Find("../docs/adopt.md", `"services": [{`)
	if err != nil {
		t.Fatal(err)
	}
	var shown map[string]any
	if err := json.Unmarshal([]byte("{"+block.Text+"}"), &shown); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shown, written.Context["cutover"], anyID()); diff != "" {
		t.Errorf("the page shows another configuration than is written:\n%s", diff)
	}
}

// anyID has ARNs compared without the ids that are made at random.
func anyID() cmp.Option {
	return cmp.Comparer(func(a, b string) bool {
		of := func(arn string) string {
			parts := strings.Split(arn, "/")
			for i, p := range parts {
				if len(p) == 16 {
					parts[i] = "ID"
				}
			}
			return strings.Join(parts, "/")
		}
		return of(a) == of(b)
	})
}

// The alarms are put on the deployment group by the AWS CLI, where it is installed.
func TestThePageOfAdoptionPutsTheAlarmsOnTheGroup(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the AWS CLI is not installed here")
	}
	s := stand(t)
	block, err := transcript.Find("../docs/adopt.md", "aws deploy update-deployment-group")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", block.Text)
	cmd.Env = append(append(os.Environ(), sandbox.Environment(s.Host())...), "NO_PROXY=*")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	group := made[*codedeploy.GetDeploymentGroupOutput](t)(s.deploys.GetDeploymentGroup(t.Context(), &codedeploy.GetDeploymentGroupInput{
		ApplicationName: &s.names.Application, DeploymentGroupName: &s.names.DeploymentGroup}))
	if alarms := group.DeploymentGroupInfo.AlarmConfiguration; !alarms.Enabled || len(alarms.Alarms) != 2 {
		t.Errorf("%+v", alarms)
	}
}
