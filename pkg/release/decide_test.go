package release

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

const (
	succeeded  = cdtypes.DeploymentStatusSucceeded
	failed     = cdtypes.DeploymentStatusFailed
	stopped    = cdtypes.DeploymentStatusStopped
	inProgress = cdtypes.DeploymentStatusInProgress
)

// story is one situation and what is to be decided in it.
type story struct {
	row     string // the row or rule that the story is about; empty for the last line of the table
	config  string // the service's description; empty for the sample website with tag latest
	stands  func(w *world)
	verdict Verdict
	reason  string // words of it
	about   string // the deployment
	retry   bool   // an operator allows the wish one more try
}

const v2 = 2

func ptr[T any](v T) *T { return &v }

// wished is the wish for image n by the tag latest; on another base when one is named.
func wished(n int, base ...string) live.Wish {
	w := wishFor(deployedWith(""), n, "latest")
	if len(base) > 0 {
		w.Base = strings.TrimSuffix(w.Base, "3") + base[0]
	}
	return w
}

func tag(w *world, key, value string) {
	w.Service.Tags = append(w.Service.Tags, ecstypes.Tag{Key: &key, Value: &value})
}

// waiting is a deployment that serves production and waits to terminate blue.
func waiting(wish live.Wish) cdtypes.DeploymentInfo {
	d := deployment(wish, inProgress)
	d.InstanceTerminationWaitTimeStarted = true
	return d
}

