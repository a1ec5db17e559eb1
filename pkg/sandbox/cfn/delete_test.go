package cfn_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

const (
	exporting = `{"Resources": {"Hub": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "hub"}}}, "Outputs": {"Hub": {"Value": {"Ref": "Hub"}, "Export": {"Name": "hub"}}}}`
	importing = `{"Resources": {"Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Fn::ImportValue": "hub"}}}}}`
)

func TestWhatOthersImportCannotBeTakenAway(t *testing.T) {
	w := inWorld(t, "first", exporting, "second", importing)
	if _, err := w.DeleteStack(t.Context(), "first"); err == nil || !strings.Contains(err.Error(), "Delete canceled. Cannot delete export hub as it is in use by second.") {
		t.Errorf("%v", err)
	}
	if s := w.status("first"); s != "CREATE_COMPLETE Delete canceled. Cannot delete export hub as it is in use by second." {
		t.Error(s)
	}
	for change, want := range map[string]string{
		strings.Replace(exporting, `"Value": {"Ref": "Hub"}`, `"Value": "other"`, 1): "Export hub cannot be updated as it is in use by second",
		strings.Replace(exporting, `"Name": "hub"}}}}`, `"Name": "bub"}}}}`, 1):      "Export hub cannot be deleted as it is in use by second",
	} {
		if _, err := w.update("first", change, "second", importing); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if s := w.status("first"); !strings.HasPrefix(s, "UPDATE_ROLLBACK_COMPLETE") {
			t.Error(s)
		}
	}
	client := cloudformation.NewFromConfig(w.config())
	imports, err := client.ListImports(t.Context(), &cloudformation.ListImportsInput{ExportName: aws.String("hub")})
	if err != nil || !cmp.Equal(imports.Imports, []string{"second"}) {
		t.Errorf("%v %v", imports, err)
	}
	exports, err := client.ListExports(t.Context(), &cloudformation.ListExportsInput{})
	if err != nil || len(exports.Exports) != 1 || *exports.Exports[0].Value != "hub" {
		t.Errorf("%v %v", exports, err)
	}
	for _, name := range []string{"second", "first"} {
		if _, err := w.DeleteStack(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsRetainedIsToldAndLeft(t *testing.T) {
	const kept = `"Kept": {"Type": "AWS::ECR::Repository", "DeletionPolicy": "Retain", "Properties": {"RepositoryName": "kept"}}`
	w := inWorld(t, "demo", resources(kept+`, "Gone": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "gone"}}`))
	left, err := w.DeleteStack(t.Context(), "demo")
	if err != nil || len(left) != 1 || left[0].Logical != "Kept" || left[0].Physical != "kept" {
		t.Errorf("%v %v", left, err)
	}
	if r := w.Repositories(); len(r) != 1 || !strings.HasSuffix(r[0], "/kept") {
		t.Error(r)
	}
	if _, err := w.update("demo", resources(kept)); err == nil || !strings.Contains(err.Error(), "resource Kept (AWS::ECR::Repository): RepositoryAlreadyExistsException") {
		t.Errorf("%v", err)
	}
	if s := w.status("demo"); !strings.HasPrefix(s, "ROLLBACK_COMPLETE") {
		t.Error(s)
	}
	if _, err := w.update("demo", resources(kept)); err == nil || !strings.Contains(err.Error(), "is in ROLLBACK_COMPLETE state and can not be updated.") {
		t.Errorf("%v", err)
	}
}

func TestARemovedResourceIsDeletedOrRetained(t *testing.T) {
	const hub = `"Hub": {"Type": "AWS::ECS::Cluster"}`
	w := inWorld(t, "demo", resources(hub+`, "A": {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Retain"}, "B": {"Type": "AWS::Logs::LogGroup"}`))
	calls, err := w.update("demo", resources(hub))
	if err != nil || !cmp.Equal(calls, []string{"DeleteLogGroup"}) {
		t.Errorf("%v %v", calls, err)
	}
	want := []string{
		"demo UPDATE_IN_PROGRESS User Initiated", "demo UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
		"B DELETE_IN_PROGRESS", "B DELETE_COMPLETE", "A DELETE_SKIPPED", "demo UPDATE_COMPLETE",
	}
	if diff := cmp.Diff(want, w.events("demo")); diff != "" {
		t.Error(diff)
	}
	if r := w.Stacks()[0].Resources; len(r) != 1 {
		t.Errorf("left: %v", r)
	}
}

func TestAResourceThatRefusesKeepsWhatItNeeds(t *testing.T) {
	w := inWorld(t, "demo", resources(base+service))
	ctx := t.Context()
	// A service that nobody declared keeps its cluster.
	if _, err := ecs.NewFromConfig(w.config()).CreateService(ctx, other(w)); err != nil {
		t.Fatal(err)
	}
	_, err := w.DeleteStack(ctx, "demo")
	if err == nil || !strings.Contains(err.Error(), "The following resource(s) failed to delete: [Hub].") || !strings.Contains(err.Error(), "The Cluster cannot be deleted while Services are active.") {
		t.Errorf("%v", err)
	}
	if s := w.status("demo"); s != "DELETE_FAILED The following resource(s) failed to delete: [Hub]." {
		t.Error(s)
	}
	client, id := cloudformation.NewFromConfig(w.config()), w.Stacks()[0].ID
	if _, err := client.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: aws.String("demo"), RetainResources: []string{"Hub"}}); err != nil {
		t.Fatal(err)
	}
	w.until(id, "DELETE_COMPLETE")
	// Less than the 30 seconds that AWS's waiter would sleep: it looks once, and what it looks for is there.
	if err := cloudformation.NewStackDeleteCompleteWaiter(client).Wait(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String("demo")}, 20*time.Second); err != nil {
		t.Error(err)
	}
}

