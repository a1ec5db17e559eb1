package codedeploy

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// operations that Register offers.
var operations = []string{"CreateApplication", "UpdateApplication", "GetApplication", "BatchGetApplications", "ListApplications", "DeleteApplication",
	"CreateDeploymentGroup", "UpdateDeploymentGroup", "GetDeploymentGroup", "BatchGetDeploymentGroups", "ListDeploymentGroups", "DeleteDeploymentGroup",
	"CreateDeploymentConfig", "GetDeploymentConfig", "ListDeploymentConfigs", "DeleteDeploymentConfig",
	"RegisterApplicationRevision", "GetApplicationRevision", "BatchGetApplicationRevisions", "ListApplicationRevisions",
	"CreateDeployment", "GetDeployment", "BatchGetDeployments", "ListDeployments", "GetDeploymentTarget", "BatchGetDeploymentTargets", "ListDeploymentTargets",
	"StopDeployment", "ContinueDeployment", "SkipWaitTimeForInstanceTermination", "PutLifecycleEventHookExecutionStatus",
	"TagResource", "UntagResource", "ListTagsForResource"}

func TestBadInputIsAnsweredWithAnErrorOfAWSNeverAPanic(t *testing.T) {
	w := newWorld(t, 1e6)
	w.group(nil)
	id := w.deploy(spec(td2))
	bodies := []string{`{}`, `[]`, `{`, `null`, `{"deploymentId":7}`,
		`{"deploymentId":"` + id + `","targetIds":null,"status":"","lifecycleEventHookExecutionId":null}`,
		`{"applicationName":"web","currentDeploymentGroupName":"web","deploymentGroupName":"web","deploymentConfigName":"x","computePlatform":"ECS","revision":{},
		  "deploymentGroupNames":[null],"applicationNames":[""],"deploymentIds":["x"],"revisions":[{}],"trafficRoutingConfig":{"type":"TimeBasedCanary"}}`,
		`{"applicationName":"web","currentDeploymentGroupName":"web","deploymentGroupName":"other","serviceRoleArn":"` + role + `","ecsServices":[{}],
		  "loadBalancerInfo":{"targetGroupPairInfoList":[{}]},"deploymentStyle":{},"blueGreenDeploymentConfiguration":{"deploymentReadyOption":{},
		  "terminateBlueInstancesOnDeploymentSuccess":{}},"alarmConfiguration":{"alarms":[{}]},"autoRollbackConfiguration":{"enabled":true}}`,
		`{"applicationName":"` + strings.Repeat("x", 20_000) + `","resourceArn":"` + strings.Repeat("x", 20_000) + `"}`,
		`{"ResourceArn":"arn:aws:codedeploy:us-east-1:111122223333:deploymentgroup:","Tags":[{}],"TagKeys":[""]}`,
	}
	for _, operation := range operations {
		for _, body := range bodies {
			r := httptest.NewRequest("POST", "/", strings.NewReader(body))
			r.Header.Set("X-Amz-Target", "CodeDeploy_20141006."+operation)
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			answer := httptest.NewRecorder()
			w.srv.ServeHTTP(answer, r)
			if answer.Code >= 500 || answer.Code == 404 {
				t.Errorf("%s %.80s: %d %s", operation, body, answer.Code, answer.Body)
			}
			if answer.Body.Len() > 2_000 {
				t.Errorf("%s %.80s: an answer of %d bytes", operation, body, answer.Body.Len())
			}
			if answer.Code == 400 && !strings.Contains(answer.Body.String(), `"__type"`) {
				t.Errorf("%s %.80s: %s", operation, body, answer.Body)
			}
		}
	}
}
