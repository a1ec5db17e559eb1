package bluegreen

import (
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/metric"
)

// SelfAlarmsProps say what of Cutover itself is watched.
type SelfAlarmsProps struct {
	Names     config.Names
	Service   config.Service
	Kinds     []string
	Functions Functions
	Queues    Queues
	// Topic is told; empty for none.
	Topic string
}

// watched is one alarm: a metric that is too much in each of some periods.
type watched struct {
	id, name, text          string
	namespace, metric, stat string
	dimension, of           string
	least                   float64
	period                  time.Duration
	periods                 int
}

// usually is the period of alarms that go off at once.
const usually = 5 * time.Minute

// NewSelfAlarms are those of a service on Cutover itself, one metric each, so that each costs what one alarm does. Quiet
// periods count as good: what they count is silent when all is well.
func NewSelfAlarms(scope constructs.Construct, id string, props SelfAlarmsProps) (alarms []awscloudwatch.CfnAlarm) {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	all := map[string]func() []watched{
		config.DeadLetters: props.deadLetters, config.Unanswered: props.unanswered, config.RefusedLong: props.refused, config.BusyLong: props.busy,
		config.Errors: props.errors, config.Throttles: props.throttles, config.Durations: props.durations,
	}
	for _, kind := range []string{config.DeadLetters, config.Unanswered, config.RefusedLong, config.BusyLong, config.Errors, config.Throttles, config.Durations} {
		if !slices.Contains(props.Kinds, kind) {
			continue
		}
		for _, w := range all[kind]() {
			alarms = append(alarms, newWatched(scope, props.Names.Stack+"-", w, props.Topic))
		}
	}
	return alarms
}

func newWatched(scope constructs.Construct, prefix string, w watched, topic string) awscloudwatch.CfnAlarm {
	p := &awscloudwatch.CfnAlarmProps{
		AlarmName: jsii.String(prefix + w.name), AlarmDescription: jsii.String(w.text),
		Namespace: jsii.String(w.namespace), MetricName: jsii.String(w.metric), Statistic: jsii.String(w.stat),
		Dimensions: []*awscloudwatch.CfnAlarm_DimensionProperty{{Name: jsii.String(w.dimension), Value: jsii.String(w.of)}},
		Threshold:  jsii.Number(w.least), ComparisonOperator: jsii.String("GreaterThanOrEqualToThreshold"),
		Period: jsii.Number(w.period.Seconds()), EvaluationPeriods: jsii.Number(w.periods), TreatMissingData: jsii.String("notBreaching"),
	}
	if topic != "" {
		p.AlarmActions, p.OkActions = listed([]string{topic}), listed([]string{topic})
	}
	return awscloudwatch.NewCfnAlarm(scope, jsii.String(w.id), p)
}

// lettersIn is of a queue that should be empty.
func lettersIn(id, name, text string, queue awssqs.CfnQueue) watched {
	return watched{id, name, text, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", "QueueName", *queue.AttrQueueName(), 1, usually, 1}
}

func (p SelfAlarmsProps) deadLetters() []watched {
	again := "; cutover replay " + p.Names.Stack + " brings them again"
	return []watched{
		lettersIn("EventsLetters", "events-letters", "Events that could not be handed to the release function are kept"+again, p.Queues.Events),
		lettersIn("ReleaseLetters", "release-letters", "Events that the release function failed on for good are kept"+again, p.Queues.Release),
		lettersIn("VerifyLetters", "verify-letters", "A hook died, and CodeDeploy could not be told; the deployment waits an hour for its answer", p.Queues.Verify),
	}
}

func ofFunction(id, name, text, metric, stat string, f awslambda.CfnFunction, least float64) watched {
	return watched{id, name, text, "AWS/Lambda", metric, stat, "FunctionName", *f.Ref(), least, usually, 1}
}

func (p SelfAlarmsProps) unanswered() []watched {
	return []watched{ofFunction("Unanswered", "hook-unanswered",
		"A hook of "+p.Names.Title+" died without an answer, and Failed was reported for it: its log has the cause", "Invocations", "Sum", p.Functions.Report, 1)}
}

// long is a metric that one look counts, in every period of a time.
func (p SelfAlarmsProps) long(id, name, text string, n metric.Name, lasts config.Duration) []watched {
	period := max(15*time.Minute, (2 * p.Service.Schedule.Std()).Truncate(time.Minute))
	if lasts.Std() > 12*time.Hour {
		period = max(period, time.Hour) // CloudWatch evaluates shorter ones over a day at most
	}
	periods := max(1, int(lasts.Std()/period))
	return []watched{{id, name, text, metric.Namespace, string(n), "Sum", metric.Dimension, p.Service.Name, 1, period, periods}}
}

func (p SelfAlarmsProps) refused() []watched {
	return p.long("Refused", "refused", "Something new of "+p.Names.Title+" cannot be released as things stand: cutover status says why", metric.Refused, p.Service.Observe.RefusedFor)
}

func (p SelfAlarmsProps) busy() []watched {
	return p.long("Busy", "busy", "Something new of "+p.Names.Title+" has long waited for a deployment under way: cutover status tells which", metric.Busy, p.Service.Observe.BusyFor)
}

// named is a function with the words that its alarms are named by.
type namedFunction struct {
	id, name string
	f        awslambda.CfnFunction
	timeout  time.Duration
}

func (p SelfAlarmsProps) functions() []namedFunction {
	all := []namedFunction{{"Release", Release, p.Functions.Release, releaseTimeout}, {"Report", "report", p.Functions.Report, reportTimeout}}
	stages := p.Functions.Stages
	for _, event := range p.Service.Hooked() {
		one := namedFunction{"Verify", Verify, p.Functions.Verify, min(p.Service.Suite(event).Timeout.Std(), config.MostVerify) + verifyMargin}
		if event != config.Main {
			one.id, one.name, one.f, stages = "Verify"+string(event), Verify+"-"+string(event), stages[0], stages[1:]
		}
		all = append(all, one)
	}
	return all
}

// errors leave the release function two that its retries mend.
func (p SelfAlarmsProps) errors() (all []watched) {
	for _, n := range p.functions() {
		least := 1.0
		if n.name == Release {
			least = 3
		}
		all = append(all, ofFunction(n.id+"Errors", n.name+"-errors", "The "+n.name+" function of "+p.Names.Title+" fails: its log has the cause", "Errors", "Sum", n.f, least))
	}
	return all
}

// throttles of the release function are its reserved concurrency at work; what waits long for it is the matter.
func (p SelfAlarmsProps) throttles() (all []watched) {
	for _, n := range p.functions() {
		text := "The " + n.name + " function of " + p.Names.Title + " finds no concurrency: raise the account's quota"
		one := ofFunction(n.id+"Throttles", n.name+"-throttles", text, "Throttles", "Sum", n.f, 1)
		if n.name == Release {
			one = ofFunction(n.id+"Throttles", n.name+"-late", text, "AsyncEventAge", "Maximum", n.f, float64((10 * time.Minute).Milliseconds()))
		}
		all = append(all, one)
	}
	return all
}

// durations are near a function's limit at four fifths of it.
func (p SelfAlarmsProps) durations() (all []watched) {
	for _, n := range p.functions() {
		all = append(all, ofFunction(n.id+"Durations", n.name+"-durations", "The "+n.name+" function of "+p.Names.Title+" comes near its limit of "+n.timeout.String(),
			"Duration", "Maximum", n.f, float64(n.timeout.Milliseconds())*0.8))
	}
	return all
}
