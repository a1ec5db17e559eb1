package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// document is a CLI's answer.
type document = map[string]any

// at walks a document: strings are keys, numbers are indices. What is not there is nil.
func at(d any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := d.(document)
			d = m[step]
		case int:
			list, _ := d.([]any)
			if step >= len(list) {
				return nil
			}
			d = list[step]
		}
	}
	return d
}

// each is the same path in every element of a list.
func each(list any, path ...any) []any {
	elements, _ := list.([]any)
	found := make([]any, len(elements))
	for i, e := range elements {
		found[i] = at(e, path...)
	}
	return found
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Errorf("%s: %s, want %s", what, g, w)
	}
}

// cli runs the AWS CLI and reads what it printed.
func (r *room) cli(args ...string) document {
	r.t.Helper()
	out, errs, code := r.run("aws", args...)
	if code != 0 {
		r.t.Fatalf("aws %s ended with %d: %s", strings.Join(args, " "), code, errs)
	}
	d := document{}
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		r.t.Fatalf("aws %s printed %q: %v", strings.Join(args, " "), out, err)
	}
	return d
}

func needs(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Skipf("%s is not usable on this machine: %v %s", program, err, out)
	}
}

func TestTheAWSCLIWorksUnchanged(t *testing.T) {
	needs(t, "aws", "--version")
	t.Parallel()
	r := enter(t, 60, nil)
	first := r.release("v1").Deployment.ID

	// Those two look every 15 s, so they run beside all that follows.
	var slow sync.WaitGroup
	byHand, ended := r.deployByHand(&slow)
	slow.Go(func() {
		if _, errs, code := r.run("aws", "deploy", "wait", "deployment-successful", "--deployment-id", byHand); code != 0 {
			t.Errorf("aws deploy wait ended with %d: %s", code, errs)
		}
	})
	defer slow.Wait()
	r.skip("termination-wait") // v1's is over
	r.until("what was deployed by hand is live", func(now live.Status) bool { return steady(now) && now.Deployment.ID == byHand })
	if version, _ := r.get(r.url(80)); version != 7 {
		t.Errorf("production shows v%d, not what was deployed by hand", version)
	}

	r.lookAtTasks(t, byHand)
	r.lookAtDeployments(t, first, byHand)
	r.lookAtTheRest(t)
	password, errs, code := r.run("aws", "ecr", "get-login-password")
	if code != 0 {
		t.Fatalf("aws ecr get-login-password ended with %d: %s", code, errs)
	}
	digest := r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2"), strings.TrimSpace(password))
	now := r.until("a push after a deployment by hand is released", func(now live.Status) bool { return now.Deployment.ID != byHand })
	if d := now.Deployment; !strings.HasPrefix(d.Description, "cutover ") || !strings.Contains(d.Description, "sample-website:v2@"+digest[:19]) {
		t.Errorf("the push of %s started %+v", digest, d)
	}
	slow.Wait()
	if out := <-ended; !strings.Contains(out, "Successfully created deployment "+byHand) || !strings.Contains(out, "Successfully deployed") {
		t.Errorf("aws ecs deploy printed %q", out)
	}
}

