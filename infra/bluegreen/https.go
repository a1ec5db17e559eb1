package bluegreen

import (
	"crypto/sha256"
	"fmt"
	"strconv"

	elb "github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// certify adds the certificates beside the default, each as a resource of its own that is named after it: so that an
// exchange of one for another adds before it takes away, and no update ever touches a listener.
func certify(scope constructs.Construct, id, listener string, h config.HTTPS) {
	for _, arn := range h.Certificates {
		digest := sha256.Sum256([]byte(arn))
		elb.NewCfnListenerCertificate(scope, jsii.String(fmt.Sprintf("%sCertificate%x", id, digest[:4])), &elb.CfnListenerCertificateProps{
			ListenerArn:  jsii.String(listener),
			Certificates: []*elb.CfnListenerCertificate_CertificateProperty{{CertificateArn: jsii.String(arn)}},
		})
	}
}

// redirectPort is the port that answers HTTP with the way to HTTPS; 0 for none.
func redirectPort(l config.LoadBalancer) int {
	if !l.HTTPS.On() || l.HTTPS.RedirectPort == nil {
		return 0
	}
	return *l.HTTPS.RedirectPort
}

// newRedirect leads users from HTTP to the production listener. CodeDeploy does not know it, so it may change.
func newRedirect(scope constructs.Construct, id string, w Way, l config.LoadBalancer, port int) {
	elb.NewCfnListener(scope, jsii.String(id), &elb.CfnListenerProps{
		LoadBalancerArn: jsii.String(w.Balancer.ARN), Protocol: jsii.String("HTTP"), Port: jsii.Number(port),
		DefaultActions: []*elb.CfnListener_ActionProperty{{
			Type: jsii.String("redirect"), RedirectConfig: &elb.CfnListener_RedirectConfigProperty{
				Protocol: jsii.String("HTTPS"), Port: jsii.String(strconv.Itoa(l.ProductionPort)), StatusCode: jsii.String("HTTP_301"),
			},
		}},
	})
}