// stories begin with image 2 tagged latest, image 1 live, and no deployment remembered.
var stories = map[string]story{
	"releases are frozen": {row: "a gate is closed", config: frozenAt,
		stands: func(w *world) {}, verdict: Hold, reason: "releases are frozen until 2026-11-23T06:00:00Z (the sale)"},
	"the repository does not exist": {row: "no image matches yet",
		stands: func(w *world) { w.Repository, w.Images = false, nil }, verdict: Wait, reason: "repository sample-website does not exist"},
	"no image has the tag": {row: "no image matches yet",
		stands: func(w *world) { w.Images = nil }, verdict: Wait, reason: `no image in the repository sample-website matches the tag "latest"`},
	"the service does not exist": {row: "service, group or PRIMARY missing or draining",
		stands: func(w *world) { w.Service = nil }, verdict: Wait, reason: "service Sample-Website does not exist"},
	"the service was deleted": {row: "service, group or PRIMARY missing or draining",
		stands: func(w *world) { w.Service.Status = aws.String("INACTIVE") }, verdict: Wait, reason: "does not exist"},
	"the service is being deleted": {row: "service, group or PRIMARY missing or draining",
		stands: func(w *world) { w.Service.Status = aws.String("DRAINING") }, verdict: Wait, reason: "is draining"},
	"the group does not exist": {row: "service, group or PRIMARY missing or draining",
		stands: func(w *world) { w.Group = nil }, verdict: Wait, reason: groupName},
	"there is no PRIMARY": {row: "service, group or PRIMARY missing or draining",
		stands: func(w *world) { w.Service.TaskSets[0].Status = aws.String("DRAINING") }, verdict: Wait, reason: "no PRIMARY"},

	"a burst may go on": {row: "a burst of pushes has not settled", config: `{"name": "sample-website", "settle": "1h"}`,
		stands: func(w *world) { w.runs(wished(1)) }, verdict: Wait, reason: "it is released at 2026-11-23T05:02:00Z unless something newer comes"},

	"the wish is live": {row: "desired equals what PRIMARY runs",
		stands: func(w *world) { w.runs(wished(v2)).had(deployment(wished(v2), succeeded)) }, verdict: Current, reason: "sample-website:latest on base 3 is live"},
	"the wish is live and suspended": {row: "desired equals what PRIMARY runs",
		stands: func(w *world) { tag(w.runs(wished(v2)), live.TagSuspend, "") }, verdict: Current, reason: "is live"},
	"the wish is live while its deployment waits": {row: "desired equals what PRIMARY runs",
		stands:  func(w *world) { w.runs(wished(v2)).had(waiting(wished(v2))) },
		verdict: Current, reason: "d-000000001 has not ended yet", about: "d-000000001"},

	"suspended": {row: "suspended",
		stands: func(w *world) { tag(w, live.TagSuspend, "by alice because of the sale") }, verdict: Hold, reason: "by alice because of the sale"},
	"suspended until some time ago": {
		stands: func(w *world) { tag(w, live.TagSuspend, "by alice until 2026-11-23T00:00:00Z") }, verdict: Deploy},
	"pinned to another image": {row: "pinned to another image, or the digest is blocked",
		stands: func(w *world) { tag(w, live.TagPin, "v1 by alice because v2 is slow") }, verdict: Hold, reason: "v2 is slow"},
	"pinned to this image": {
		stands: func(w *world) { tag(w, live.TagPin, digestOf(v2)+" by alice") }, verdict: Deploy},
	"blocked": {row: "pinned to another image, or the digest is blocked",
		stands: func(w *world) { tag(w, live.TagBlocked, digestOf(v2)+" by alice because of a leak") }, verdict: Hold, reason: "latest is blocked"},
	"pinned to an older image": {config: glob,
		stands: func(w *world) {
			w.Images = append(w.Images, image(1, "v1"))
			tag(w.runs(wished(v2)).had(deployment(wished(v2), succeeded), deployment(wished(1), succeeded)), live.TagPin, digestOf(1)+" by alice")
		}, verdict: Deploy, reason: "sample-website:v1 on base 3 is pinned: sha256:0000"},
	"pinned to an image that the tag has left": {
		stands: func(w *world) {
			w.Asked = ptr(image(1))
			tag(w, live.TagPin, "v1@"+digestOf(1)+" by alice")
		}, verdict: Deploy, reason: "sample-website:v1 on base 3 is pinned: v1@sha256:0000"},
	"pinned to an image that failed": {row: "(a) the newest carries the wish",
		stands: func(w *world) {
			w.Asked = ptr(image(1))
			tag(w.had(deployment(wished(1), failed)), live.TagPin, digestOf(1))
		}, verdict: Hold, reason: "which failed", about: "d-000000001"},
	"pinned while nothing matches": {
		stands: func(w *world) {
			w.Images, w.Asked = nil, ptr(image(1, "hotfix"))
			tag(w, live.TagPin, "hotfix")
		}, verdict: Deploy, reason: "sample-website:hotfix on base 3 is pinned"},
	"pinned to what is no image": {row: "pinned to another image, or the digest is blocked",
		stands: func(w *world) { tag(w, live.TagPin, "v1") }, verdict: Hold, reason: "the repository sample-website has no such image"},
	"an older image is asked for": {config: glob,
		stands: func(w *world) {
			w.Images = append(w.Images, image(1, "v1"))
			tag(w.runs(wished(v2)).had(deployment(wished(v2), succeeded), deployment(wished(1), succeeded)), live.TagDeploy, digestOf(v2)+" to v1@"+digestOf(1)+" by alice")
		}, verdict: Deploy, reason: "sample-website:v1 on base 3 is asked for: sha256:0000"},
	"an older image was asked for, and a newer one has come": {config: glob,
		stands: func(w *world) {
			w.Images = append(w.Images, image(1, "v1"), image(3, "v3"))
			tag(w.runs(wished(1)).had(deployment(wished(1), succeeded)), live.TagDeploy, digestOf(v2)+" to v1@"+digestOf(1))
		}, verdict: Deploy, reason: "sample-website:v3 on base 3 was never tried"},
	"an image is asked for while nothing matches": {
		stands: func(w *world) {
			w.Images, w.Asked = nil, ptr(image(1, "hotfix"))
			tag(w, live.TagDeploy, "to hotfix@"+digestOf(1))
		}, verdict: Deploy, reason: "sample-website:hotfix on base 3 is asked for"},
	"an image was asked for while nothing matched, and now something does": {
		stands: func(w *world) {
			tag(w.runs(wished(1)).had(deployment(wished(1), succeeded)), live.TagDeploy, "to hotfix@"+digestOf(1))
		}, verdict: Deploy, reason: "sample-website:latest on base 3 was never tried"},
	"a pin goes before what is asked for": {
		stands: func(w *world) {
			w.Asked = ptr(image(1, "v1"))
			tag(w, live.TagPin, digestOf(1))
			tag(w, live.TagDeploy, digestOf(v2)+" to "+digestOf(3))
		}, verdict: Deploy, reason: "sample-website:v1 on base 3 is pinned"},
	"what was asked for is gone back from": {config: glob,
		stands: func(w *world) {
			w.Images = append(w.Images, image(1, "v1"), image(7, "v0"))
			w.runs(wished(1)).had(deployment(wished(1), succeeded), deployment(wished(7), succeeded))
			tag(w, live.TagDeploy, digestOf(v2)+" to v1@"+digestOf(1))
			tag(w, live.TagBlocked, digestOf(1)+" to v0@"+digestOf(7))
		}, verdict: Deploy, reason: "sample-website:v0 on base 3 is gone back to"},
	"what is asked for is not there any more": {row: "pinned to another image, or the digest is blocked",
		stands: func(w *world) {
			tag(w.runs(wished(1)).had(deployment(wished(1), succeeded)), live.TagDeploy, digestOf(v2)+" to v1@"+digestOf(1)+" by alice")
		}, verdict: Hold, reason: "sample-website:latest is passed over: "},
	"what is asked for is not there any more, and the base is new": {
		stands: func(w *world) {
			tag(w.runs(wished(1, "2")).had(deployment(wished(1, "2"), succeeded)), live.TagDeploy, digestOf(v2)+" to v9@"+digestOf(9))
		}, verdict: Deploy, reason: "the new base goes with the live"},
	"what is passed over is live, and what is asked for failed": {
		stands: func(w *world) {
			w.Asked = ptr(image(1, "v1"))
			w.runs(wished(v2, "2")).had(deployment(wished(1), failed), deployment(wished(v2, "2"), succeeded))
			tag(w, live.TagDeploy, digestOf(v2)+" to v1@"+digestOf(1))
		}, verdict: Deploy, reason: "the new base goes with the live"},
	"an order that asks for nothing": {
		stands: func(w *world) { tag(w, live.TagDeploy, digestOf(v2)+" by alice") }, verdict: Deploy, reason: "was never tried"},
	"blocked, to go back to an older one": {config: glob,
		stands: func(w *world) {
			w.Images = append(w.Images, image(1, "v1"))
			tag(w.runs(wished(v2)).had(deployment(wished(v2), succeeded), deployment(wished(1), succeeded)),
				live.TagBlocked, digestOf(v2)+" to v1@"+digestOf(1)+" by alice")
		}, verdict: Deploy, reason: "sample-website:v1 on base 3 is gone back to: sha256:00"},
	"blocked, to go back to itself, and frozen": {row: "pinned to another image, or the digest is blocked", config: frozenAt,
		stands: func(w *world) {
			tag(w.runs(wished(1, "2")), live.TagBlocked, digestOf(v2)+" to "+digestOf(v2))
		}, verdict: Hold, reason: "sample-website:latest is blocked"},
	"blocked, and a newer one has come": {config: glob,
		stands: func(w *world) {
			w.Images = append(w.Images, image(1, "v1"), image(3, "v3"))
			tag(w.runs(wished(1)).had(deployment(wished(1), succeeded)), live.TagBlocked, digestOf(v2)+" to v1@"+digestOf(1))
		}, verdict: Deploy, reason: "sample-website:v3 on base 3 was never tried"},
	"blocked, and what to go back to is gone": {row: "desired equals what PRIMARY runs",
		stands: func(w *world) { tag(w.runs(wished(v2)), live.TagBlocked, digestOf(v2)+" to "+digestOf(1)) }, verdict: Current, reason: "is live"},
	"what was made by hand is gone back from": {row: "(c) the newest was made by hand, and an operator goes back from it",
		stands: func(w *world) {
			w.Asked = ptr(image(1, "v1"))
			w.runs(wished(7)).had(byHandIn(succeeded), deployment(wished(v2), succeeded), deployment(wished(1), succeeded))
			tag(w, live.TagBlocked, digestOf(v2)+" "+digestOf(7)+" to "+digestOf(1))
		}, verdict: Deploy, reason: "sample-website:v1 on base 3 is gone back to"},
	"a pin does not undo what was made by hand later": {row: "(c) the newest was made by hand: what it put live stands until an image never tried arrives",
		stands: func(w *world) {
			w.Asked = ptr(image(1, "v1"))
			tag(w.runs(wished(7)).had(byHandIn(succeeded), deployment(wished(1), succeeded)), live.TagPin, digestOf(1))
		}, verdict: Hold, reason: "was made by hand", about: "d-000000002"},
	"what failed is tried once more": {row: "an operator allows one more try", retry: true,
		stands: func(w *world) { w.had(deployment(wished(v2), failed)) }, verdict: Deploy, reason: "to be tried once more"},
	"what is being tried is not tried beside": {row: "the wish is under way", retry: true,
		stands: func(w *world) { w.had(deployment(wished(v2), inProgress)) }, verdict: Busy, about: "d-000000001"},
	"another image is blocked": {
		stands: func(w *world) { tag(w, live.TagBlocked, digestOf(7)) }, verdict: Deploy},
	"blocked, and the base is new": {
		stands:  func(w *world) { tag(w.runs(wished(1, "2")), live.TagBlocked, digestOf(v2)) },
		verdict: Deploy, reason: "the new base goes with the live"},

	"the wish is under way": {row: "the wish is under way",
		stands:  func(w *world) { w.had(deployment(wished(v2), inProgress)) },
		verdict: Busy, reason: "d-000000001 is releasing sample-website:latest", about: "d-000000001"},
	"the wish is under way and stop is configured": {row: "the wish is under way",
		config:  `{"name": "sample-website", "whenNewer": {"inProgress": "stop"}}`,
		stands:  func(w *world) { w.had(deployment(wished(v2), cdtypes.DeploymentStatus("Baking"))) },
		verdict: Busy, reason: "is releasing", about: "d-000000001"},

	"the newest failed with the wish": {row: "(a) the newest carries the wish",
		stands:  func(w *world) { w.had(failedBy(deployment(wished(v2), failed), cdtypes.ErrorCodeHookExecutionFailure)) },
		verdict: Hold, reason: "by deployment d-000000001, which failed (HOOK_EXECUTION_FAILURE): It went wrong", about: "d-000000001"},
	"the newest succeeded with the wish and something else is live": {row: "(a) the newest carries the wish",
		stands:  func(w *world) { w.had(deployment(wished(v2), succeeded)) },
		verdict: Hold, reason: "does not undo that", about: "d-000000001"},
	"the newest was stopped and rolled back": {row: "(a) the newest carries the wish",
		stands:  func(w *world) { w.had(rolledBack(succeeded), deployment(wished(v2), stopped)) },
		verdict: Hold, reason: "which was stopped", about: "d-000000001"},
	"the wish failed before another succeeded": {row: "(a) the wish's last outcome was not Succeeded",
		stands:  func(w *world) { w.had(deployment(wished(1), succeeded), deployment(wished(v2), failed)) },
		verdict: Hold, reason: "which failed", about: "d-000000001"},
	"a superseded wish is not revived when its successor fails": {row: "(a) the wish's last outcome was not Succeeded",
		stands:  func(w *world) { w.had(deployment(wished(3), failed), deployment(wished(v2), stopped)) },
		verdict: Hold, reason: "which was stopped", about: "d-000000001"},
	"the tag was moved back": {row: "(b) the wish succeeded earlier: tag or stack was moved back on purpose",
		stands: func(w *world) {
			w.runs(wished(3)).had(deployment(wished(3), succeeded), deployment(wished(v2), succeeded))
		}, verdict: Deploy},
	"the stack was moved back": {row: "(b) the wish succeeded earlier: tag or stack was moved back on purpose",
		stands: func(w *world) {
			w.runs(wished(v2, "4")).had(deployment(wished(v2, "4"), succeeded), deployment(wished(v2), succeeded))
		}, verdict: Deploy},
	"the newest was made by hand and the image was tried": {row: "(c) the newest was made by hand: what it put live stands until an image never tried arrives",
		stands:  func(w *world) { w.had(byHandIn(succeeded), deployment(wished(v2), succeeded)) },
		verdict: Hold, reason: "d-000000002 was made by hand", about: "d-000000002"},
	"the newest was made by hand and the image was tried on another base": {row: "(c) the newest was made by hand: what it put live stands until an image never tried arrives",
		stands:  func(w *world) { w.had(byHandIn(succeeded), deployment(wished(v2, "2"), succeeded)) },
		verdict: Hold, reason: "made by hand", about: "d-000000002"},
	"the newest was made by hand and an image never tried arrives": {row: "(c) an image never tried has arrived",
		stands: func(w *world) { w.had(byHandIn(succeeded), deployment(wished(1), succeeded)) }, verdict: Deploy},
	"the newest was made by hand and came to nothing": {
		stands: func(w *world) {
			w.runs(wished(v2, "2")).had(byHandIn(failed), deployment(wished(v2, "2"), succeeded))
		}, verdict: Deploy},
	"the newest was made by hand and stopped where it was, live": {row: "(c) the newest was made by hand: what it put live stands until an image never tried arrives",
		stands: func(w *world) {
			w.had(byHandIn(stopped), deployment(wished(v2), succeeded))
			w.Service.TaskSets[0].ExternalId = aws.String("d-000000002")
		}, verdict: Hold, reason: "d-000000002 was made by hand", about: "d-000000002"},
	"the base is new and the image was held": {row: "(d) the images were tried on another base and did not succeed",
		stands: func(w *world) {
			w.runs(wished(1, "2")).had(deployment(wished(v2, "2"), failed), deployment(wished(1, "2"), succeeded))
		}, verdict: Deploy, reason: "the new base goes with the live sample-website:latest"},
	"the base is new, the image was held, and nothing of ours is live": {row: "(d) the images were tried on another base and did not succeed",
		stands:  func(w *world) { w.had(deployment(wished(v2, "2"), failed)) },
		verdict: Hold, reason: "on another base", about: "d-000000001"},
	"the new base is live and the image is still held": {row: "(d) the images were tried on another base and did not succeed",
		stands: func(w *world) {
			w.runs(wished(1)).had(deployment(wished(1), succeeded), deployment(wished(v2, "2"), failed))
		}, verdict: Hold, reason: "on another base", about: "d-000000001"},
	"the new base failed with the live image, which a third base gets": {
		stands: func(w *world) {
			w.runs(wished(v2, "1")).had(deployment(wished(v2, "2"), failed), deployment(wished(v2, "1"), succeeded))
		}, verdict: Deploy},
	"image and base are new at the same time and failed together": {
		stands: func(w *world) {
			w.runs(wished(1, "2")).had(deployment(wished(v2), failed), deployment(wished(1, "2"), succeeded))
		}, verdict: Deploy, reason: "the new base goes with the live"},
	"the new base with the live image is under way": {
		stands: func(w *world) {
			w.runs(wished(1, "2")).had(deployment(wished(1), inProgress), deployment(wished(v2), failed))
		}, verdict: Busy, about: "d-000000002"},
	"AWS failed once": {row: "(e) the last outcome was AWS's own failure: one more try",
		stands: func(w *world) { w.had(failedBy(deployment(wished(v2), failed), cdtypes.ErrorCodeInternalError)) }, verdict: Deploy},
	"AWS failed twice": {row: "(a) the newest carries the wish",
		stands: func(w *world) {
			w.had(failedBy(deployment(wished(v2), failed), cdtypes.ErrorCodeThrottled), failedBy(deployment(wished(v2), failed), cdtypes.ErrorCodeInternalError))
		}, verdict: Hold, reason: "THROTTLED", about: "d-000000002"},
	"AWS failed after the wish had failed": {row: "(e) the last outcome was AWS's own failure: one more try",
		stands: func(w *world) {
			w.had(failedBy(deployment(wished(v2), failed), cdtypes.ErrorCodeInternalError), deployment(wished(v2), failed))
		}, verdict: Deploy},
	"AWS failed with the image on another base": {
		stands: func(w *world) { w.had(failedBy(deployment(wished(v2, "2"), failed), cdtypes.ErrorCodeInternalError)) }, verdict: Deploy},

	"the newest image of a glob is older than what is live": {row: "the policy orders images, and desired sorts before live", config: glob,
		stands: func(w *world) {
			w.Images = []ecr.ImageDetail{image(2, "v2")} // v3 is live and was deleted
			w.runs(wishFor(deployedWith(glob), 3, "v3"))
		}, verdict: Hold, reason: "before the live sample-website:v3"},
	"what is live was released by another policy": {config: glob,
		stands: func(w *world) {
			w.Images = []ecr.ImageDetail{image(2, "v2")}
			w.runs(wished(3))
		}, verdict: Deploy},
	"an exact tag that was moved to an older image": {
		stands: func(w *world) { w.runs(wished(3)).had(deployment(wished(3), succeeded)) }, verdict: Deploy},

	"the production listener serves the other target group": {row: "the group is unfit",
		stands: func(w *world) { w.serve(tgGreen) }, verdict: Refuse, reason: "forwards to sample-website-tg-2 and not to PRIMARY's target group sample-website-tg-1"},
	"the production listener serves both": {row: "the group is unfit",
		stands:  func(w *world) { w.Listener.DefaultActions[0].ForwardConfig.TargetGroups[1].Weight = aws.Int32(1) },
		verdict: Refuse, reason: "sample-website-tg-1 and sample-website-tg-2"},
	"the production listener is gone": {row: "the group is unfit",
		stands: func(w *world) { w.Listener = nil }, verdict: Refuse, reason: "does not exist: deploy the stack again"},
	"a task set was left over": {row: "the group is unfit",
		stands: func(w *world) {
			w.Service.TaskSets = append(w.Service.TaskSets, taskSet("ecs-svc/2", live.StatusActive, bootstrapARN, tgGreen))
		}, verdict: Refuse, reason: "ecs-svc/2 is ACTIVE"},
	"a task set is draining": {
		stands: func(w *world) {
			w.Service.TaskSets = append(w.Service.TaskSets, taskSet("ecs-svc/2", live.StatusDraining, bootstrapARN, tgGreen))
		}, verdict: Deploy},
	"an alarm fires": {row: "the group is unfit",
		stands: func(w *world) { w.Firing = []string{"sample-website-tg-1-5xx"} }, verdict: Refuse, reason: "sample-website-tg-1-5xx is firing"},
	"an alarm fires while another deployment waits": {row: "the group is unfit",
		stands: func(w *world) {
			w.Firing = []string{"sample-website-tg-1-5xx"}
			w.had(waiting(wished(1)))
			w.Moved = w.At.Add(-time.Hour)
		}, verdict: Refuse, reason: "is firing"},
	"the base has no such container": {row: "the group is unfit",
		stands: func(w *world) { w.Base.Definition.ContainerDefinitions[0].Name = aws.String("app") }, verdict: Refuse, reason: `no container "sample-website"`},
	"the container maps no such port": {row: "the group is unfit",
		stands:  func(w *world) { w.Base.Definition.ContainerDefinitions[0].PortMappings = nil },
		verdict: Refuse, reason: "maps no port 80"},
	"ECS itself deploys the service": {row: "the group is unfit",
		stands:  func(w *world) { w.Service.DeploymentController.Type = ecstypes.DeploymentControllerTypeEcs },
		verdict: Refuse, reason: "must be CODE_DEPLOY"},
	"nothing would judge green": {row: "the group is unfit",
		stands:  func(w *world) { w.Group.LoadBalancerInfo.TargetGroupPairInfoList[0].TestTrafficRoute = nil },
		verdict: Refuse, reason: "no test listener"},

	"a group that deploys to servers": {row: "the group is unfit",
		stands:  func(w *world) { w.Group.ComputePlatform = cdtypes.ComputePlatformServer },
		verdict: Refuse, reason: "of the platform Server and not ECS: deploy the stack again"},
	"a group of another service": {row: "the group is unfit",
		stands:  func(w *world) { w.Group.EcsServices = []cdtypes.ECSService{{ServiceName: aws.String("Worker")}} },
		verdict: Refuse, reason: "the deployment group deploys Worker and not Sample-Website"},
	"a group without a pair": {row: "the group is unfit",
		stands:  func(w *world) { w.pair("sample-website-tg-1") },
		verdict: Refuse, reason: "needs a pair of target groups and has sample-website-tg-1"},
	"a group whose pair is not the service's": {row: "the group is unfit",
		stands:  func(w *world) { w.pair("a", "b") },
		verdict: Refuse, reason: "PRIMARY is in the target group sample-website-tg-1, which is not of the deployment group's pair a, b"},
	"a group that is right": {
		stands: func(w *world) {
			w.pair("sample-website-tg-1", "sample-website-tg-2")
			w.Group.ComputePlatform = cdtypes.ComputePlatformEcs
			w.Group.EcsServices = []cdtypes.ECSService{{ServiceName: aws.String("Sample-Website")}}
		}, verdict: Deploy},

	"another deployment has served long enough": {row: "a deployment only waits to terminate blue",
		stands: func(w *world) {
			w.runs(wished(1)).had(waiting(wished(1)))
			w.Moved = w.At.Add(-6 * time.Minute)
		}, verdict: Finish, reason: "has served for 6m0s without an alarm", about: "d-000000001"},
	"another deployment has not served long enough": {row: "a deployment only waits to terminate blue",
		stands: func(w *world) {
			w.runs(wished(1)).had(waiting(wished(1)))
			w.Moved = w.At.Add(-4 * time.Minute)
		}, verdict: Busy, reason: "is observed for 5m0s", about: "d-000000001"},
	"another deployment waits, and so does the newer": {row: "a deployment only waits to terminate blue",
		config: `{"name": "sample-website", "whenNewer": {"terminationWait": "wait"}}`,
		stands: func(w *world) {
			w.runs(wished(1)).had(waiting(wished(1)))
			w.Moved = w.At.Add(-time.Hour)
		}, verdict: Busy, reason: `whenNewer.terminationWait is "wait"`, about: "d-000000001"},
	"a deployment waits but nobody knows since when": {row: "a deployment only waits to terminate blue",
		stands: func(w *world) { w.had(waiting(wished(1))) }, verdict: Busy, reason: "has not moved production", about: "d-000000001"},
	"another deployment's task set is no leftover": {row: "a deployment is active otherwise",
		stands: func(w *world) {
			w.had(deployment(wished(1), inProgress))
			w.Service.TaskSets = append(w.Service.TaskSets, taskSet("ecs-svc/2", live.StatusActive, bootstrapARN, tgGreen))
			w.serve(tgGreen)
		}, verdict: Busy, reason: "d-000000001 is under way", about: "d-000000001"},
	"another deployment is to be stopped": {row: "a deployment is active otherwise",
		config: `{"name": "sample-website", "whenNewer": {"inProgress": "stop"}}`,
		stands: func(w *world) { w.had(deployment(wished(1), inProgress)) }, verdict: Stop, reason: "latest is newer, deployment d-000000001 is under way", about: "d-000000001"},
	"a deployment of the same image on another base is not stopped": {row: "a deployment is active otherwise",
		config: `{"name": "sample-website", "whenNewer": {"inProgress": "stop"}}`,
		stands: func(w *world) { w.had(deployment(wished(v2, "2"), inProgress)) }, verdict: Busy, reason: "is under way", about: "d-000000001"},
	"a task set is left over beside an active deployment's": {row: "the group is unfit",
		stands: func(w *world) {
			w.runs(wished(1)).had(waiting(wished(1)))
			w.Moved = w.At.Add(-time.Hour)
			w.Service.TaskSets = append(w.Service.TaskSets, taskSet("ecs-svc/2", live.StatusActive, bootstrapARN, tgGreen),
				taskSet("ecs-svc/3", live.StatusActive, bootstrapARN, tgGreen))
		}, verdict: Refuse, reason: "ecs-svc/2, ecs-svc/3 are ACTIVE and only one can be deployment d-000000001's"},
	"a rollback is never stopped": {row: "a deployment is active otherwise",
		config: `{"name": "sample-website", "whenNewer": {"inProgress": "stop"}}`,
		stands: func(w *world) { w.had(rolledBack(inProgress), deployment(wished(1), failed)) }, verdict: Busy, reason: "is rolling back", about: "d-000000002"},
	"what was made by hand is never stopped": {row: "a deployment is active otherwise",
		config: `{"name": "sample-website", "whenNewer": {"inProgress": "stop"}}`,
		stands: func(w *world) { w.had(byHandIn(inProgress)) }, verdict: Busy, reason: "is under way", about: "d-000000001"},
	"a deployment is ready and waits for a person": {row: "a deployment is active otherwise",
		stands: func(w *world) { w.had(deployment(wished(1), cdtypes.DeploymentStatusReady)) }, verdict: Busy, about: "d-000000001"},

	"a first release": {row: "nothing was tried yet",
		stands: func(*world) {}, verdict: Deploy, reason: "sample-website:latest on base 3 was never tried"},
	"a newer image": {
		stands: func(w *world) { w.runs(wished(1)).had(deployment(wished(1), succeeded)) }, verdict: Deploy},
	"a new base": {
		stands: func(w *world) { w.runs(wished(v2, "2")).had(deployment(wished(v2, "2"), succeeded)) }, verdict: Deploy},
}

