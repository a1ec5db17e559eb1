package release

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// push is the detail of ECR's events. The two media types are there in what ECR sends though AWS's example of a
// push lacks them; aws-lambda-go's type drops them.
type push struct {
	Result     string `json:"result"`
	Repository string `json:"repository-name"`
	Digest     string `json:"image-digest"`
	Action     string `json:"action-type"`
	Tag        string `json:"image-tag"`
	Manifest   string `json:"manifest-media-type"`
	Artifact   string `json:"artifact-media-type"`
}

func readPush(e envelope, d config.Deployed) (Trigger, error) {
	var p push
	if err := json.Unmarshal(e.Detail, &p); err != nil {
		return Trigger{}, err
	}
	t := Trigger{
		Event:      strings.ToLower(p.Action) + " of " + p.Repository + ":" + p.Tag,
		Repository: p.Repository, Tag: p.Tag, Digest: p.Digest,
	}
	if p.Tag == "" {
		t.Event = strings.ToLower(p.Action) + " of " + p.Repository + "@" + p.Digest
	}
	switch {
	case p.Action != "PUSH" && p.Action != "REPLICATE":
		t.Ignored = p.Action + " brings no image"
	case p.Result != "SUCCESS":
		t.Ignored = "the registry reports " + p.Result
	case !fromOneOf(d, e, p.Repository):
		var all []string
		for _, r := range d.Service.Repositories() {
			all = append(all, fmt.Sprintf("%q", r))
		}
		t.Ignored = "this service's images are in " + strings.Join(all, ", ")
		if e.Account != "" && e.Region != "" {
			t.Ignored += fmt.Sprintf(", and this one is of account %s in %s", e.Account, e.Region)
		}
	case p.Tag == "":
		t.Ignored = "it has no tag: one of a multi-platform image's manifests, or a push by digest"
	case notImage(p.Tag, p.Manifest, p.Artifact) != "":
		t.Ignored = notImage(p.Tag, p.Manifest, p.Artifact)
	default:
		t.Ignored = notTaken(d.Service, p.Repository, p.Tag)
	}
	return t, nil
}

// fromOneOf reports whether the event is of one of the service's repositories. One of the same name in another account
// or region, whose events are forwarded here too, is none.
func fromOneOf(d config.Deployed, e envelope, repository string) bool {
	base, _ := arn.Parse(d.Base)
	return slices.ContainsFunc(d.Service.Repositories(), func(r config.Repository) bool {
		return r.Name == repository &&
			(e.Account == "" || e.Account == cmp.Or(r.Account, base.AccountID)) && (e.Region == "" || e.Region == cmp.Or(r.Region, base.Region))
	})
}

// notTaken is why none of the service's images in the repository takes the tag; empty when one does.
func notTaken(s config.Service, repository, tag string) string {
	var reasons []string
	for _, i := range s.Wanted() {
		if i.Repository != repository {
			continue
		}
		_, why := policy.Of(i).Take(tag)
		if why == "" {
			return ""
		}
		reasons = append(reasons, why)
	}
	return fmt.Sprintf("the tag %q is not one of this service's: it %s", tag, strings.Join(reasons, ", and "))
}

// readScanned wakes the loop when an image's scan has ended, where a gate waits for that. Inspector, which scans in ECR's
// place, names the repository by its ARN
// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-events.html).
func readScanned(e envelope, d config.Deployed) (Trigger, error) {
	var s struct {
		Status     string `json:"scan-status"`
		Repository string `json:"repository-name"`
		Digest     string `json:"image-digest"`
	}
	if err := json.Unmarshal(e.Detail, &s); err != nil {
		return Trigger{}, err
	}
	if a, err := arn.Parse(s.Repository); err == nil {
		s.Repository = strings.TrimPrefix(a.Resource, "repository/")
	}
	t := Trigger{Event: fmt.Sprintf("scan of %s@%.19s: %s", s.Repository, s.Digest, s.Status)}
	switch {
	case !fromOneOf(d, e, s.Repository):
		t.Ignored = fmt.Sprintf("it is of the repository %s", s.Repository)
	case d.Service.Gates.Scan == nil:
		t.Ignored = "no gate of this service's waits for scans"
	}
	return t, nil
}

func readDeployment(e envelope, d config.Deployed) (Trigger, error) {
	var c struct {
		Deployment  string `json:"deploymentId"`
		State       string `json:"state"`
		Application string `json:"application"`
		Group       string `json:"deploymentGroup"`
	}
	if err := json.Unmarshal(e.Detail, &c); err != nil {
		return Trigger{}, err
	}
	t := Trigger{Event: strings.ToLower(c.State) + " of deployment " + c.Deployment}
	names := d.Names()
	switch {
	case c.Application != names.Application || c.Group != names.DeploymentGroup:
		t.Ignored = fmt.Sprintf("it belongs to the deployment group %s", c.Group)
	case slices.Contains([]string{"SUCCESS", "FAILURE", "STOP"}, c.State):
		t.Ended = c.Deployment
	default:
		t.Ignored = "only a deployment's end makes room for another"
	}
	return t, nil
}

// readStack wakes the loop when a stack's update has come to its end; its base is then the one to release.
func readStack(e envelope, d config.Deployed) (Trigger, error) {
	var s struct {
		Stack  string `json:"stack-id"`
		Status struct {
			Status string `json:"status"`
		} `json:"status-details"`
	}
	if err := json.Unmarshal(e.Detail, &s); err != nil {
		return Trigger{}, err
	}
	// arn:aws:cloudformation:us-east-1:111122223333:stack/sample-website/0a1b…
	_, path, _ := strings.Cut(s.Stack, ":stack/")
	name, _, _ := strings.Cut(path, "/")
	t := Trigger{Event: "stack " + name + " " + s.Status.Status}
	ends := []string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}
	switch {
	case name != d.Names().Stack:
		t.Ignored = fmt.Sprintf("this service's stack is %q", d.Names().Stack)
	case !slices.Contains(ends, s.Status.Status):
		t.Ignored = "the stack has not settled"
	}
	return t, nil
}

func readAlarm(e envelope, d config.Deployed) (Trigger, error) {
	var a struct {
		Name  string `json:"alarmName"`
		State struct {
			Value string `json:"value"`
		} `json:"state"`
	}
	if err := json.Unmarshal(e.Detail, &a); err != nil {
		return Trigger{}, err
	}
	t := Trigger{Event: "alarm " + a.Name + " is " + a.State.Value}
	names := d.Names()
	switch {
	case !slices.Contains(append(names.Alarms[:], d.Service.Deployment.Alarms...), a.Name):
		t.Ignored = "the alarm is not one of this service's"
	case a.State.Value == "ALARM":
		t.Ignored = "CodeDeploy itself stops a deployment at a firing alarm"
	}
	return t, nil
}

func readSchedule(envelope, config.Deployed) (Trigger, error) {
	return Trigger{Event: "schedule", Scheduled: true}, nil
}
