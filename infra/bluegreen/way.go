package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	elb "github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// WayProps describe the way in to a service.
type WayProps struct {
	Names        config.Names
	LoadBalancer config.LoadBalancer
	Network      Network
	// OnProduction is whether a hook asks the production listener too.
	OnProduction bool
	// Shared is the load balancer that the listeners stand on; without, the service gets one of its own.
	Shared *Balancer
}

// Way is the way in to a service: a pair of target groups and a pair of listeners on a load balancer. Who has all that
// already fills it in by hand.
type Way struct {
	Balancer     Balancer
	TargetGroups [2]TargetGroup
	// Production and Test are the ARNs of the listeners that CodeDeploy moves.
	Production, Test string
	// Group is the security group of the tasks, Hook that of the verify function, by their ids.
	Group, Hook string
	// Ready stand before the service: ECS wants a target group behind a listener.
	Ready []awscdk.CfnResource
}

// TargetGroup is one of the two groups of addresses that a deployment moves traffic between.
type TargetGroup struct {
	ARN, Name string
	// FullName is what CloudWatch calls it: targetgroup/<name>/<id>.
	FullName string
}

// NewWay makes both target groups and both listeners, a production listener for users and a test listener for the hook
// alone, and what lets each in. Both listeners start on the first target group: CodeDeploy refuses a production
// listener that is not on the group that serves.
func NewWay(scope constructs.Construct, id string, props WayProps) Way {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	l := props.LoadBalancer
	hook := NewHookGroup(scope, "HookGroup", props)
	w := Way{Hook: *hook.AttrGroupId()}
	if props.Shared == nil {
		w.Group = *NewServiceGroup(scope, "ServiceGroup", props, hook).AttrGroupId()
		w.Balancer = newBalancer(scope, "LoadBalancer", props.Names.LoadBalancer, l.Internal, props.Network, w.Group)
	} else {
		w.Group, w.Balancer = *NewTasksGroup(scope, "ServiceGroup", props).AttrGroupId(), *props.Shared
		admit(scope, "Admit", props, hook)
	}
	for i, id := range []string{"TargetGroup1", "TargetGroup2"} {
		w.TargetGroups[i] = NewTargetGroup(scope, id, props, i)
	}
	production, test := newListener(scope, "Production", w, l, l.ProductionPort), newListener(scope, "Test", w, l, l.TestPort)
	w.Production, w.Test = *production.AttrListenerArn(), *test.AttrListenerArn()
	w.Ready = []awscdk.CfnResource{production, test}
	certify(scope, "Production", w.Production, l.HTTPS)
	certify(scope, "Test", w.Test, l.HTTPS)
	if port := redirectPort(l); port != 0 {
		newRedirect(scope, "Redirect", w, l, port)
	}
	return w
}

// newListener speaks HTTPS with the default certificate and the policy of its creation: CloudFormation would reset the
// actions with any change of either. Further certificates are resources of their own, see certify.
func newListener(scope constructs.Construct, id string, w Way, l config.LoadBalancer, port int) elb.CfnListener {
	p := &elb.CfnListenerProps{
		LoadBalancerArn: jsii.String(w.Balancer.ARN), Protocol: jsii.String("HTTP"), Port: jsii.Number(port),
		DefaultActions: []*elb.CfnListener_ActionProperty{{
			Type: jsii.String("forward"), TargetGroupArn: jsii.String(w.TargetGroups[0].ARN),
		}},
	}
	if l.HTTPS.On() {
		p.Protocol, p.SslPolicy = jsii.String("HTTPS"), jsii.String(l.HTTPS.Policy)
		p.Certificates = []*elb.CfnListener_CertificateProperty{{CertificateArn: jsii.String(l.HTTPS.Certificate)}}
	}
	return elb.NewCfnListener(scope, jsii.String(id), p)
}