// deployByHand starts `aws ecs deploy` with the running revision and another version, and answers the deployment
// and, at the end, what was printed.
func (r *room) deployByHand(work *sync.WaitGroup) (deployment string, printed <-chan string) {
	r.t.Helper()
	before := r.until("a revision runs", steady)
	definition := r.cli("ecs", "describe-task-definition", "--task-definition", before.TaskSets[0].TaskDefinition)["taskDefinition"].(document)
	for _, own := range []string{"taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy"} {
		delete(definition, own)
	}
	container := at(definition, "containerDefinitions", 0).(document)
	container["environment"] = []any{document{"name": "SITE_VERSION", "value": "v7"}}
	dir := r.t.TempDir()
	task, appspec := filepath.Join(dir, "task.json"), filepath.Join(dir, "appspec.yaml")
	text, _ := json.Marshal(definition)
	if err := os.WriteFile(task, text, 0o600); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(appspec, []byte(`version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: to be filled in by the CLI
        LoadBalancerInfo:
          ContainerName: sample-website
          ContainerPort: 80
`), 0o600); err != nil {
		r.t.Fatal(err)
	}
	end := make(chan string, 1)
	work.Go(func() {
		out, errs, code := r.run("aws", "ecs", "deploy", "--cluster", r.names.Cluster, "--service", r.names.Service,
			"--task-definition", task, "--codedeploy-appspec", appspec)
		if code != 0 {
			r.t.Errorf("aws ecs deploy ended with %d: %s%s", code, out, errs)
		}
		end <- out
	})
	now := r.until("aws ecs deploy started a deployment", func(now live.Status) bool {
		return now.Deployment.ID != before.Deployment.ID
	})
	return now.Deployment.ID, end
}

func (r *room) lookAtTasks(t *testing.T, byHand string) {
	d := r.cli("ecs", "describe-services", "--cluster", r.names.Cluster, "--services", r.names.Service, "--include", "TAGS")
	service := at(d, "services", 0)
	same(t, "failures", d["failures"], []any{})
	same(t, "status", at(service, "status"), "ACTIVE")
	same(t, "controller", at(service, "deploymentController", "type"), "CODE_DEPLOY")
	same(t, "running", at(service, "runningCount"), 1)
	same(t, "task sets", each(at(service, "taskSets"), "status"), []any{"PRIMARY"})
	same(t, "who made the task set", at(service, "taskSets", 0, "startedBy"), "CODE_DEPLOY")
	same(t, "whose it is", at(service, "taskSets", 0, "externalId"), byHand)

	images := r.cli("ecr", "describe-images", "--repository-name", r.names.Repository)
	same(t, "tags", each(images["imageDetails"], "imageTags"), []any{[]any{"v1"}})
	same(t, "registry", at(images, "imageDetails", 0, "registryId"), "111122223333")
	events := r.cli("logs", "filter-log-events", "--log-group-name", "/aws/lambda/"+r.names.ReleaseFunction, "--filter-pattern", `"Deploy"`)
	message, _ := at(events, "events", 0, "message").(string)
	if !strings.Contains(message, `"decision":"Deploy"`) || !strings.Contains(message, "sample-website:v1@sha256:") {
		t.Errorf("the release function's log: %s", message)
	}
}

