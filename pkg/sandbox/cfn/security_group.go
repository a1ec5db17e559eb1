package cfn

import "fmt"

// Groups keeps the rules of security groups, which decide nothing in a sandbox; its EC2 does. Its operations are not
// among the wire's.
type Groups interface {
	CreateGroup(id string)
	DeleteGroup(id string)
	// Bring replaces the rules that a resource brings to a group by others, in CloudFormation's words, and Withdraw
	// takes them away.
	Bring(resource, group string, ingress, egress []any)
	Withdraw(resource string)
}

// noGroups keeps nothing.
type noGroups struct{}

func (noGroups) CreateGroup(string)            {}
func (noGroups) DeleteGroup(string)            {}
func (noGroups) Bring(_, _ string, _, _ []any) {}
func (noGroups) Withdraw(string)               {}

func securityGroup(c *change) (resource, error) {
	made, err := identified("sg-", "GroupId")(c)
	if err != nil {
		return made, err
	}
	ingress, _ := c.properties["SecurityGroupIngress"].([]any)
	egress, _ := c.properties["SecurityGroupEgress"].([]any)
	c.service.opts.Groups.CreateGroup(made.id)
	c.service.opts.Groups.Bring(made.id, made.id, ingress, egress)
	return made, nil
}

func removeSecurityGroup(c *change) error {
	c.service.opts.Groups.DeleteGroup(c.standing.id)
	return nil
}

// securityGroupRule is a rule that stands beside its group.
func securityGroupRule(c *change) (resource, error) {
	made, err := identified("sgr-", "Id")(c)
	if err != nil {
		return made, err
	}
	ingress, egress := []any{c.properties}, []any(nil)
	if c.kind == "AWS::EC2::SecurityGroupEgress" {
		ingress, egress = nil, ingress
	}
	c.service.opts.Groups.Bring(made.id, fmt.Sprint(c.properties["GroupId"]), ingress, egress)
	return made, nil
}

func removeSecurityGroupRule(c *change) error {
	c.service.opts.Groups.Withdraw(c.standing.id)
	return nil
}
