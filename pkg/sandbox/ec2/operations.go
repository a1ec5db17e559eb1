package ec2

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
)

// operation is one of EC2's: what it is allowed on, and what it does. The caller of do holds mu.
type operation struct {
	on func(s *Service, ask url.Values) string
	do func(s *Service, ask url.Values) (any, error)
}

// operations by their names. Reading knows no resource, changing is of one group
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html).
var operations = map[string]operation{
	"DescribeSecurityGroupRules":    {func(*Service, url.Values) string { return "*" }, (*Service).describe},
	"AuthorizeSecurityGroupIngress": {(*Service).groupARN, (*Service).authorize},
	"RevokeSecurityGroupIngress":    {(*Service).groupARN, (*Service).revoke},
}

func (s *Service) groupARN(ask url.Values) string {
	return fmt.Sprintf("arn:aws:ec2:%s:%s:security-group/%s", s.opts.Region, s.opts.Account, ask.Get("GroupId"))
}

// told is a rule as EC2 writes it.
type told struct {
	ID          string      `xml:"securityGroupRuleId"`
	Group       string      `xml:"groupId"`
	Owner       string      `xml:"groupOwnerId"`
	Egress      bool        `xml:"isEgress"`
	Protocol    string      `xml:"ipProtocol"`
	From        int         `xml:"fromPort"`
	To          int         `xml:"toPort"`
	CIDRv4      string      `xml:"cidrIpv4,omitempty"`
	CIDRv6      string      `xml:"cidrIpv6,omitempty"`
	PrefixList  string      `xml:"prefixListId,omitempty"`
	Referenced  *referenced `xml:"referencedGroupInfo"`
	Description string      `xml:"description,omitempty"`
	ARN         string      `xml:"securityGroupRuleArn"`
	Tags        struct{}    `xml:"tagSet"`
}

type referenced struct {
	Group string `xml:"groupId"`
	User  string `xml:"userId"`
}

func (s *Service) tell(r rule) told {
	t := told{
		ID: r.id, Group: r.group, Owner: s.opts.Account, Egress: r.egress, Protocol: r.protocol, From: r.from, To: r.to,
		CIDRv4: r.v4, CIDRv6: r.v6, PrefixList: r.prefix, Description: r.description,
		ARN: fmt.Sprintf("arn:aws:ec2:%s:%s:security-group-rule/%s", s.opts.Region, s.opts.Account, r.id),
	}
	if r.referenced != "" {
		t.Referenced = &referenced{r.referenced, s.opts.Account}
	}
	return t
}

func (s *Service) describe(ask url.Values) (any, error) {
	ids := listOf(ask, "SecurityGroupRuleId")
	var groups [][]string // a rule must be of one of each
	for i := 1; ask.Has(fmt.Sprintf("Filter.%d.Name", i)); i++ {
		name, values := ask.Get(fmt.Sprintf("Filter.%d.Name", i)), listOf(ask, fmt.Sprintf("Filter.%d.Value", i))
		switch name {
		case "group-id":
			groups = append(groups, values)
		case "security-group-rule-id":
			ids = append(ids, values...)
		default:
			return nil, fails("InvalidParameterValue", "The filter '%s' is invalid: the sandbox has group-id and security-group-rule-id", name)
		}
	}
	found := described{Rules: []told{}}
	for _, r := range s.rules {
		other := slices.ContainsFunc(groups, func(of []string) bool { return !slices.Contains(of, r.group) })
		if !other && (len(ids) == 0 || slices.Contains(ids, r.id)) {
			found.Rules = append(found.Rules, s.tell(r))
		}
	}
	return found, nil
}

type described struct {
	Rules []told `xml:"securityGroupRuleSet>item"`
}

type changed struct {
	Return bool   `xml:"return"`
	Rules  []told `xml:"securityGroupRuleSet>item"`
}

// authorize adds a rule for each range of addresses of each permission.
func (s *Service) authorize(ask url.Values) (any, error) {
	group := ask.Get("GroupId")
	if !slices.Contains(s.groups, group) {
		return nil, fails("InvalidGroup.NotFound", "The security group '%s' does not exist", group)
	}
	var added []rule
	for i := 1; ask.Has(fmt.Sprintf("IpPermissions.%d.IpProtocol", i)); i++ {
		of := func(name string) string { return ask.Get(fmt.Sprintf("IpPermissions.%d.%s", i, name)) }
		common := rule{group: group, protocol: of("IpProtocol"), from: port(of("FromPort")), to: port(of("ToPort"))}
		for _, source := range []struct {
			list, member string
			into         func(*rule) *string
		}{
			{"IpRanges", "CidrIp", func(r *rule) *string { return &r.v4 }},
			{"Ipv6Ranges", "CidrIpv6", func(r *rule) *string { return &r.v6 }},
			{"Groups", "GroupId", func(r *rule) *string { return &r.referenced }},
		} {
			for n := 1; of(source.list+"."+strconv.Itoa(n)+"."+source.member) != ""; n++ {
				r := common
				r.id, r.description = "sgr-"+identifier(), of(source.list+"."+strconv.Itoa(n)+".Description")
				*source.into(&r) = of(source.list + "." + strconv.Itoa(n) + "." + source.member)
				if s.has(r) {
					return nil, fails("InvalidPermission.Duplicate", "the specified rule of %s already exists", group)
				}
				added = append(added, r)
			}
		}
	}
	if len(added) == 0 {
		return nil, fails("MissingParameter", "The request must contain the parameter ipPermissions: the sandbox takes rules in no other form")
	}
	s.rules = append(s.rules, added...)
	out := changed{Return: true}
	for _, r := range added {
		out.Rules = append(out.Rules, s.tell(r))
	}
	return out, nil
}

// has tells whether a group has the very rule, whatever its id and description.
func (s *Service) has(r rule) bool {
	return slices.ContainsFunc(s.rules, func(old rule) bool {
		old.owner, old.id, old.description = r.owner, r.id, r.description
		return old == r
	})
}

func (s *Service) revoke(ask url.Values) (any, error) {
	group, ids := ask.Get("GroupId"), listOf(ask, "SecurityGroupRuleId")
	if len(ids) == 0 {
		return nil, fails("MissingParameter", "The request must contain the parameter SecurityGroupRuleId: the sandbox takes rules away by their ids alone")
	}
	for _, id := range ids {
		if !slices.ContainsFunc(s.rules, func(r rule) bool { return r.id == id && r.group == group && !r.egress }) {
			return nil, fails("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", id)
		}
	}
	s.rules = slices.DeleteFunc(s.rules, func(r rule) bool { return slices.Contains(ids, r.id) })
	return changed{Return: true}, nil
}

// listOf are the values of Name.1, Name.2 and so on.
func listOf(ask url.Values, name string) (values []string) {
	for i := 1; ask.Has(name + "." + strconv.Itoa(i)); i++ {
		values = append(values, ask.Get(name+"."+strconv.Itoa(i)))
	}
	return values
}
