package cfn

import (
	"slices"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// listenerCertificate adds the certificates that a template lists beside a listener's default.
func listenerCertificate(c *change) (resource, error) {
	made := resource{id: c.generated()}
	_, err := call[elb.AddListenerCertificatesOutput, elb.AddListenerCertificatesInput](c)
	return made, err
}

// updateListenerCertificate adds what is new before it takes away what is gone.
func updateListenerCertificate(c *change) (resource, error) {
	listener := c.properties["ListenerArn"]
	now, was := certificates(c.properties["Certificates"]), certificates(c.was["Certificates"])
	if err := c.certificates(listener, now, was, func(certificates any) error {
		return with[elb.AddListenerCertificatesOutput, elb.AddListenerCertificatesInput](c, map[string]any{"ListenerArn": listener, "Certificates": certificates})
	}); err != nil {
		return c.standing, err
	}
	return c.standing, c.certificates(listener, was, now, func(certificates any) error {
		return with[elb.RemoveListenerCertificatesOutput, elb.RemoveListenerCertificatesInput](c, map[string]any{"ListenerArn": listener, "Certificates": certificates})
	})
}

func removeListenerCertificate(c *change) error {
	return with[elb.RemoveListenerCertificatesOutput, elb.RemoveListenerCertificatesInput](c,
		map[string]any{"ListenerArn": c.was["ListenerArn"], "Certificates": c.was["Certificates"]})
}

// certificates makes one call for those that are in one list and not in the other.
func (c *change) certificates(listener any, in, notIn []string, do func(certificates any) error) error {
	var some []any
	for _, arn := range in {
		if !slices.Contains(notIn, arn) {
			some = append(some, map[string]any{"CertificateArn": arn})
		}
	}
	if some == nil {
		return nil
	}
	return do(some)
}

func certificates(list any) []string { return ids(list, "CertificateArn") }
