package verify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/live/secret"
)

func TestHeadersThatCarrySecretsAreMasked(t *testing.T) {
	m := mask{}
	got := m.headers(http.Header{
		"Authorization": {"Bearer a"}, "Cookie": {"a=b"}, "Set-Cookie": {"sid=abc; Path=/; HttpOnly", "lang=en"}, "X-Api-Key": {"k"},
		"X-Amz-Security-Token": {"t"}, "Proxy-Authorization": {"p"}, "X-Version": {"v2"}, "Location": {"/next?session=1"},
	})
	want := []Header{
		{"Authorization", secret.Hidden}, {"Cookie", secret.Hidden}, {"Location", "/next?session=" + secret.Hidden}, {"Proxy-Authorization", secret.Hidden},
		{"Set-Cookie", "sid=" + secret.Hidden + "; Path=/; HttpOnly"}, {"Set-Cookie", "lang=" + secret.Hidden},
		{"X-Amz-Security-Token", secret.Hidden}, {"X-Api-Key", secret.Hidden}, {"X-Version", "v2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNoSecretOfASuiteIsInItsVerdict(t *testing.T) {
	url := serve(t, shop())
	suite := suiteOf(t, `{"keepCookies": true, "checks": [
		{"method": "POST", "path": "/login", "form": {"user": "ann", "password": "pa55w0rd"}, "capture": {"token": {"jmespath": "token"}}},
		{"path": "/echo/x?key=1", "headers": {"Authorization": "Basic ${token}", "X-Api-Key": "my-k3y-1"}, "cookies": {"pref": "c00kie-value"},
		 "expect": {"contains": "nothing of the kind", "headers": {"Set-Cookie": "sid=expected-s3cret"}}}
	]}`)
	v := Judge(t.Context(), NewClient(), url, suite, "")
	document, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if v.Outcome != Failed || !strings.Contains(string(document), "nothing of the kind") {
		t.Errorf("got %s", document)
	}
	for _, hidden := range []string{"pa55w0rd", "t0k3n-of-ann", "s3cr3t-session", "my-k3y-1", "c00kie-value", "expected-s3cret"} {
		if strings.Contains(string(document), hidden) || strings.Contains(fmt.Sprint(v.Reason), hidden) {
			t.Errorf("the verdict has %s: %s", hidden, document)
		}
	}
}
