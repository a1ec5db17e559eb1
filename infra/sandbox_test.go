//go:build !race

package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// assembled writes a configuration and its assembly: a cdk.json and a directory.
func assembled(t *testing.T, document string) (file, assembly string) {
	t.Helper()
	dir := t.TempDir()
	file, assembly = filepath.Join(dir, "cdk.json"), filepath.Join(dir, "assembly")
	whole, err := json.Marshal(map[string]any{"context": map[string]any{"cutover": json.RawMessage(document)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(file, policy.Range)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteAssembly(c, assembly); err != nil {
		t.Fatal(err)
	}
	return file, assembly
}

// program is cutover with the functions beside it, as make build leaves them.
func program(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../bin/cutover")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip("cutover is not built; make build does it")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("CDK needs Node.js, which is not installed here")
	}
	return path
}

// demonstrable is the maximal configuration as far as a sandbox has it: no EFS, and no person to approve. Keys and
// environment files are another assembly's, cmd/cutover/testdata/keyed.
const demonstrable = `{
	"platform": {"vpc": {"egress": "nat-per-zone"}, "keepLogs": true, "tags": {"owner": "platform"}, "loadBalancer": {"internal": false}},
	"services": [{"name": "sample-website", "image": {"tag": "v*"}, "desiredCount": 2,
		"task": {"environment": {"LEVEL": "info"}, "secrets": {"TOKEN": "arn:aws:secretsmanager:us-east-1:111122223333:secret:token-AbCdEf"},
			"volumes": [{"name": "scratch", "path": "/scratch"}], "exec": true,
			"sidecars": [{"name": "proxy", "image": "public.ecr.aws/proxies/proxy:1", "command": ["caddy", "respond", "--listen", ":9000"],
				"secrets": {"KEY": "arn:aws:ssm:us-east-1:111122223333:parameter/key"}, "volumes": {"scratch": "/scratch"}, "memory": 128}],
			"capacity": [{"provider": "FARGATE_SPOT", "weight": 1}, {"provider": "FARGATE", "weight": 1, "base": 1}]},
		"loadBalancer": {"shared": true, "productionPort": 443, "testPort": 8443, "https": {"redirectPort": 80,
			"certificate": "arn:aws:acm:eu-central-2:111122223333:certificate/one", "certificates": ["arn:aws:acm:eu-central-2:111122223333:certificate/two"]}},
		"verify": {"serverName": "shop.example", "version": {"header": "X-Version"}, "checks": [{"path": "/", "http": "2", "expect": {"status": 200, "contains": "Sample Website"}}]},
		"observe": {"dashboard": true, "traces": true}, "tags": {"team": "web"}}]}`

func TestTheMaximalConfigurationCompletesTheDemonstration(t *testing.T) {
	cutover := program(t)
	file, assembly := assembled(t, demonstrable)
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	result := filepath.Join(t.TempDir(), "result.json")
	out, err := exec.CommandContext(ctx, cutover, "demo", "--assembly", assembly, "--config", file, "--json", result).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "https://127.0.0.1:") {
		t.Errorf("users came without TLS:\n%s", out)
	}
	var told struct {
		Live     string
		Requests struct{ Sent, Failed, Wrong int }
	}
	if err := readJSON(result, &told); err != nil {
		t.Fatal(err)
	}
	if told.Live != "v5" || told.Requests.Sent == 0 || told.Requests.Failed+told.Requests.Wrong > 0 {
		t.Errorf("%+v\n%s", told, out)
	}
}
