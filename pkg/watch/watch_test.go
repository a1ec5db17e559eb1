package watch

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/cloudwatchlogs"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
)

var began = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// world is one service under deployment whose green has crashed three times, for what the sandbox cannot be made to do.
// A test changes what is not so.
type world struct {
	live.DeploymentReader
	live.TaskReader

	service    types.Service
	tasks      []types.Task
	deployment cdtypes.DeploymentInfo
	install    cdtypes.LifecycleEventStatus
	lines      []string
	soon       []types.ServiceEvent // what the service tells from the second look on

	fails   map[string]error // by operation
	stopped []string
	tagged  map[string]string
	records bytes.Buffer
}

func newWorld() *world {
	w := &world{
		install: cdtypes.LifecycleEventStatusInProgress, fails: map[string]error{}, tagged: map[string]string{},
		deployment: cdtypes.DeploymentInfo{DeploymentId: aws.String("d-1"), Status: cdtypes.DeploymentStatusInProgress, Creator: cdtypes.DeploymentCreatorUser},
		service: types.Service{TaskSets: []types.TaskSet{
			{Id: aws.String("ecs-svc/1"), Status: aws.String(live.StatusPrimary), ExternalId: aws.String("d-0"), CreatedAt: &began},
			{Id: aws.String("ecs-svc/2"), Status: aws.String(live.StatusActive), ExternalId: aws.String("d-1"), ComputedDesiredCount: 1,
				TaskDefinition: aws.String("arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website:7"), CreatedAt: &began},
		}},
		lines: []string{"starting", "token=abcdef0123 was refused"},
	}
	for i := range 3 {
		w.tasks = append(w.tasks, crashed(i))
	}
	return w
}

func crashed(i int) types.Task {
	return types.Task{
		TaskArn: aws.String("arn:aws:ecs:us-east-1:111122223333:task/cutover/" + string(rune('a'+i))), StartedBy: aws.String("ecs-svc/2"),
		StopCode: types.TaskStopCodeEssentialContainerExited, StoppedReason: aws.String("Essential container in task exited"),
		StoppedAt:  aws.Time(began.Add(time.Duration(i+1) * time.Minute)),
		Containers: []types.Container{{Name: aws.String("sample-website"), ExitCode: aws.Int32(1)}},
	}
}

func (w *world) DescribeServices(context.Context, *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
	told := w.service
	w.service.Events, w.soon = append(w.soon, w.service.Events...), nil
	return &ecs.DescribeServicesOutput{Services: []types.Service{told}}, w.fails["DescribeServices"]
}

func (w *world) ListTasks(context.Context, *ecs.ListTasksInput) (*ecs.ListTasksOutput, error) {
	out := &ecs.ListTasksOutput{}
	for _, t := range w.tasks {
		out.TaskArns = append(out.TaskArns, *t.TaskArn)
	}
	return out, w.fails["ListTasks"]
}

func (w *world) DescribeTasks(_ context.Context, in *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
	out := &ecs.DescribeTasksOutput{}
	for _, t := range w.tasks {
		if oneOf(*t.TaskArn, in.Tasks) {
			out.Tasks = append(out.Tasks, t)
		}
	}
	return out, w.fails["DescribeTasks"]
}

func (w *world) DescribeTaskDefinition(context.Context, *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error) {
	return &ecs.DescribeTaskDefinitionOutput{TaskDefinition: &types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{{
		Name:        aws.String("sample-website"),
		Environment: []types.KeyValuePair{{Name: aws.String("DB_PASSWORD"), Value: aws.String("tr0ub4dor")}},
		LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
			"awslogs-group": "/ecs/sample-website", "awslogs-stream-prefix": "task",
		}},
	}}}}, w.fails["DescribeTaskDefinition"]
}

func (w *world) GetDeployment(context.Context, *codedeploy.GetDeploymentInput) (*codedeploy.GetDeploymentOutput, error) {
	return &codedeploy.GetDeploymentOutput{DeploymentInfo: &w.deployment}, w.fails["GetDeployment"]
}

func (w *world) GetDeploymentTarget(context.Context, *codedeploy.GetDeploymentTargetInput) (*codedeploy.GetDeploymentTargetOutput, error) {
	return &codedeploy.GetDeploymentTargetOutput{DeploymentTarget: &cdtypes.DeploymentTarget{EcsTarget: &cdtypes.ECSTarget{
		LifecycleEvents: []cdtypes.LifecycleEvent{{LifecycleEventName: aws.String("Install"), Status: w.install}},
	}}}, w.fails["GetDeploymentTarget"]
}

func (w *world) GetLogEvents(_ context.Context, in *cloudwatchlogs.GetLogEventsInput) (*cloudwatchlogs.GetLogEventsOutput, error) {
	out := &cloudwatchlogs.GetLogEventsOutput{}
	for _, l := range w.lines {
		out.Events = append(out.Events, cloudwatchlogs.OutputLogEvent{Message: in.LogStreamName + " " + l})
	}
	return out, w.fails["GetLogEvents"]
}