func (r *room) lookAtDeployments(t *testing.T, first, byHand string) {
	group := []string{"--application-name", r.names.Application, "--deployment-group-name", r.names.DeploymentGroup}
	list := r.cli(append([]string{"deploy", "list-deployments"}, group...)...)
	same(t, "deployments, the newest first", list["deployments"], []any{byHand, first})
	d := r.cli("deploy", "get-deployment", "--deployment-id", first)["deploymentInfo"]
	same(t, "deployment", []any{at(d, "status"), at(d, "creator"), at(d, "computePlatform"), at(d, "deploymentConfigName")},
		[]any{"Succeeded", "user", "ECS", "CodeDeployDefault.ECSAllAtOnce"})
	same(t, "overview", at(d, "deploymentOverview"), document{"Pending": 0, "InProgress": 0, "Succeeded": 1, "Failed": 0, "Skipped": 0, "Ready": 0})
	if text, _ := at(d, "revision", "string", "content").(string); text != "" && !strings.Contains(text, r.names.VerifyFunction) {
		t.Errorf("the AppSpec %s names no hook", text)
	}
	target := r.cli("deploy", "get-deployment-target", "--deployment-id", first, "--target-id", r.names.Cluster+":"+r.names.Service)["deploymentTarget"]
	ecs := at(target, "ecsTarget")
	same(t, "target", []any{at(target, "deploymentTargetType"), at(ecs, "status")}, []any{"ECSTarget", "Succeeded"})
	same(t, "lifecycle events", each(at(ecs, "lifecycleEvents"), "lifecycleEventName"), []any{
		"BeforeInstall", "Install", "AfterInstall", "AllowTestTraffic", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"})
	same(t, "task sets", each(at(ecs, "taskSetsInfo"), "taskSetLabel"), []any{"Blue", "Green"})

	_, errs, code := r.run("aws", "deploy", "get-deployment", "--deployment-id", "d-000000000")
	if code == 0 || !strings.Contains(errs, "DeploymentDoesNotExistException") {
		t.Errorf("a deployment that does not exist: %d %s", code, errs)
	}
}

func (r *room) lookAtTheRest(t *testing.T) {
	listeners := r.cli("elbv2", "describe-listeners", "--listener-arns", r.listener(80).ARN, r.listener(8080).ARN)["Listeners"]
	same(t, "listeners", [][]any{each(listeners, "Port"), each(listeners, "Protocol"), each(listeners, "DefaultActions", 0, "Type")},
		[][]any{{80, 8080}, {"HTTP", "HTTP"}, {"forward", "forward"}})
	target, sum := "", 0.0
	for _, g := range at(listeners, 0, "DefaultActions", 0, "ForwardConfig", "TargetGroups").([]any) {
		if weight := at(g, "Weight").(float64); weight > 0 {
			target, sum = at(g, "TargetGroupArn").(string), sum+weight
		}
	}
	same(t, "weight", sum, 100)
	if !strings.Contains(target, ":targetgroup/"+r.names.TargetGroups[0]+"/") { // v1 went to the second, what followed to the first
		t.Errorf("production is on %s", target)
	}

	stacks := r.cli("cloudformation", "describe-stacks")["Stacks"]
	same(t, "stacks", [][]any{each(stacks, "StackName"), each(stacks, "StackStatus")},
		[][]any{{"cutover", "sample-website"}, {"CREATE_COMPLETE", "CREATE_COMPLETE"}})
	outputs := map[any]any{}
	for _, o := range at(stacks, 1, "Outputs").([]any) {
		outputs[at(o, "OutputKey")] = at(o, "OutputValue")
	}
	if site, _ := outputs["SiteUrl"].(string); !strings.HasPrefix(site, "http://"+r.names.LoadBalancer+"-") || !strings.HasSuffix(site, ".elb.localhost") {
		t.Errorf("outputs %v", outputs)
	}

	queues, _ := r.cli("sqs", "list-queues", "--queue-name-prefix", "sample-website-")["QueueUrls"].([]any)
	for i, name := range []string{"sample-website-events-dlq", "sample-website-release-dlq", "sample-website-verify-dlq"} {
		if url, _ := at(queues, i).(string); !strings.HasPrefix(url, r.Endpoint()) || !strings.HasSuffix(url, "/"+name) {
			t.Errorf("queues %v", queues)
			break
		}
	}
	rules := r.cli("events", "list-rules")["Rules"]
	same(t, "rules", [][]any{each(rules, "Name"), each(rules, "State")}, [][]any{{"sample-website-changes", "sample-website-pushes", "sample-website-starts"}, {"ENABLED", "ENABLED", "ENABLED"}})
	functions := r.cli("lambda", "list-functions")["Functions"]
	for _, name := range []string{r.names.VerifyFunction, r.names.ReleaseFunction} {
		found := slices.ContainsFunc(functions.([]any), func(f any) bool {
			return at(f, "FunctionName") == name && at(f, "Runtime") == "provided.al2023" && at(f, "Handler") == "bootstrap"
		})
		if !found {
			t.Errorf("functions %v without %s", functions, name)
		}
	}
	schedules := r.cli("scheduler", "list-schedules")["Schedules"]
	same(t, "schedules", [][]any{each(schedules, "Name"), each(schedules, "State")}, [][]any{{r.names.Schedule}, {"ENABLED"}})
}
