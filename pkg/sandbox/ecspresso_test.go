package sandbox_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/acm"
)

func TestEcspressoDeploys(t *testing.T) {
	program, err := exec.LookPath("ecspresso")
	if err != nil || testing.Short() {
		t.Skip("ecspresso is not in the PATH, or -short: it takes half a minute")
	}
	b := newBed(t, 1, 6000)
	dir := b.ecspresso(map[string]any{"region": sandbox.Region, "cluster": "main", "service": "web", "task_definition": "task.json", "timeout": "2m",
		"appspec": map[string]any{"Hooks": []any{map[string]string{"AfterAllowTestTraffic": b.cast.hook}}}})
	ctx, cancel := context.WithTimeout(t.Context(), 3*limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "deploy", "--config", "ecspresso.json")
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), sandbox.Environment(b.s.Host())...), b.intercept(dir)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, b.state())
	}
	b.answers(b.production, "from ecspresso")
	b.made("Succeeded by user")
}

// ecspresso writes a configuration beside the revision that runs, with another version.
func (b *bed) ecspresso(config map[string]any) (dir string) {
	b.t.Helper()
	out := must(b.ecs.DescribeTaskDefinition(b.t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: new("web")}))(b.t).TaskDefinition
	revision := map[string]any{"family": "web", "cpu": out.Cpu, "memory": out.Memory, "networkMode": out.NetworkMode, "executionRoleArn": out.ExecutionRoleArn,
		"requiresCompatibilities": out.RequiresCompatibilities, "runtimePlatform": map[string]any{"cpuArchitecture": out.RuntimePlatform.CpuArchitecture},
		"containerDefinitions": []any{map[string]any{"name": "web", "image": siteImage, "essential": true,
			"environment":  []any{map[string]string{"name": "VERSION", "value": "from ecspresso"}},
			"portMappings": []any{map[string]any{"containerPort": 80}}}}}
	dir = b.t.TempDir()
	for name, document := range map[string]any{"ecspresso.json": config, "task.json": revision} {
		text := must(json.Marshal(document))(b.t)
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	return dir
}

// intercept is the environment of a tool whose SDK does not know AWS_ENDPOINT_URL yet: a proxy leads what it sends to
// AWS's own hosts to the sandbox, under a certificate that it is told to trust.
func (b *bed) intercept(dir string) []string {
	b.t.Helper()
	const arn = "arn:aws:acm:" + sandbox.Region + ":" + sandbox.Account + ":certificate/aws"
	authority := must(acm.New(map[string][]string{arn: {"*." + sandbox.Region + ".amazonaws.com"}}))(b.t)
	hosts := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(must(url.Parse(b.s.Endpoint()))(b.t)))
	hosts.TLS = &tls.Config{Certificates: []tls.Certificate{*authority.Certificate(arn)}}
	hosts.StartTLS()
	b.t.Cleanup(hosts.Close)
	proxy := httptest.NewServer(tunnel(hosts.Listener.Addr().String()))
	b.t.Cleanup(proxy.Close)
	file := filepath.Join(dir, "authority.pem")
	if err := os.WriteFile(file, authority.Authority(), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return []string{"HTTPS_PROXY=" + proxy.URL, "SSL_CERT_FILE=" + file, "AWS_CA_BUNDLE=" + file}
}

// tunnel is a proxy that leads every CONNECT to one address.
func tunnel(address string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		up, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", address)
		if r.Method != http.MethodConnect || err != nil {
			http.Error(w, "only CONNECT", http.StatusBadGateway)
			return
		}
		defer up.Close()
		client, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer client.Close()
		_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { defer up.Close(); _, _ = io.Copy(up, client) }()
		_, _ = io.Copy(client, up)
	}
}
