package wire

import (
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

	"github.com/cutover-ecs/cutover/pkg/sandbox/internal/botocore"
)

func TestEveryMemberOfEveryOperationHasTheNameThatAWSsModelGivesIt(t *testing.T) {
	models := botocore.Find(t)
	for _, c := range []struct {
		name   string
		client any
	}{
		{"ecs", &ecs.Client{}}, {"codedeploy", &codedeploy.Client{}}, {"ecr", &ecr.Client{}},
		{"elasticloadbalancing", &elasticloadbalancingv2.Client{}}, {"events", &eventbridge.Client{}},
		{"monitoring", &cloudwatch.Client{}}, {"logs", &cloudwatchlogs.Client{}}, {"sqs", &sqs.Client{}},
		{"sns", &sns.Client{}}, {"sts", &sts.Client{}}, {"iam", &iam.Client{}}, {"lambda", &lambda.Client{}},
		{"scheduler", &scheduler.Client{}}, {"cloudformation", &cloudformation.Client{}}, {"ssm", &ssm.Client{}},
		{"servicequotas", &servicequotas.Client{}}, {"application-autoscaling", &applicationautoscaling.Client{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := walker{t: t, service: c.name, model: models.Service(t, c.name), seen: map[reflect.Type]bool{}}
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
	model   *botocore.Model
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
