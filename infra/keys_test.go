//go:build !race

package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/cutover-ecs/cutover/pkg/doctor"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

const (
	aKey     = "arn:aws:kms:eu-central-2:111122223333:key/0a1b2c3d-0000-11ee-8c99-0242ac120002"
	imageKey = "arn:aws:kms:eu-central-2:111122223333:key/0a1b2c3d-0000-11ee-8c99-0242ac120003"
)

// under is a service whose platform says something of keys.
func under(keys string) string {
	return `{"platform": {"reports": {}` + keys + `}, "services": [{"name": "sample-website", "image": {"tag": "v*"}, "verify": {"settle": "0s"}}]}`
}

// keysFor gives a sandbox keys with the policy that the documentation asks of one.
func keysFor(arns ...string) func(*sandbox.Options) {
	return func(o *sandbox.Options) {
		o.Keys = map[string]string{}
		for _, arn := range arns {
			if arn != "" {
				o.Keys[arn] = doctor.KeyPolicy(sandbox.Region, sandbox.Account)
			}
		}
	}
}

// encryption is what the sandbox's S3 and ECR tell of the reports' bucket and of the repository.
func (s *stage) encryption() (bucket, repository string) {
	s.t.Helper()
	ask, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.Host()+"/cutover-reports-"+sandbox.Account+"-"+sandbox.Region+"?encryption", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	ask.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/"+sandbox.Region+"/s3/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := http.DefaultClient.Do(ask)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatal(resp.Status, err, string(body))
	}
	out, err := s.ecr.DescribeRepositories(s.t.Context(), &ecr.DescribeRepositoriesInput{RepositoryNames: []string{s.names.Repository}})
	if err != nil {
		s.t.Fatal(err)
	}
	return string(body), text(out.Repositories[0].EncryptionConfiguration)
}

func TestAPlatformUnderItsOwnersKeysComesUpAndDeploys(t *testing.T) {
	s := enter(t, under(`, "key": "`+aKey+`", "repositoryKey": "`+imageKey+`"`))
	s.push("v1")
	s.until("v1 is live", settled("v1"))
	bucket, repository := s.encryption()
	if !strings.Contains(bucket, "aws:kms") || !strings.Contains(bucket, aKey) {
		t.Errorf("reports are under %s", bucket)
	}
	if !strings.Contains(repository, `"KMS"`) || !strings.Contains(repository, imageKey) {
		t.Errorf("images are under %s", repository)
	}
}

func TestAKeyComesLaterAndOneForImagesIsRefusedBeforeItHurts(t *testing.T) {
	cutover := program(t)
	s := enter(t, under(""), keysFor(aKey, imageKey))
	s.push("v1")
	s.until("v1 is live", settled("v1"))

	doctor := func(assembly string) (out string, err error) {
		cmd := exec.CommandContext(t.Context(), cutover, "doctor", "--stack", "cutover", "--assembly", assembly)
		cmd.Env = append(os.Environ(), sandbox.Environment(s.Host())...)
		text, err := cmd.CombinedOutput()
		return string(text), err
	}
	_, keyed := assembled(t, under(`, "key": "`+aKey+`"`)) // what is under platform.key changes in place
	if out, err := doctor(keyed); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if err := s.UpdateStacks(t.Context(), os.DirFS(keyed)); err != nil {
		t.Fatal(err)
	}
	bucket, repository := s.encryption()
	if !strings.Contains(bucket, aKey) || strings.Contains(repository, "KMS") {
		t.Errorf("reports are under %s, images under %s", bucket, repository)
	}
	s.until("v1 serves as before", settled("v1"))

	_, both := assembled(t, under(`, "key": "`+aKey+`", "repositoryKey": "`+imageKey+`"`))
	out, err := doctor(both)
	if err == nil || !strings.Contains(out, "refused") || !strings.Contains(out, ".Properties.EncryptionConfiguration (AWS::ECR::Repository)") ||
		!strings.Contains(out, "make a repository of another name") {
		t.Errorf("%v\n%s", err, out)
	}
	if err := s.UpdateStacks(t.Context(), os.DirFS(both)); err == nil {
		t.Error("the repository was replaced")
	}
	if _, after := s.encryption(); after != repository {
		t.Errorf("the repository is under %s, and was under %s", after, repository)
	}
	s.until("v1 serves", settled("v1"))
}