func (w *world) StopDeployment(_ context.Context, in *codedeploy.StopDeploymentInput) (*codedeploy.StopDeploymentOutput, error) {
	if err := w.fails["StopDeployment"]; err != nil {
		return nil, err
	}
	if aws.ToBool(in.AutoRollbackEnabled) {
		w.stopped = append(w.stopped, *in.DeploymentId)
	}
	return &codedeploy.StopDeploymentOutput{}, nil
}

func (w *world) TagResource(_ context.Context, in *ecs.TagResourceInput) (*ecs.TagResourceOutput, error) {
	for _, t := range in.Tags {
		w.tagged[last(*in.ResourceArn)+" "+*t.Key] = *t.Value
	}
	return &ecs.TagResourceOutput{}, w.fails["TagResource"]
}

func (w *world) handle(t *testing.T, event string) (Diagnosis, error) {
	t.Helper()
	watcher := New(Clients{Deployments: w, Tasks: w, Logs: w, Stopper: w, Tagger: w}, slog.New(slog.NewJSONHandler(&w.records, nil)))
	watcher.now = func() time.Time { return began.Add(5 * time.Minute) }
	return watcher.Handle(t.Context(), handed(t, 3, recorded(t, event)))
}

func TestTheThirdFailedStartStopsTheDeploymentAndSaysWhy(t *testing.T) {
	w := newWorld()
	d, err := w.handle(t, "ecs-task-crashed")
	if err != nil || d.Decision != Stopped || len(w.stopped) != 1 || w.stopped[0] != "d-1" {
		t.Fatalf("%+v, %v; stopped %v", d, err, w.stopped)
	}
	want := `Green cannot start, so deployment d-1 is stopped and rolled back, and what served before serves on. 3 starts of sample-website:7 failed. ` +
		`Each time: container sample-website, it exited with 1: the program reported an error of its own. Its log tells more. ` +
		`The last line of its log: "task/sample-website/c token=[masked] was refused".`
	if d.Reason != want {
		t.Errorf("it says\n%s\nnot\n%s", d.Reason, want)
	}
	if got := w.tagged["sample-website:7 cutover:stopped"]; got != "d-1 because container sample-website it exited with 1: the program reported an error of its own" {
		t.Errorf("the revision's tag is %q", got)
	}
	for _, part := range []string{`"decision":"Stopped"`, `"StoppedStarts":1`, `"_aws":{"CloudWatchMetrics":[{"Dimensions":[["service"]]`, `"service":"Sample-Website"`} {
		if !strings.Contains(w.records.String(), part) {
			t.Errorf("the log does not have %s: %s", part, w.records.String())
		}
	}
}

func TestSecretsOfTheTaskDefinitionAreNotTold(t *testing.T) {
	w := newWorld()
	w.lines = []string{"cannot log in to db as site with tr0ub4dor", "\x1b[31mred\x1b[0m"}
	d, err := w.handle(t, "ecs-task-crashed")
	if err != nil || strings.Contains(w.records.String(), "tr0ub4dor") || strings.Contains(strings.Join(d.Log, ""), "\x1b") {
		t.Errorf("%v, %q\n%s", err, d.Log, w.records.String())
	}
}

func TestWhatIsNotAGreenThatCannotStartIsLeftAlone(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*world)
		want   Decision
		reason string
	}{
		"two starts failed":              {func(w *world) { w.tasks = w.tasks[:2] }, Waiting, "2 of green's starts failed"},
		"nobody deploys":                 {func(w *world) { w.service.TaskSets = w.service.TaskSets[:1] }, Ignored, "no replacement task set"},
		"there is no service":            {func(w *world) { w.service = types.Service{} }, Ignored, "no replacement task set"},
		"they were blue's":               {func(w *world) { w.blame("ecs-svc/1") }, Ignored, "no start of green has failed"},
		"a person stopped them":          {func(w *world) { w.by(types.TaskStopCodeUserInitiated) }, Ignored, "no start of green has failed"},
		"the deployment ended":           {func(w *world) { w.deployment.Status = cdtypes.DeploymentStatusStopped }, Ignored, "has ended"},
		"it is a rollback":               {func(w *world) { w.deployment.Creator = cdtypes.DeploymentCreatorCodeDeployRollback }, Ignored, "a rollback is not stopped"},
		"green has started once":         {func(w *world) { w.install = cdtypes.LifecycleEventStatusSucceeded }, Ignored, "the hook and the alarms judge it"},
		"many are wanted":                {func(w *world) { w.service.TaskSets[1].ComputedDesiredCount = 9 }, Waiting, "stopped at 5"},
		"it ended just now":              {func(w *world) { w.fails["StopDeployment"] = &cdtypes.DeploymentAlreadyCompletedException{} }, Ignored, "ended by itself"},
		"CodeDeploy does not know it":    {func(w *world) { w.fails["GetDeployment"] = &cdtypes.DeploymentDoesNotExistException{} }, Ignored, "does not know"},
		"blue waits for its end":         {func(w *world) { w.deployment.Status = cdtypes.DeploymentStatusSucceeded }, Ignored, "has ended"},
		"they are of an earlier try":     {func(w *world) { w.earlier() }, Ignored, "no start of green has failed"},
		"placements of another failed":   {func(w *world) { w.tasks = nil; w.unplaced("ecs-svc/1", 3) }, Ignored, "no start of green has failed"},
		"a placement and a start failed": {func(w *world) { w.tasks = w.tasks[:1]; w.unplaced("ecs-svc/2", 1) }, Waiting, "2 of green's starts failed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			test.change(w)
			d, err := w.handle(t, "ecs-task-crashed")
			if err != nil || d.Decision != test.want || !strings.Contains(d.Reason, test.reason) || len(w.stopped) > 0 {
				t.Errorf("%+v, %v; stopped %v", d, err, w.stopped)
			}
		})
	}
}

