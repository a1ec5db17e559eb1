package appspec

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
)

// taskDefinitionARN is compiled at its first use, since a function's start should not wait for it.
var taskDefinitionARN = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:task-definition/[A-Za-z0-9_-]{1,255}:[1-9]\d*$`)
})

// Validate reports everything for which CodeDeploy would refuse the document. Whether the task definition has
// the container and the port is not known here.
func (d Document) Validate() error {
	var all []error
	complain := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	if !taskDefinitionARN().MatchString(d.TaskDefinition) {
		complain("TaskDefinition %q must be a task definition's full ARN with its revision number", d.TaskDefinition)
	}
	if d.ContainerName == "" {
		complain("LoadBalancerInfo.ContainerName is missing")
	}
	if d.ContainerPort < 1 || d.ContainerPort > 65535 {
		complain("LoadBalancerInfo.ContainerPort %d must be 1 to 65535", d.ContainerPort)
	}
	if n := d.Network; n != nil {
		if len(n.Subnets) == 0 || len(n.SecurityGroups) == 0 || n.AssignPublicIP == "" {
			complain("AwsvpcConfiguration must have Subnets, SecurityGroups and AssignPublicIp, or be left out")
		} else if n.AssignPublicIP != "ENABLED" && n.AssignPublicIP != "DISABLED" {
			complain("AssignPublicIp %q must be ENABLED or DISABLED", n.AssignPublicIP)
		}
	}
	for i, c := range d.CapacityProviders {
		if c.CapacityProvider == "" || c.Base < 0 || c.Weight < 0 {
			complain("CapacityProviderStrategy[%d] must name a provider and have no negative numbers", i)
		}
	}
	for event, fn := range d.Hooks {
		if !slices.Contains(Events, event) {
			complain("Hooks has %q, which is not a hookable event: %v", event, Events)
		} else if fn == "" {
			complain("Hooks.%s names no function", event)
		}
	}
	return errors.Join(all...)
}
