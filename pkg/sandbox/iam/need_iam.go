package iam

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// iam adds roles and policies, and STS, where GetCallerIdentity needs no permission.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
func (t table) iam() {
	const service = "iam"
	on(t, service, func(a asking, in *iam.CreateRoleInput) []need {
		n := a.need(a.global("role", in.Path, in.RoleName)).tagged(iamTags(in.Tags))
		if in.PermissionsBoundary != nil {
			n = n.with("iam:PermissionsBoundary", *in.PermissionsBoundary)
		}
		return a.iamTagging(n, "iam:TagRole", in.Tags)
	})
	onRole(t, func(in *iam.GetRoleInput) *string { return in.RoleName })
	onRole(t, func(in *iam.DeleteRoleInput) *string { return in.RoleName })
	onRole(t, func(in *iam.UpdateAssumeRolePolicyInput) *string { return in.RoleName })
	onRole(t, func(in *iam.ListRoleTagsInput) *string { return in.RoleName })
	onRole(t, func(in *iam.PutRolePolicyInput) *string { return in.RoleName })
	onRole(t, func(in *iam.GetRolePolicyInput) *string { return in.RoleName })
	onRole(t, func(in *iam.ListRolePoliciesInput) *string { return in.RoleName })
	onRole(t, func(in *iam.DeleteRolePolicyInput) *string { return in.RoleName })
	onRole(t, func(in *iam.ListAttachedRolePoliciesInput) *string { return in.RoleName })
	on(t, service, func(a asking, in *iam.TagRoleInput) []need {
		return []need{a.need(a.roleARN(in.RoleName)).tagged(iamTags(in.Tags))}
	})
	on(t, service, func(a asking, in *iam.UntagRoleInput) []need {
		return []need{a.need(a.roleARN(in.RoleName)).with("aws:TagKeys", in.TagKeys...)}
	})
	on(t, service, func(a asking, in *iam.AttachRolePolicyInput) []need {
		return []need{a.need(a.roleARN(in.RoleName)).with("iam:PolicyARN", aws.ToString(in.PolicyArn))}
	})
	on(t, service, func(a asking, in *iam.DetachRolePolicyInput) []need {
		return []need{a.need(a.roleARN(in.RoleName)).with("iam:PolicyARN", aws.ToString(in.PolicyArn))}
	})
	on(t, service, func(a asking, in *iam.ListRolesInput) []need {
		return []need{a.need(a.global("role", in.PathPrefix, nil))}
	})
	on(t, service, func(a asking, in *iam.CreatePolicyInput) []need {
		return a.iamTagging(a.need(a.global("policy", in.Path, in.PolicyName)).tagged(iamTags(in.Tags)), "iam:TagPolicy", in.Tags)
	})
	onEach(t, service, func(in *iam.GetPolicyInput) []string { return part("", in.PolicyArn) })
	onEach(t, service, func(in *iam.GetPolicyVersionInput) []string { return part("", in.PolicyArn) })
	onEach(t, service, func(in *iam.DeletePolicyInput) []string { return part("", in.PolicyArn) })

	on(t, "sts", func(asking, *sts.GetCallerIdentityInput) []need { return nil })
	onEach(t, "sts", func(in *sts.AssumeRoleInput) []string { return part("", in.RoleArn) })
}

func onRole[In any](t table, name func(in *In) *string) {
	on(t, "iam", func(a asking, in *In) []need { return []need{a.need(a.roleARN(name(in)))} })
}

// roleARN of a role by its name; one that is not kept here stands at the root.
func (a asking) roleARN(name *string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.roles[aws.ToString(name)]; r != nil {
		return *r.Arn
	}
	return a.global("role", nil, name)
}

// global is an ARN of IAM, which knows no region.
func (a asking) global(kind string, path, name *string) string {
	p := aws.ToString(path)
	if p == "" {
		p = "/"
	}
	return "arn:aws:iam::" + a.account + ":" + kind + p + aws.ToString(name)
}

// iamTagging asks in addition to tag what is created, where tags are given.
func (a asking) iamTagging(n need, action string, tags []types.Tag) []need {
	if len(tags) == 0 {
		return []need{n}
	}
	return []need{n, n.as(action)}
}

func iamTags(tags []types.Tag) map[string]string {
	return tagsOf(tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
}
