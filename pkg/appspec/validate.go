package appspec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
)

// isRevision reports whether a text is "arn:<partition>:ecs:<region>:<account>:task-definition/<family>:<number>". It is
// no regular expression, because compiling one would be a thirtieth of a release's processor time.
func isRevision(text string) bool {
	part := strings.Split(text, ":")
	if len(part) != 7 || part[0] != "arn" || part[2] != "ecs" {
		return false
	}
	partition, region, account, number := part[1], part[3], part[4], part[6]
	family, ok := strings.CutPrefix(part[5], "task-definition/")
	return strings.HasPrefix(partition, "aws") && of(partition, lower+"-") && of(region, lower+digits+"-") &&
		len(account) == 12 && of(account, digits) && ok && len(family) <= 255 && of(family, lower+upper+digits+"_-") &&
		of(number, digits) && number[0] != '0'
}

// of reports whether a text is made of some characters, and not empty.
func of(text, characters string) bool { return text != "" && strings.Trim(text, characters) == "" }

// Validate reports everything for which CodeDeploy would refuse the document. Whether the task definition has
// the container and the port is not known here.
func (d Document) Validate() error {
	var all []error
	complain := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	if !isRevision(d.TaskDefinition) {
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
