package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// statement is one statement of a policy that stands in the account.
type statement struct {
	holder string // the role's, function's or queue's name
	text   string
	// set puts the policy without the statement, or as it was.
	set func(without bool) error
}

// policyDocument keeps statements as they are written.
type policyDocument struct {
	Version   string
	Statement []json.RawMessage
}

// parts are a document's statements, each with the document that is left without it; empty when nothing is left.
func parts(document string) (all []string, left []string, err error) {
	var d policyDocument
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		return nil, nil, fmt.Errorf("%w in %s", err, document)
	}
	for i, one := range d.Statement {
		rest := policyDocument{Version: d.Version, Statement: append(append([]json.RawMessage{}, d.Statement[:i]...), d.Statement[i+1:]...)}
		text, err := json.Marshal(rest)
		if err != nil {
			return nil, nil, err
		}
		if len(rest.Statement) == 0 {
			text = nil
		}
		all, left = append(all, string(one)), append(left, string(text))
	}
	return all, left, nil
}

// statements are all those of the stacks' roles, functions and queues that allow something. One that denies is missed
// by nobody who may: here it refuses those who come without TLS, and a sandbox has no other way in.
func (r *room) statements() []statement {
	r.t.Helper()
	all := r.roleStatements()
	all = append(all, r.functionStatements()...)
	all = append(all, r.queueStatements()...)
	return slices.DeleteFunc(all, func(s statement) bool { return strings.Contains(s.text, `"Effect":"Deny"`) })
}

func (r *room) roleStatements() (all []statement) {
	r.t.Helper()
	ctx, c := r.t.Context(), iam.NewFromConfig(r.aws)
	roles, err := c.ListRoles(ctx, &iam.ListRolesInput{})
	r.need(err)
	for _, role := range roles.Roles {
		attached, err := c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: role.RoleName})
		r.need(err)
		if len(attached.AttachedPolicies) > 0 {
			r.t.Errorf("%s has managed policies, which nothing here takes apart", *role.RoleName)
		}
		names, err := c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: role.RoleName})
		r.need(err)
		for _, name := range names.PolicyNames {
			got, err := c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: role.RoleName, PolicyName: &name})
			r.need(err)
			whole, err := url.QueryUnescape(*got.PolicyDocument)
			r.need(err)
			texts, left, err := parts(whole)
			r.need(err)
			for i, text := range texts {
				all = append(all, statement{holder: *role.RoleName, text: text, set: func(without bool) error {
					document := whole
					if without {
						document = left[i]
					}
					if document == "" {
						_, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: role.RoleName, PolicyName: &name})
						return err
					}
					_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role.RoleName, PolicyName: &name, PolicyDocument: &document})
					return err
				}})
			}
		}
	}
	return all
}

func (r *room) functionStatements() (all []statement) {
	r.t.Helper()
	ctx, c := r.t.Context(), lambda.NewFromConfig(r.aws)
	for _, function := range []string{r.names.ReleaseFunction, r.names.VerifyFunction, r.names.ReportFunction, r.watcher} {
		got, err := c.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: &function})
		if err != nil {
			continue // it has none
		}
		texts, _, err := parts(*got.Policy)
		r.need(err)
		for _, text := range texts {
			var one struct {
				Sid       string
				Action    string
				Principal struct{ Service string }
				Condition struct{ ArnLike map[string]string }
			}
			r.need(json.Unmarshal([]byte(text), &one))
			all = append(all, statement{holder: function, text: text, set: func(without bool) error {
				if without {
					_, err := c.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: &function, StatementId: &one.Sid})
					return err
				}
				_, err := c.AddPermission(ctx, &lambda.AddPermissionInput{FunctionName: &function, StatementId: &one.Sid, Action: &one.Action,
					Principal: &one.Principal.Service, SourceArn: aws.String(one.Condition.ArnLike["AWS:SourceArn"])})
				return err
			}})
		}
	}
	return all
}

func (r *room) queueStatements() (all []statement) {
	r.t.Helper()
	ctx, c := r.t.Context(), sqs.NewFromConfig(r.aws)
	queues, err := c.ListQueues(ctx, &sqs.ListQueuesInput{})
	r.need(err)
	for _, queue := range queues.QueueUrls {
		got, err := c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &queue, AttributeNames: []sqstypes.QueueAttributeName{"Policy"}})
		r.need(err)
		whole := got.Attributes["Policy"]
		if whole == "" {
			continue
		}
		texts, left, err := parts(whole)
		r.need(err)
		for i, text := range texts {
			all = append(all, statement{holder: queue[strings.LastIndexByte(queue, '/')+1:], text: text, set: func(without bool) error {
				document := whole
				if without {
					document = left[i]
				}
				_, err := c.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: &queue, Attributes: map[string]string{"Policy": document}})
				return err
			}})
		}
	}
	return all
}

func (r *room) need(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}
