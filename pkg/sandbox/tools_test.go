package sandbox_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// The tools of others are never fetched by a test: README.md tells how a machine gets them.

func TestTheJavaScriptSDKDeploysWithItsWaiters(t *testing.T) {
	node(t, "@aws-sdk/client-codedeploy", "@aws-sdk/client-ecs")
	b := newBed(t, 1, 6000)
	b.tool("node", "sdk.cjs", b.cast.hook)
	b.answers(b.production, "from JavaScript")
	b.made("Succeeded by user", "Failed by user", "Succeeded by codeDeployRollback")
}

func TestAWSLabsCustomResourceDeploysAndStops(t *testing.T) {
	node(t, "@aws-sdk/client-codedeploy", "@cdklabs/cdk-ecs-codedeploy/package.json")
	b := newBed(t, 1, 6000)
	good, bad := b.revision(), b.revision()
	b.tool("node", "cdklabs.cjs", good, bad, b.cast.hook)
	b.answers(b.production, "2")
	b.made("Succeeded by user", "Failed by user", "Succeeded by codeDeployRollback", "Stopped by user")
}

// node skips the test where Node.js does not find the packages.
func node(t *testing.T, packages ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	for _, name := range packages {
		if err := exec.Command("node", "-e", "require.resolve(process.argv[1])", name).Run(); err != nil {
			t.Skipf("Node.js with the package %s in NODE_PATH is not on this machine", name)
		}
	}
}

// tool runs a script of testdata/tools as a person does who has the sandbox's variables set.
func (b *bed) tool(program, script string, args ...string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 2*limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append([]string{filepath.Join("testdata", "tools", script)}, args...)...)
	cmd.Env = append(os.Environ(), sandbox.Environment(b.s.Host())...)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("%s %s: %v\n%s\n%s", program, script, err, out, b.state())
	}
}

// made checks the first deployments of the group: how they ended and who made them.
func (b *bed) made(want ...string) {
	b.t.Helper()
	var all []types.DeploymentInfo
	b.until("all deployments are over", func(ctx context.Context) (bool, error) {
		out, err := b.deploy.ListDeployments(ctx, &codedeploy.ListDeploymentsInput{ApplicationName: new("web"), DeploymentGroupName: new("web")})
		if err != nil {
			return false, err
		}
		infos, err := b.deploy.BatchGetDeployments(ctx, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: out.Deployments})
		if err != nil {
			return false, err
		}
		all = infos.DeploymentsInfo
		return !slices.ContainsFunc(all, func(d types.DeploymentInfo) bool { return !over(&d) }), nil
	})
	slices.SortFunc(all, func(x, y types.DeploymentInfo) int { return x.CreateTime.Compare(*y.CreateTime) })
	var got []string
	for _, d := range all {
		got = append(got, fmt.Sprint(d.Status, " by ", d.Creator))
	}
	if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		b.t.Errorf("the deployments are %q, want first %q", got, want)
	}
}
