package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/cutover-ecs/cutover/pkg/notify"
	"github.com/cutover-ecs/cutover/pkg/watch"
)

// deadLetters is a queue of what could not be handled.
type deadLetters struct {
	name, url string
	// atOnce is how many letters are taken at once, and held for how many seconds they are hidden from others meanwhile:
	// longer than it takes to give them back.
	atOnce, held int32
	// shared says that letters of other services are in it too.
	shared bool
	// give gives one back, and says in Kept why that could not be; nil where there is nobody to give it to any more.
	give func(replayed, sqstypes.Message) replayed
}

// deadLetters are the queues of these kinds. The platform's notify function has one where the configuration asks for it.
func (o *operator) deadLetters(of []string) (queues []deadLetters) {
	own := func(kind string) string { return o.names.Stack + "-" + kind + "-dlq" }
	platform := o.all.Platform
	for _, kind := range of {
		q := deadLetters{name: own(kind), atOnce: 1, held: 150, give: o.toRelease}
		switch kind {
		case "verify":
			q = deadLetters{name: own(kind), atOnce: 10, held: 10}
		case "watch":
			q = o.platformQueue(platform.WatchFunction(), o.watchTemplate)
		case "notify":
			if platform.Notify == nil {
				continue
			}
			q = o.platformQueue(platform.NotifyFunction(), o.notifyTemplate)
		}
		queues = append(queues, q)
	}
	return queues
}

// toRelease lets the release function handle an event.
func (o *operator) toRelease(r replayed, _ sqstypes.Message) replayed {
	a, err := o.send(r.Event)
	switch {
	case err != nil:
		r.Kept = err.Error()
	case a.Outcome == nil:
		r.Kept = a.Later
	default:
		r.Answer = &a
	}
	return r
}

// platformQueue is the queue of one of the platform's functions. What EventBridge could not hand over lies there as the
// event itself, without what the rule's template would have put around it; template finds that again.
func (o *operator) platformQueue(function string, template func(rule string) string) deadLetters {
	return deadLetters{name: function + "-dlq", atOnce: 10, held: 60, shared: true, give: func(r replayed, m sqstypes.Message) replayed {
		payload := r.Event
		var event kind
		if _ = json.Unmarshal(payload, &event); event.Type != "" {
			arn := aws.ToString(m.MessageAttributes["RULE_ARN"].StringValue)
			around := template(arn[strings.LastIndexByte(arn, '/')+1:])
			if around == "" {
				r.Kept = "no rule of the configuration hands it to " + function
				return r
			}
			payload = json.RawMessage(strings.Replace(around, "<aws.events.event.json>", string(payload), 1))
		}
		ctx, cancel := o.whole()
		defer cancel()
		_, err := lambda.NewFromConfig(o.aws).Invoke(ctx, &lambda.InvokeInput{
			FunctionName: &function, InvocationType: lambdatypes.InvocationTypeEvent, Payload: payload,
		})
		if err != nil {
			r.Kept = err.Error()
			return r
		}
		r.To = function
		return r
	}}
}

// watchTemplate is that of the service's own rule, whichever it was: a letter is of this service.
func (o *operator) watchTemplate(string) string {
	if o.service.Watch.FailedStarts == nil {
		return ""
	}
	return watch.Template(*o.service.Watch.FailedStarts)
}

// notifyTemplate is that of the rule of this name.
func (o *operator) notifyTemplate(rule string) string {
	platform := o.all.Platform
	for _, d := range platform.Notify.Destinations {
		if platform.TellRule(d) == rule {
			template, _ := notify.DestinationTemplate(d) // it was written at synth
			return template
		}
	}
	if rule == o.service.NotifyRule() {
		return notify.ServiceTemplate(o.service.Name, platform.Cluster)
	}
	return notify.FollowTemplate
}

// concerns reports whether an event is of the service, or of none that the configuration has.
func (o *operator) concerns(event json.RawMessage) bool {
	var tree any
	_ = json.Unmarshal(event, &tree)
	words := namedIn(tree, nil)
	named := false
	for _, s := range o.all.Services {
		names := s.Names(o.all.Platform.Cluster)
		is := slices.ContainsFunc([]string{s.Name, names.Service, names.DeploymentGroup}, func(name string) bool { return slices.Contains(words, name) })
		if is && s.Name == o.service.Name {
			return true
		}
		named = named || is
	}
	return !named
}

// saysService are the members by which the events of ECS, of CodeDeploy and of Cutover say whose they are.
var saysService = []string{"group", "service", "deploymentGroup", "resources"}

// namedIn collects what those members name: of "service:Shop" and of an ARN the last part.
func namedIn(tree any, words []string) []string {
	switch v := tree.(type) {
	case []any:
		for _, one := range v {
			words = namedIn(one, words)
		}
	case map[string]any:
		for key, one := range v {
			words = namedIn(one, words)
			if !slices.Contains(saysService, key) {
				continue
			}
			all, _ := one.([]any)
			for _, text := range append(all, one) {
				if text, ok := text.(string); ok {
					words = append(words, text[strings.LastIndexAny(text, ":/")+1:])
				}
			}
		}
	}
	return words
}
