// Package botocore reads AWS's own service models where the AWS CLI or boto3 has brought them, for the tests that
// compare the sandbox with them. Nothing of the sandbox itself needs it.
package botocore

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Models are those of one botocore.
type Models struct {
	Version string
	folder  string
}

// Find finds the machine's botocore, and skips the test where there is none.
func Find(t *testing.T) Models {
	t.Helper()
	out, err := exec.Command("python3", "-c", "import botocore, os; print(os.path.dirname(botocore.__file__), botocore.__version__)").Output()
	if err != nil {
		t.Skip("botocore, whose models this compares with, is not installed")
	}
	at := strings.LastIndexByte(strings.TrimSpace(string(out)), ' ')
	return Models{Version: strings.TrimSpace(string(out[at+1:])), folder: filepath.Join(string(out[:at]), "data")}
}

// Model is what the tests read of one. https://smithy.io/2.0/aws/ tells what its traits mean; the form is botocore's.
type Model struct {
	Metadata   struct{ APIVersion, Protocol string }
	Operations map[string]struct {
		HTTP          struct{ Method, RequestURI string }
		Input, Output struct{ Shape string }
		Errors        []struct{ Shape string }
	}
	Shapes map[string]Shape
}

// Shape is a type of a Model.
type Shape struct {
	Type       string
	Members    map[string]struct{ Shape, Location, LocationName string }
	Member     struct{ Shape string }
	Key, Value struct{ Shape string }
	Required   []string
	Enum       []string
	Min, Max   *float64
	Pattern    string
	Payload    string
	Error      struct{ Code string }
}

// folders are botocore's names of the services, where they are not the signing names.
var folders = map[string]string{"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch", "servicequotas": "service-quotas"}

// Service is the newest model of the service with this signing name; the test fails where botocore has none.
func (m Models) Service(t *testing.T, name string) *Model {
	t.Helper()
	folder := name
	if other, is := folders[name]; is {
		folder = other
	}
	found, _ := filepath.Glob(filepath.Join(m.folder, folder, "*", "service-2.json.gz"))
	if len(found) == 0 {
		t.Fatalf("botocore %s has no model of %s", m.Version, name)
	}
	f, err := os.Open(slices.Max(found))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	model := new(Model)
	if err := json.NewDecoder(z).Decode(model); err != nil {
		t.Fatal(err)
	}
	return model
}
