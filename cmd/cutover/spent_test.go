package main

import (
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	cutover "github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
)

func TestARevisionThatWasNeverDeployedIsDeregisteredAndThoseThatWereLiveStay(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	first := r.release("v1").TaskSets[0].TaskDefinition
	denied, err := r.Faults().Add(fault.Deny{Principal: "*elease*", Action: "codedeploy:CreateDeployment"})
	if err != nil {
		t.Fatal(err)
	}
	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2"), r.password())
	r.logged(r.names.ReleaseFunction, `"decision":"Refuse"`, "codedeploy:CreateDeployment", ":v2@")
	spare := r.revisions()[0]
	if spare == first {
		t.Fatal("no revision was registered for v2")
	}
	r.Faults().Remove(denied)
	last := r.release("v3").TaskSets[0].TaskDefinition

	function, err := lambda.NewFromConfig(r.aws).GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &r.names.ReleaseFunction})
	if err != nil {
		t.Fatal(err)
	}
	deployed, err := cutover.FromEnvironment(func(name string) string { return function.Environment.Variables[name] })
	if err != nil {
		t.Fatal(err)
	}
	inAWhile := func() time.Time { return time.Now().Add(5 * time.Minute) }
	o, err := release.New(deployed, release.Clients(r.aws), slog.New(slog.DiscardHandler)).At(inAWhile).Handle(t.Context(), look5)
	if name := spare[strings.LastIndex(spare, "/")+1:]; err != nil || o.Decision != release.Current || o.Deregistered != name {
		t.Errorf("not %s alone: %+v, %v", name, o, err)
	}
	if left := r.revisions(); slices.Contains(left, spare) || !slices.Contains(left, first) || !slices.Contains(left, last) {
		t.Errorf("left: %v", left)
	}
	r.release("v4")
}

// revisions are the active ones of the service's family, newest first.
func (r *room) revisions() []string {
	r.t.Helper()
	out, err := ecs.NewFromConfig(r.aws).ListTaskDefinitions(r.t.Context(), &ecs.ListTaskDefinitionsInput{
		FamilyPrefix: &r.names.Family, Sort: "DESC", MaxResults: aws.Int32(100)})
	if err != nil {
		r.t.Fatal(err)
	}
	return out.TaskDefinitionArns
}