func TestTheNameOfWhatMustBeReplacedCannotStay(t *testing.T) {
	const group = `"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"Name": "x", "Protocol": "HTTP", "TargetType": "ip", "VpcId": "vpc-1", "Port": `
	w := inWorld(t, "demo", resources(`"X": {`+group+`80}}`))
	calls, err := w.update("demo", resources(`"X": {`+group+`81}}`))
	const want = "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename x and update the stack again."
	if err == nil || !strings.Contains(err.Error(), want) || calls != nil {
		t.Errorf("%v %v", calls, err)
	}
	if _, err := w.update("demo", resources(`"X": {"Type": "AWS::Logs::LogGroup"}`)); err == nil || !strings.Contains(err.Error(), "Update of resource type is not permitted.") {
		t.Errorf("%v", err)
	}
}

func TestTheCommandLineWorksUnchanged(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("aws")
	if err != nil || testing.Short() {
		t.Skip("the AWS CLI is not installed, or -short")
	}
	w := inWorld(t, "first", exporting)
	dir := t.TempDir()
	aws := func(want string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), program, append([]string{"cloudformation"}, args...)...)
		cmd.Env = append(os.Environ(), sandbox.Environment(w.Host())...)
		out, err := cmd.CombinedOutput()
		if !strings.Contains(string(out), want) || want == "" && err != nil {
			t.Errorf("%v: %s %v, want %s", args, out, err, want)
		}
	}
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return "file://" + path
	}
	one := file("one.json", parametrized)
	aws("stack/demo/", "create-stack", "--stack-name", "demo", "--template-body", one)
	w.until("demo", "CREATE_COMPLETE")
	aws("No updates are to be performed.", "update-stack", "--stack-name", "demo", "--template-body", one)
	aws("stack/demo/", "update-stack", "--stack-name", "demo", "--use-previous-template", "--parameters", "ParameterKey=Days,ParameterValue=30")
	w.until("demo", "UPDATE_COMPLETE")
	aws("", "wait", "stack-update-complete", "--stack-name", "demo")
	aws("UPDATE_COMPLETE", "describe-stack-events", "--stack-name", "demo", "--query", "StackEvents[0].ResourceStatus")
	id := w.Stacks()[1].ID
	aws("", "delete-stack", "--stack-name", "demo")
	w.until(id, "DELETE_COMPLETE")
	aws("Stack with id demo does not exist", "describe-stacks", "--stack-name", "demo")
}

