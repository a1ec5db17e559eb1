package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cutover-ecs/cutover/docs/transcript"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// operatorsPolicy is the one in the operator's page, for this sandbox.
func operatorsPolicy(t *testing.T) string {
	block, err := transcript.Find("../../docs/operator.md", "{")
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("REGION", sandbox.Region, "ACCOUNT", sandbox.Account).Replace(block.Text)
}

// operatesWith runs all commands from now on as a person whose role has these policies.
func (r *room) operatesWith(policies ...string) {
	r.t.Helper()
	ctx, roles := r.t.Context(), iam.NewFromConfig(r.aws)
	role, err := roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("operator"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + sandbox.Account + `:root"},"Action":"sts:AssumeRole"}]}`)})
	r.need(err)
	for i, policy := range policies {
		_, err := roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("operator"), PolicyName: aws.String(fmt.Sprint("hands-", i)), PolicyDocument: &policy})
		r.need(err)
	}
	session, err := sts.NewFromConfig(r.aws).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: role.Role.Arn, RoleSessionName: aws.String("alice@example.com")})
	r.need(err)
	r.as = []string{"AWS_ACCESS_KEY_ID=" + *session.Credentials.AccessKeyId, "AWS_SECRET_ACCESS_KEY=" + *session.Credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN=" + *session.Credentials.SessionToken}
}

func TestTheDocumentedPermissionsAreEnough(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.operatesWith(operatorsPolicy(t))

	r.release("v1")
	_, now := r.arrives("v2")
	r.hands(0, "finish", "--yes")
	r.until("v2 is live", liveIs("v2"))
	r.endIsHeard(now.Deployment.ID)
	a := r.answers(0, "rollback")
	r.decided(a, release.Deploy, "v1")
	if a.By != "alice@example.com" || !strings.HasSuffix(r.tags()[live.TagBlocked], " by alice@example.com") {
		t.Errorf("by %s: %v", a.By, r.tags())
	}
	r.until("v1 has production", hasProduction("v1"))
	r.hands(0, "stop", "--yes")
	r.rollsBack("v2 serves")
	r.hands(0, "suspend")
	r.hands(0, "resume", "--yes")
	r.hands(0, "pin", "v1", "--yes")
	r.hands(0, "unpin", "--yes")
	r.decided(r.answers(0, "retry"), release.Current, "v2")
	tells(t, r.shown(0, "plan", website, "v2"), "Current: ")
	r.hands(0, "deploy", "v2", "--yes", "--until", "live")
	r.hands(0, "replay", "--yes")
	tells(t, r.shown(0, "history", website), "sample-website:v2@")
	tells(t, r.shown(0, "explain", website, "v2"), "it runs: its task set is PRIMARY")
	tells(t, r.shown(0, "logs", website), "listens on :80")
	r.watching("--image", "v2").ends(0)
	if found := r.examined(0); len(found) > 0 { // and nothing could not be read
		t.Errorf("the doctor finds %v", found)
	}
	tells(t, r.shown(0, "doctor", "--stack", "--assembly", filepath.Join("..", "..", "infra", "assembly")), "stack sample-website can be updated")
}