func (w *world) blame(set string) {
	for i := range w.tasks {
		w.tasks[i].StartedBy = &set
	}
}

func (w *world) by(code types.TaskStopCode) {
	for i := range w.tasks {
		w.tasks[i].StopCode = code
	}
}

// earlier makes the tasks those of the same revision before this deployment.
func (w *world) earlier() {
	w.blame("ecs-svc/0")
	for i := range w.tasks {
		w.tasks[i].TaskDefinitionArn, w.tasks[i].CreatedAt = w.service.TaskSets[1].TaskDefinition, aws.Time(began.Add(-time.Minute))
	}
}

func (w *world) unplaced(set string, times int) {
	for range times {
		w.service.Events = append(w.service.Events, types.ServiceEvent{CreatedAt: aws.Time(began.Add(time.Minute)), Message: aws.String(
			"(service Sample-Website, taskSet " + set + ") was unable to place a task. Reason: Capacity is unavailable at this time. " +
				"For more information, see the Troubleshooting section.")})
	}
}

func TestPlacementsThatFailAreFailedStartsWithoutATask(t *testing.T) {
	w := newWorld()
	w.tasks = nil
	w.unplaced("ecs-svc/2", 3)
	d, err := w.handle(t, "ecs-placement-failure")
	if err != nil || d.Decision != Stopped || d.Causes[0].Kind != NoCapacity || !strings.Contains(d.Reason, "no capacity for it: Capacity is unavailable at this time") {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestAnEventOfAPlacementWhoseTaskIsKnownIsNotCountedTwice(t *testing.T) {
	w := newWorld()
	w.tasks = w.tasks[:2]
	for i := range w.tasks {
		w.tasks[i].StopCode, w.tasks[i].StoppedReason = types.TaskStopCodeTaskFailedToStart, aws.String("Capacity is unavailable at this time. Please try again later")
	}
	w.unplaced("ecs-svc/2", 2)
	if d, err := w.handle(t, "ecs-task-crashed"); err != nil || d.FailedStarts != 2 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestWhatTheServiceTellsOfATaskWhileItsTasksAreReadIsHeard(t *testing.T) {
	w := newWorld()
	for i := range w.tasks {
		w.tasks[i].StopCode, w.tasks[i].StoppedReason = types.TaskStopCodeServiceSchedulerInitiated, aws.String("Task failed ELB health checks in (target-group arn:x)")
		w.soon = append(w.soon, types.ServiceEvent{CreatedAt: w.tasks[i].StoppedAt, Message: aws.String("(service Sample-Website, taskSet ecs-svc/2) (task " +
			last(*w.tasks[i].TaskArn) + ") (port 80) is unhealthy in (target-group arn:x) due to (reason Request timed out)")})
	}
	if d, err := w.handle(t, "ecs-task-crashed"); err != nil || !strings.Contains(d.Reason, "the load balancer finds it unhealthy: Request timed out.") {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestWhatCannotBeReadOrWrittenHindersTheStopOnlyWhereARepetitionHelps(t *testing.T) {
	broken := errors.New("AWS is away")
	for operation, returned := range map[string]bool{
		"DescribeServices": true, "ListTasks": true, "DescribeTasks": true, "GetDeployment": true, "GetDeploymentTarget": true, "StopDeployment": true,
		"DescribeTaskDefinition": false, "GetLogEvents": false, "TagResource": false,
	} {
		w := newWorld()
		w.fails[operation] = broken
		d, err := w.handle(t, "ecs-task-crashed")
		if errors.Is(err, broken) != returned || returned == (len(w.stopped) == 1) {
			t.Errorf("without %s: %v, stopped %v: %s", operation, err, w.stopped, d.Reason)
		}
	}
}

func TestTheCauseIsFoundInTheLogWhereECSTellsOnlyACode(t *testing.T) {
	w := newWorld()
	w.lines = []string{"exec /site: exec format error"}
	if d, err := w.handle(t, "ecs-task-crashed"); err != nil || d.Causes[0].Kind != WrongArchitecture || !strings.Contains(d.Reason, "Each time: ") {
		t.Errorf("%+v, %v", d, err)
	}
}
