package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
)

func found(evidence, fix string) []Finding { return []Finding{{Evidence: evidence, Fix: fix}} }

// patient is how long a push may wait behind another's termination wait before that is worth a word.
const patient = time.Hour

func longWait(p Plan) []Finding {
	wait := p.Service.Deployment.TerminationWait.Std()
	if p.Service.WhenNewer.TerminationWait != config.Wait || wait <= patient {
		return nil
	}
	return found(fmt.Sprintf("whenNewer.terminationWait is %q and deployment.terminationWait %s: a push after another waits that long", config.Wait, wait),
		fmt.Sprintf("set whenNewer.terminationWait to %q, or a shorter deployment.terminationWait", config.Finish))
}

func unwatched(p Plan) []Finding {
	if *p.Service.Watch.FailedStarts > 0 {
		return nil
	}
	return found("watch.failedStarts is 0: a version whose tasks cannot start keeps its deployment in Install until CodeDeploy gives up, an hour later",
		"leave watch.failedStarts out, or set it to the failed starts that are enough")
}

func noRollbackPlanned(p Plan) []Finding {
	if p.Service.Adopted() {
		return nil // the group tells itself
	}
	return rollbackFinding("deployment.rollback", p.Service.Deployment.Rollback, "add them to deployment.rollback, or leave it out for all three")
}

// rollbackFinding tells which events leave what failed standing.
func rollbackFinding(where string, has []string, fix string) []Finding {
	var lacks []string
	for _, event := range []string{config.OnFailure, config.OnAlarm, config.OnRequest} {
		if !slices.Contains(has, event) {
			lacks = append(lacks, event)
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	return found(fmt.Sprintf("%s lacks %s: what ends so is not rolled back, and green and the test listener stay as they are", where, strings.Join(lacks, ", ")), fix)
}

func noWaitPlanned(p Plan) []Finding {
	if p.Service.Deployment.TerminationWait.Std() > 0 {
		return nil
	}
	return found("deployment.terminationWait is 0: blue is terminated at once, and going back takes a whole deployment",
		"set deployment.terminationWait to the time in which a bad version would be noticed")
}

// splitEndpoints finds an environment in which some services' calls go elsewhere than the others'
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
func splitEndpoints(p Plan) []Finding {
	const name = "AWS_ENDPOINT_URL"
	all, some := "", []string{}
	for _, variable := range p.Environ {
		key, value, _ := strings.Cut(variable, "=")
		switch {
		case value == "":
		case key == name:
			all = value
		case strings.HasPrefix(key, name+"_"):
			some = append(some, variable)
		}
	}
	slices.Sort(some)
	some = slices.DeleteFunc(some, func(s string) bool { return strings.HasSuffix(s, "="+all) })
	if len(some) == 0 {
		return nil
	}
	elsewhere := "AWS"
	if all != "" {
		elsewhere = all
	}
	return found(fmt.Sprintf("%s: the calls to other services go to %s", strings.Join(some, ", "), elsewhere),
		"unset them, and set AWS_ENDPOINT_URL for all services or for none")
}
