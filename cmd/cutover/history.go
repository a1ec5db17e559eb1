package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/verify"
)

type historyCommand struct {
	glance
	Most int `default:"10" help:"How many deployments at the most; 25 is all that is looked at."`
}

// Help teaches by example.
func (historyCommand) Help() string {
	return `Lists a service's newest deployments: what each brought, how it ended, how long it took and why it ended so. The reason is the verification's where there was one.

    cutover history sample-website
    cutover history sample-website --json | jq '.[] | select(.status != "Succeeded")'

Needs codedeploy:ListDeployments, codedeploy:BatchGetDeployments and logs:FilterLogEvents (docs/operator.md). Without the last it tells CodeDeploy's reasons only. Why a version could not start is read by codedeploy:GetApplicationRevision and ecs:DescribeTaskDefinition.`
}

// Run lists.
func (c historyCommand) Run(s *stage) error {
	o, err := open(s, c.Config, c.Service)
	if err != nil {
		return err
	}
	all, err := o.history()
	if err != nil {
		return err
	}
	all = all[:min(len(all), max(c.Most, 0))]
	rows := make([]live.Past, 0, len(all))
	verdicts := o.verdictsOf(all)
	for _, d := range all {
		rows = append(rows, o.past(d, verdicts))
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(rows)
	}
	if len(rows) == 0 {
		fmt.Fprintf(s.out, "%s has had no deployment: push an image to start the first\n", o.names.Service)
		return nil
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DEPLOYMENT\tCREATED\tBROUGHT\tSTATUS\tTOOK\tWHY")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Deployment, r.Created.Local().Format(time.DateTime), r.Brought, r.Status, took(r), r.Why)
	}
	return w.Flush()
}

// mostHistory is how many deployments BatchGetDeployments takes, as the release loop remembers.
const mostHistory = 25

// history are the group's newest deployments, newest first.
func (o *opened) history() ([]types.DeploymentInfo, error) {
	list, err := o.deploys.ListDeployments(o.ctx, &codedeploy.ListDeploymentsInput{
		ApplicationName: &o.names.Application, DeploymentGroupName: &o.names.DeploymentGroup,
	})
	if err != nil {
		return nil, fmt.Errorf("list deployments of %s: %w", o.names.DeploymentGroup, err)
	}
	ids := list.Deployments[:min(len(list.Deployments), mostHistory)]
	if len(ids) == 0 {
		return nil, nil
	}
	out, err := o.deploys.BatchGetDeployments(o.ctx, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: ids})
	if err != nil {
		return nil, fmt.Errorf("get deployments of %s: %w", o.names.DeploymentGroup, err)
	}
	slices.SortStableFunc(out.DeploymentsInfo, func(a, b types.DeploymentInfo) int {
		return aws.ToTime(b.CreateTime).Compare(aws.ToTime(a.CreateTime))
	})
	return out.DeploymentsInfo, nil
}

// verdictsOf are the judgements of these deployments. Where the log cannot be read that is told, and there are none.
func (o *opened) verdictsOf(all []types.DeploymentInfo, words ...string) map[string]verify.Verdict {
	if len(all) == 0 {
		return nil
	}
	verdicts, err := o.verdicts(aws.ToTime(all[len(all)-1].CreateTime).Add(-time.Minute), words...)
	if err != nil {
		fmt.Fprintf(o.errout, "what was judged is not told: %v\n", err)
	}
	return verdicts
}

// past of a deployment, with the watch function's reason where that stopped it.
func (o *opened) past(d types.DeploymentInfo, verdicts map[string]verify.Verdict) live.Past {
	p := pastOf(d, verdicts)
	if d.Status != types.DeploymentStatusStopped {
		return p
	}
	brought, err := live.ReadBrought(o.ctx, o.deploys, o.tasks, d)
	if err != nil {
		fmt.Fprintf(o.errout, "whether %s could not start is not told: %v\n", p.Deployment, err)
	}
	if brought != nil {
		if s, ok := live.ReadStopped(brought.Tags); ok && s.Deployment == p.Deployment {
			p.Why = "it could not start: " + s.Because
		}
	}
	return p
}

func pastOf(d types.DeploymentInfo, verdicts map[string]verify.Verdict) live.Past {
	p := live.Past{
		Deployment: aws.ToString(d.DeploymentId), Status: string(d.Status), Creator: string(d.Creator),
		Brought: brought(d), Created: aws.ToTime(d.CreateTime), Completed: d.CompleteTime, Why: why(d, verdicts),
	}
	if d.CompleteTime != nil {
		p.Seconds = seconds2(d.CompleteTime.Sub(p.Created))
	}
	if r := d.RollbackInfo; r != nil {
		p.Rollback, p.RollsBack = aws.ToString(r.RollbackDeploymentId), aws.ToString(r.RollbackTriggeringDeploymentId)
	}
	return p
}

// brought is what a deployment brought, in the words of its description.
func brought(d types.DeploymentInfo) string {
	text := aws.ToString(d.Description)
	if images, ours := live.DescribedImages(text); ours {
		return strings.Join(images, " ")
	}
	if r := d.RollbackInfo; r != nil && r.RollbackTriggeringDeploymentId != nil {
		return "rolls back " + *r.RollbackTriggeringDeploymentId
	}
	if text == "" {
		return "something by hand"
	}
	return text
}

// why is the verification's reason, where that is what a deployment ended by, and CodeDeploy's otherwise.
func why(d types.DeploymentInfo, verdicts map[string]verify.Verdict) string {
	v, judged := verdicts[aws.ToString(d.DeploymentId)]
	switch e := d.ErrorInformation; {
	case e != nil && e.Code == types.ErrorCodeHookExecutionFailure && judged && v.Outcome == verify.Failed:
		return v.Reason
	case e != nil:
		return aws.ToString(e.Message)
	case judged:
		return v.Reason
	}
	return ""
}

// took is how long a deployment took, or takes.
func took(p live.Past) string {
	if p.Completed == nil {
		return "under way"
	}
	d := time.Duration(p.Seconds * float64(time.Second))
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
