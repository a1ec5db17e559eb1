package bluegreen

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// DashboardProps say of which service a dashboard tells.
type DashboardProps struct {
	Names    config.Names
	Platform config.Platform
	Service  config.Service
	Way      Way
	// Alarms are those of the stack, on the service and on Cutover itself.
	Alarms []awscloudwatch.CfnAlarm
}

// NewDashboard is a service's dashboard in CloudWatch, and reads from its top down like a deployment: what is wrong, who
// serves, how fast and how well, what was deployed and how long it took, and what the functions said of it. It names no
// metric and no field of a log that nobody writes. It is named after the stack and the region, because an account has
// its dashboards for all regions together
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html).
func NewDashboard(scope constructs.Construct, id string, props DashboardProps) (awscloudwatch.CfnDashboard, error) {
	const (
		low  = 3
		high = 6
	)
	body, err := board{
		Start: "-PT12H", PeriodOverride: "auto",
		Widgets: place(
			[]widget{{Type: "text", Height: low + 1, Properties: textual{props.heading(), "transparent"}}},
			[]widget{{Type: "alarm", Height: low, Properties: alarming{"Alarms", props.alarms()}}},
			props.graphs(high, props.share(), props.requests()),
			props.graphs(high, props.latency("p50"), props.latency("p95"), props.latency("p99")),
			props.graphs(high, props.errors(), props.targets("UnHealthyHostCount", "Unhealthy tasks"), props.targets("HealthyHostCount", "Healthy tasks")),
			props.graphs(low, props.endings(), props.verdicts()),
			props.graphs(high, props.lead(), props.phases(), props.waiting()),
			[]widget{props.outcomes(high)},
			[]widget{props.ended(high), props.judged(high)},
			props.starts(high),
		),
	}.text()
	if err != nil {
		return nil, fmt.Errorf("the dashboard's body: %w", err)
	}
	return awscloudwatch.NewCfnDashboard(scope, jsii.String(id), &awscloudwatch.CfnDashboardProps{
		DashboardName: jsii.String(Sub(props.Names.Stack + "-${AWS::Region}")), DashboardBody: jsii.String(body),
	}), nil
}

// heading says how to read the rest, and leads to where more is.
func (p DashboardProps) heading() string {
	region := p.region()
	console := "https://" + config.ConsoleHost(p.Platform.Region)
	links := []string{
		fmt.Sprintf("[deployments](%s/codesuite/codedeploy/applications/%s/deployment-groups/%s?region=%s)", console, p.Names.Application, p.Names.DeploymentGroup, region),
		fmt.Sprintf("[service](%s/ecs/v2/clusters/%s/services/%s/health?region=%s)", console, p.Names.Cluster, p.Names.Service, region),
		fmt.Sprintf("[target groups](%s/ec2/home?region=%s#TargetGroups:search=%s)", console, region, p.pair()),
	}
	return fmt.Sprintf("# %s\n\nEvery push is deployed blue/green. **Blue** serves users; **green** is judged on the test listener first, and then serves in blue's place: "+
		"the target group with the requests is blue's, and the two change places with each deployment. "+
		"`cutover status %s` tells what is under way, `cutover explain %[2]s` why.\n\n%s", p.Names.Title, p.Service.Name, strings.Join(links, " · "))
}

// pair is what both target groups are found by: the beginning of their names, or the first's own of a service that stood
// already.
func (p DashboardProps) pair() string {
	if p.Service.Adopted() {
		return p.Names.TargetGroups[0]
	}
	return p.Service.Name + "-tg"
}

func (p DashboardProps) region() string { return Sub("${AWS::Region}") }

func (p DashboardProps) alarms() (arns []string) {
	for _, a := range p.Alarms {
		arns = append(arns, *a.AttrArn())
	}
	for _, name := range p.Service.Deployment.Alarms {
		arns = append(arns, Sub(arn("cloudwatch", "alarm:"+name)))
	}
	return arns
}

// table asks the logs of functions, newest lines first.
func (p DashboardProps) table(height int, title string, functions []string, filter, fields string) widget {
	var sources []string
	for _, f := range functions {
		sources = append(sources, "SOURCE '"+logGroup(f)+"'")
	}
	query := strings.Join(sources, " | ") + "\n| fields @timestamp, " + fields + "\n| filter " + filter + "\n| sort @timestamp desc\n| limit 20"
	return widget{Type: "log", Height: height, Properties: logged{title, p.region(), "table", query}}
}

// outcomes are what the release loop did or refused; a look that finds all as it should be says nothing.
func (p DashboardProps) outcomes(height int) widget {
	return p.table(height, "What the release function decided last", []string{p.Names.ReleaseFunction},
		`message = "outcome" and decision not in ["Current", "Ignored"]`, "decision, reason, deployment, image, event")
}

func (p DashboardProps) ended(height int) widget {
	return p.table(height, "How the last deployments ended", []string{p.Names.ReleaseFunction},
		`message = "outcome" and (ispresent(DeploymentTime) or ispresent(RolledBack))`, "event, DeploymentTime, PushToLive")
}

func (p DashboardProps) judged(height int) widget {
	var hooks []string
	for _, event := range p.Service.Hooked() {
		hooks = append(hooks, p.Names.Hook(event))
	}
	return p.table(height, "The last verdicts", hooks, `message = "verdict"`, "verdict.outcome, verdict.reason, deployment, verdict.seconds")
}

// starts is a row only where starts are watched: the log is the platform's, of all services.
func (p DashboardProps) starts(height int) []widget {
	if len(Watched([]config.Service{p.Service})) == 0 {
		return nil
	}
	return []widget{p.table(height, "Tasks that did not start", []string{p.Platform.WatchFunction()},
		fmt.Sprintf(`message = "watched" and service = %q`, p.Names.Service), "diagnosis.decision, diagnosis.reason, deployment")}
}