func (s story) told() (config.Deployed, *world, Desired) {
	d := deployedWith(s.config)
	w := newWorld(image(v2, "latest"))
	if s.config == glob {
		w.Images = []ecr.ImageDetail{image(v2, "v2")}
	}
	s.stands(w)
	desired := asked(Wanted(d, w.Images), w.Observed)
	if s.retry {
		desired.Retry = desired.Wish.Hash()
	}
	return d, w, desired
}

func TestDecide(t *testing.T) {
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			_, w, desired := s.told()
			got := Decide(desired, w.Observed)
			if got.Verdict != s.verdict || got.Deployment != s.about || !strings.Contains(got.Reason, s.reason) || got.Reason == "" {
				t.Errorf("got  %s %q %s\nwant %s %q …%s…", got.Verdict, got.Deployment, got.Reason, s.verdict, s.about, s.reason)
			}
		})
	}
}

// TestEveryRowHasItsStory walks the tables as Decide does, so that a story is about the row that it says.
func TestEveryRowHasItsStory(t *testing.T) {
	reached := map[string]bool{}
	for name, s := range stories {
		_, w, desired := s.told()
		row := reaches(desired, w.Observed)
		reached[row] = true
		for _, r := range tryRules {
			if r.name == row {
				reached["the wish was tried"] = true
			}
		}
		if s.row != "" && s.row != row {
			t.Errorf("%q is decided by %q and not by %q", name, row, s.row)
		}
	}
	for _, name := range RuleNames() {
		if !reached[name] {
			t.Errorf("no story reaches %q", name)
		}
	}
}

