package bluegreen

import (
	"fmt"

	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/metric"
)

// sides are the colors of the two target groups, the same in every graph.
var sides = [2]string{"#1f77b4", "#ff7f0e"}

// graphs are a row.
func (p DashboardProps) graphs(height int, all ...graph) (row []widget) {
	for _, g := range all {
		g.Region = p.region()
		row = append(row, widget{Type: "metric", Height: height, Properties: g})
	}
	return row
}

// of is a metric of the load balancer for both target groups side by side
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html).
func (p DashboardProps) of(name string) (both []line) {
	for i, g := range p.Way.TargetGroups {
		both = append(both, line{
			metric: []string{"AWS/ApplicationELB", name, "LoadBalancer", p.Way.Balancer.FullName, "TargetGroup", g.FullName},
			drawn:  drawn{Label: p.Names.TargetGroups[i], Color: sides[i]},
		})
	}
	return both
}

func fromZero(label string) *axes { return &axes{axis{Label: label, Min: jsii.Number(0)}} }

// share is the traffic's weight as users felt it: whose of all requests were how many. The test listener's are among
// them, which are few.
func (p DashboardProps) share() graph {
	lines := p.of("RequestCount")
	for i := range lines {
		lines[i].drawn = drawn{ID: fmt.Sprintf("r%d", i+1), Visible: jsii.Bool(false)}
	}
	for i, name := range p.Names.TargetGroups {
		lines = append(lines, line{drawn: drawn{ID: fmt.Sprintf("s%d", i+1), Expression: fmt.Sprintf("100*r%d/SUM([r1,r2])", i+1), Label: name, Color: sides[i]}})
	}
	return graph{Title: "Share of the traffic", View: "timeSeries", Stacked: true, Stat: "Sum", Period: 60, Metrics: lines,
		YAxis: &axes{axis{Label: "%", Min: jsii.Number(0), Max: jsii.Number(100)}}}
}

func (p DashboardProps) requests() graph {
	return graph{Title: "Requests a minute", View: "timeSeries", Stat: "Sum", Period: 60, Metrics: p.of("RequestCount"), YAxis: fromZero("")}
}

func (p DashboardProps) latency(percentile string) graph {
	return graph{Title: "Latency, " + percentile, View: "timeSeries", Stat: percentile, Period: 60, Metrics: p.of("TargetResponseTime"), YAxis: fromZero("s")}
}

func (p DashboardProps) errors() graph {
	return graph{Title: "Server errors (5xx)", View: "timeSeries", Stat: "Sum", Period: 60, Metrics: p.of("HTTPCode_Target_5XX_Count"), YAxis: fromZero("")}
}

func (p DashboardProps) targets(name, title string) graph {
	return graph{Title: title, View: "timeSeries", Stat: "Maximum", Period: 60, Metrics: p.of(name), YAxis: fromZero("")}
}

// ours are metrics of the functions, each under the service that the function knows it by.
func (p DashboardProps) ours(names ...metric.Name) (all []line) {
	for _, n := range names {
		service := p.Service.Name
		if n == metric.StoppedStarts {
			service = p.Names.Service
		}
		all = append(all, line{metric: []string{metric.Namespace, string(n), metric.Dimension, service}})
	}
	return all
}

func count(title string, lines []line) graph {
	return graph{Title: title, View: "singleValue", Whole: true, Stat: "Sum", Period: 300, Metrics: lines}
}

func (p DashboardProps) endings() graph {
	return count("Deployments", p.ours(metric.Released, metric.Succeeded, metric.Failed, metric.Stopped, metric.RolledBack, metric.StoppedStarts))
}

func (p DashboardProps) verdicts() graph {
	return count("Verdicts", p.ours(metric.VerdictPassed, metric.VerdictFailed, metric.ComparedUnclear))
}

// took is how long something took, of each deployment.
func took(title string, lines []line) graph {
	return graph{Title: title, View: "timeSeries", Stat: "Maximum", Period: 300, Metrics: lines, YAxis: fromZero("s")}
}

// lead and phases lack what observe.phases leaves out.
func (p DashboardProps) lead() graph {
	names := []metric.Name{metric.PushToStart, metric.DeploymentTime}
	if p.Service.Observe.Measures() {
		names = append(names, metric.PushToLive)
	}
	return took("From the push to the end", p.ours(names...))
}

func (p DashboardProps) phases() graph {
	names := []metric.Name{metric.CheckedFor}
	if p.Service.Observe.Measures() {
		names = append(names, metric.InstallTime, metric.VerifyTime, metric.ShiftTime)
	}
	return took("Phases of a deployment", p.ours(names...))
}

func (p DashboardProps) waiting() graph {
	return graph{Title: "Looks that found something waiting, or refused", View: "timeSeries", Stat: "Sum", Period: 900, Metrics: p.ours(metric.Busy, metric.Refused), YAxis: fromZero("")}
}
