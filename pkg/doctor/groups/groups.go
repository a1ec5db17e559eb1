// Package groups reads the rules of security groups from Amazon EC2: one operation, DescribeSecurityGroupRules, by EC2's
// query protocol.
//
// The SDK has a client, of more than seven hundred operations: compiling it takes longer than compiling all else here
// together, in each build of the command line and of its tests.
package groups

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// Rule is one of a security group, with the members that are asked for
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html).
type Rule struct {
	ID     string `xml:"securityGroupRuleId"`
	Group  string `xml:"groupId"`
	Egress bool   `xml:"isEgress"`
	// Protocol is tcp, udp, icmp, icmpv6, a number, or -1 for all. From and To are -1 where it has no ports.
	Protocol string `xml:"ipProtocol"`
	From     int    `xml:"fromPort"`
	To       int    `xml:"toPort"`
	// CIDRv4 and CIDRv6 are addresses; both are empty of a rule for a group or a prefix list.
	CIDRv4 string `xml:"cidrIpv4"`
	CIDRv6 string `xml:"cidrIpv6"`
}

// Client asks EC2. Use NewFromConfig; a Client is safe for concurrent use.
type Client struct{ to *call.Client }

// NewFromConfig is a client for the region of a configuration, or for the endpoint that it names.
func NewFromConfig(cfg aws.Config) *Client {
	return &Client{call.New(cfg, call.Service{ID: "EC2", Endpoint: "ec2", Version: "2016-11-15"})}
}

// mostPages of a thousand rules are more than any load balancer's groups can have: a group has a few hundred at most.
const mostPages = 10

// page is of an answer.
type page struct {
	Rules []Rule `xml:"securityGroupRuleSet>item"`
	Next  string `xml:"nextToken"`
}

// DescribeSecurityGroupRules are all rules of some groups, by their ids. A group that does not exist has none. Its
// errors are the SDK's.
func (c *Client) DescribeSecurityGroupRules(ctx context.Context, ids []string) ([]Rule, error) {
	ask := url.Values{
		"MaxResults": {"1000"}, "Filter.1.Name": {"group-id"},
	}
	for i, id := range ids {
		ask.Set("Filter.1.Value."+strconv.Itoa(i+1), id)
	}
	var all []Rule
	for range mostPages {
		page, err := call.Query[page](ctx, c.to, "DescribeSecurityGroupRules", ask)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Rules...)
		if page.Next == "" {
			return all, nil
		}
		ask.Set("NextToken", page.Next)
	}
	return nil, fmt.Errorf("the security groups %v have more than %d pages of rules", ids, mostPages)
}