func reaches(desired Desired, o Observed) string {
	decidedBy := ""
	for _, r := range table {
		_, applies := r.decide(desired, o)
		if r.observed == "the wish was tried" {
			t := lookUp(desired.Wish, o.tries())
			t.imagesLive = o.runs(desired.Wish.Images)
			t.again, t.left = desired.again(), o.blocksPrimary()
			for _, rule := range tryRules {
				if rule.applies(t) {
					decidedBy = rule.name
					break
				}
			}
		} else if applies {
			return r.observed
		}
		if applies {
			return decidedBy
		}
	}
	return decidedBy
}

func TestTheTableIsInTheOrderOfItsDesign(t *testing.T) {
	// Two rows apply at once: the upper decides.
	for name, c := range map[string]struct {
		stands  func(*world)
		verdict Verdict
	}{
		"held by hand before tried": {func(w *world) {
			tag(w, live.TagSuspend, "")
			w.had(deployment(wished(v2), failed))
		}, Hold},
		"tried before unfit": {func(w *world) {
			w.had(deployment(wished(v2), failed))
			w.Firing = []string{"alarm"}
		}, Hold},
		"unfit before active": {func(w *world) {
			w.had(deployment(wished(1), inProgress))
			w.Firing = []string{"alarm"}
		}, Refuse},
		"under way before unfit": {func(w *world) {
			w.had(deployment(wished(v2), inProgress))
			w.Firing = []string{"alarm"}
		}, Busy},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(image(v2, "latest"))
			c.stands(w)
			if got := Decide(Wanted(deployedWith(""), w.Images), w.Observed); got.Verdict != c.verdict {
				t.Errorf("got %s: %s", got.Verdict, got.Reason)
			}
		})
	}
}

// pair makes these the target groups of the deployment group.
func (w *world) pair(names ...string) {
	pair := &w.Group.LoadBalancerInfo.TargetGroupPairInfoList[0]
	for _, name := range names {
		pair.TargetGroups = append(pair.TargetGroups, cdtypes.TargetGroupInfo{Name: &name})
	}
}
