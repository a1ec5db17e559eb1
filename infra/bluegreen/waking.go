package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// waking makes rules that wake one function, and keep in a queue what could not be handed over.
type waking struct {
	scope constructs.Construct
	// target is what the rules call the function; name and function are its name and ARN in Lambda, queue is an ARN.
	target                string
	name, function, queue *string
}

func newWaking(scope constructs.Construct, target string, function awslambda.CfnFunction, queue awssqs.CfnQueue) waking {
	return waking{scope, target, function.Ref(), function.AttrArn(), queue.AttrArn()}
}

// by is the ARN of a new rule. Its template makes the function's event; nil hands over the event as it is.
func (w waking) by(id, name, description string, pattern map[string]any, template *string) *string {
	target := &awsevents.CfnRule_TargetProperty{
		Id: jsii.String(w.target), Arn: w.function,
		DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: w.queue},
		RetryPolicy: &awsevents.CfnRule_RetryPolicyProperty{
			MaximumEventAgeInSeconds: jsii.Number(eventAge.Seconds()), MaximumRetryAttempts: jsii.Number(185),
		},
	}
	if template != nil {
		target.InputTransformer = &awsevents.CfnRule_InputTransformerProperty{InputTemplate: template}
	}
	return awsevents.NewCfnRule(w.scope, jsii.String(id), &awsevents.CfnRuleProps{
		Name: jsii.String(name), Description: jsii.String(description), State: jsii.String("ENABLED"),
		EventPattern: filledInEach(pattern), Targets: []*awsevents.CfnRule_TargetProperty{target},
	}).AttrArn()
}

// ofEach is a rule a service, made by rule under the id that it is given, and what the rules go by where they are admitted.
// Of many services one permission admits all rules whose names end in suffix.
func (w waking) ofEach(services []config.Service, kind, suffix string, rule func(id string, s config.Service) *string) (rules []*string) {
	few := len(services) <= fewServices
	for _, s := range services {
		id := kind + "-" + s.Name
		made := rule(id, s)
		if few {
			w.permit(id+"-MayInvoke", made)
		}
		rules = append(rules, made)
	}
	if few {
		return rules
	}
	return []*string{w.permit(kind+"MayInvoke", jsii.String(Sub(arn("events", "rule/*"+suffix))))}
}

// permit lets rules invoke the function, and returns them.
func (w waking) permit(id string, rules *string) *string {
	awslambda.NewCfnPermission(w.scope, jsii.String(id), &awslambda.CfnPermissionProps{
		Action: jsii.String("lambda:InvokeFunction"), FunctionName: w.name, Principal: jsii.String("events.amazonaws.com"), SourceArn: rules,
	})
	return rules
}
