package wire

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// model is the part of a botocore model that says how members are called.
type model struct {
	Metadata   struct{ TargetPrefix, APIVersion, XMLNamespace string }
	Operations map[string]struct{ Input, Output struct{ Shape string } }
	Shapes     map[string]struct {
		Type       string
		Members    map[string]struct{ Shape, LocationName, Location string }
		Member     struct{ Shape, LocationName string }
		Key, Value struct{ Shape string }
	}
}

func TestEveryMemberOfEveryOperationHasTheNameThatAWSsModelGivesIt(t *testing.T) {
	data := botocoreData(t)
	for _, c := range []struct {
		dir    string
		client any
	}{
		{"ecs", &ecs.Client{}}, {"codedeploy", &codedeploy.Client{}}, {"ecr", &ecr.Client{}},
		{"elbv2", &elasticloadbalancingv2.Client{}}, {"events", &eventbridge.Client{}},
		{"cloudwatch", &cloudwatch.Client{}}, {"logs", &cloudwatchlogs.Client{}}, {"sqs", &sqs.Client{}},
		{"sns", &sns.Client{}}, {"sts", &sts.Client{}}, {"iam", &iam.Client{}}, {"lambda", &lambda.Client{}},
		{"scheduler", &scheduler.Client{}}, {"cloudformation", &cloudformation.Client{}}, {"ssm", &ssm.Client{}},
		{"service-quotas", &servicequotas.Client{}}, {"application-autoscaling", &applicationautoscaling.Client{}},
	} {
		t.Run(c.dir, func(t *testing.T) {
			w := walker{t: t, service: c.dir, model: readModel(t, data, c.dir), seen: map[reflect.Type]bool{}}
			methods := reflect.TypeOf(c.client)
			for i := range methods.NumMethod() {
				m := methods.Method(i)
				op, ok := w.model.Operations[m.Name]
				if !ok || m.Type.NumIn() < 3 {
					continue
				}
				w.walk(m.Type.In(2).Elem(), op.Input.Shape)
				w.walk(m.Type.Out(0).Elem(), op.Output.Shape)
			}
			if len(w.seen) < 10 {
				t.Errorf("only %d types were seen", len(w.seen))
			}
			slices.Sort(w.wrong)
			for _, name := range w.wrong {
				t.Error(name)
			}
		})
	}
}

type walker struct {
	t       *testing.T
	service string
	model   *model
	seen    map[reflect.Type]bool
	wrong   []string
}

// walk compares the members of a Go type with those of a shape.
func (w *walker) walk(t reflect.Type, name string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	sh, ok := w.model.Shapes[name]
	switch {
	case !ok || t == timeType || w.seen[t]:
		return
	case t.Kind() == reflect.Slice && sh.Type == "list":
		w.walk(t.Elem(), sh.Member.Shape)
		return
	case t.Kind() == reflect.Map && sh.Type == "map":
		w.walk(t.Elem(), sh.Value.Shape)
		return
	case t.Kind() != reflect.Struct || sh.Type != "structure":
		return
	}
	w.seen[t] = true
	for _, m := range shapeOf(t).members {
		// A member that the model does not have at all is younger than this botocore.
		for name, of := range sh.Members {
			if !strings.EqualFold(strings.TrimSuffix(m.name, "_"), name) {
				continue
			}
			if name != m.name && of.Location == "" {
				w.wrong = append(w.wrong, t.String()+"."+m.name+" is called "+name)
			}
			w.walk(t.Field(m.index).Type, of.Shape)
		}
	}
}

func botocoreData(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("python3", "-c", "import botocore, os; print(os.path.dirname(botocore.__file__))").Output()
	if err != nil {
		t.Skip("botocore, whose models this compares with, is not installed")
	}
	return filepath.Join(strings.TrimSpace(string(out)), "data")
}

func readModel(t *testing.T, data, dir string) *model {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(data, dir, "*", "service-2.json.gz"))
	if len(found) == 0 {
		t.Skipf("botocore has no model of %s", dir)
	}
	slices.Sort(found)
	f, err := os.Open(found[len(found)-1])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	m := new(model)
	if err := json.NewDecoder(z).Decode(m); err != nil {
		t.Fatal(err)
	}
	return m
}