const parametrized = `{"Parameters": {"Days": {"Type": "Number", "Default": 7}}, "Resources": {"Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": {"Ref": "Days"}}}}}`

func TestStacksAreLookedAtByEveryOperation(t *testing.T) {
	w := inWorld(t, "first", exporting, "demo", parametrized)
	ctx, name, client := t.Context(), aws.String("demo"), cloudformation.NewFromConfig(w.config())
	template, err := client.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: name})
	if err != nil || *template.TemplateBody != parametrized {
		t.Errorf("%v %v", template, err)
	}
	found, err := client.DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{StackName: name, LogicalResourceId: aws.String("Logs")})
	if err != nil || len(found.StackResources) != 1 || found.StackResources[0].ResourceStatus != "CREATE_COMPLETE" {
		t.Errorf("%v %v", found, err)
	}
	listed, err := client.ListStackResources(ctx, &cloudformation.ListStackResourcesInput{StackName: name})
	if err != nil || len(listed.StackResourceSummaries) != 1 || *listed.StackResourceSummaries[0].PhysicalResourceId != *found.StackResources[0].PhysicalResourceId {
		t.Errorf("%v %v", listed, err)
	}
	if _, err := w.DeleteStack(ctx, "demo"); err != nil {
		t.Error(err)
	}
	gone, err := client.ListStacks(ctx, &cloudformation.ListStacksInput{StackStatusFilter: []types.StackStatus{types.StackStatusDeleteComplete}})
	if err != nil || len(gone.StackSummaries) != 1 || gone.StackSummaries[0].DeletionTime == nil {
		t.Fatalf("%v %v", gone, err)
	}
	deleted, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: gone.StackSummaries[0].StackId})
	if err != nil || deleted.Stacks[0].StackStatus != "DELETE_COMPLETE" {
		t.Errorf("%v %v", deleted, err)
	}
	if _, err := client.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: name}); err != nil {
		t.Errorf("again: %v", err)
	}
}

func TestABadRequestIsAValidationError(t *testing.T) {
	w := inWorld(t, "first", exporting)
	ctx, client := t.Context(), cloudformation.NewFromConfig(w.config())
	for want, in := range map[string]*cloudformation.UpdateStackInput{
		"Requires capabilities : [CAPABILITY_NAMED_IAM]": {TemplateBody: aws.String(resources(`"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}}`))},
		"Requires capabilities : [CAPABILITY_IAM]":       {TemplateBody: aws.String(resources(`"R": {"Type": "AWS::IAM::Role"}`))},
		"ValidationError: the template cannot be read":   {TemplateBody: aws.String("Resources:")},
		"does not know TemplateURL":                      {TemplateBody: aws.String(exporting), TemplateURL: aws.String("https://x")},
		"does not know Tags":                             {TemplateBody: aws.String(exporting), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}},
		"must be specified":                              {},
		"Parameters: [X] must have values":               {TemplateBody: aws.String(strings.Replace(exporting, `{`, `{"Parameters": {"X": {"Type": "String"}}, `, 1))},
		"Parameters: [Y] do not exist in the template":   {TemplateBody: aws.String(exporting), Parameters: []types.Parameter{{ParameterKey: aws.String("Y"), ParameterValue: aws.String("1")}}},
		"less than or equal to 51200":                    {TemplateBody: aws.String(strings.Repeat(" ", 51201))},
		"Stack [other] does not exist":                   {StackName: aws.String("other"), TemplateBody: aws.String(exporting)},
	} {
		if in.StackName == nil {
			in.StackName = aws.String("first")
		}
		if _, err := client.UpdateStack(ctx, in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if s := w.status("first"); s != "CREATE_COMPLETE" {
		t.Error(s)
	}
}
