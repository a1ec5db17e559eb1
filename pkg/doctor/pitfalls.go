package doctor

// Pitfall is one known way in which blue/green deployments of ECS services fail, go wrong or hurt.
type Pitfall struct {
	// Number by which findings name it. It stays.
	Number int
	// Title says what goes wrong.
	Title string
	// Otherwise says why there is no check: what makes it impossible, or who else sees it.
	Otherwise string

	planned func(Plan) []Finding   // checks the configuration
	live    func(*facts) []Finding // checks what stands; all that it reads could be read
	reads   []part
	before  bool // what it looks at is there before the service
}

// Planned and Live tell where the pitfall is looked for.
func (p Pitfall) Planned() bool { return p.planned != nil }

// Live tells whether it is looked for in AWS.
func (p Pitfall) Live() bool { return p.live != nil }

// flawReads are what the release loop's own pre-flight looks at.
var flawReads = []part{ofService, ofGroup, ofRevision, ofDeployments, ofListeners, ofAlarms}

// Pitfalls are all that are known. docs/doctor.md is made of them.
var Pitfalls = []Pitfall{
	{Number: 1, Title: "Every deployment fails, because the production listener or one of its rules does not forward to PRIMARY's target group",
		live: productionFlaws, reads: append([]part{ofRules}, flawReads...)},
	{Number: 2, Title: "A stack update resets a listener and sends users to an empty target group",
		Otherwise: "`cutover doctor --stack` finds it before the update"},
	{Number: 3, Title: "A push waits for long behind a deployment that only waits to terminate blue",
		planned: longWait},
	{Number: 4, Title: "An older image overtakes a newer one", Otherwise: "the release loop compares with what is live and has one writer"},
	{Number: 5, Title: "One push makes two deployments", Otherwise: "each wish is tried once, by its hash in the deployment's description"},
	{Number: 6, Title: "A version that cannot start keeps a deployment in Install for an hour",
		planned: unwatched, live: unheard, reads: []part{ofStarts}},
	{Number: 7, Title: "A hook does not answer for an hour",
		live: deadHooks, reads: []part{ofHooks}},
	{Number: 8, Title: "The hook never runs, because the deployment group has no test listener",
		live: testFlaws, reads: flawReads},
	{Number: 9, Title: "CodeDeploy may not invoke the hook", live: uninvocable, reads: []part{ofGroup, ofRole}},
	{Number: 10, Title: "CodeDeploy may not pass the tasks' roles", live: unpassable, reads: []part{ofGroup, ofRole, ofRevision}},
	{Number: 11, Title: "A deployment succeeds and the site is down", Otherwise: "the hook judges green on the test listener, and asks that all its targets are healthy first"},
	{Number: 12, Title: "A rollback for no reason, because an alarm of the deployment group is firing, missing or about something else",
		live: alarmFlaws, reads: flawReads},
	{Number: 13, Title: "What failed is not rolled back, and green stays on the test listener",
		planned: noRollbackPlanned, live: noRollback, reads: []part{ofService, ofGroup, ofDeployments, ofListeners}},
	{Number: 14, Title: "`aws deploy wait` gives up after half an hour though all is well", Otherwise: "`cutover watch` follows the lifecycle events instead"},
	{Number: 15, Title: "`aws ecs wait services-stable` never returns", Otherwise: "`cutover watch` and `cutover status` read task sets"},
	{Number: 16, Title: "The count doubles or is wrong after a deployment, because autoscaling went on in it",
		live: scalingFlaws, reads: []part{ofService, ofScaling, ofDeployments}},
	{Number: 17, Title: "A deployment fails in the middle of the shift, because autoscaling went on in it", Otherwise: "found as 16"},
	{Number: 18, Title: "CloudFormation cannot update the service", Otherwise: "`cutover doctor --stack` finds it before the update"},
	{Number: 19, Title: "A rejected version's settings are inherited by the next", Otherwise: "every revision is made from the stack's base, never from the latest"},
	{Number: 20, Title: "Settings are lost in a new revision", Otherwise: "the release loop compares each revision with its base and refuses to deploy one that lacks something"},
	{Number: 21, Title: "Tags are lost in a new revision", Otherwise: "as 20"},
	{Number: 22, Title: "The AppSpec names no full revision", Otherwise: "it always has the ARN that registering answered"},
	{Number: 23, Title: "The AppSpec's container or port is not in the revision", live: containerFlaws, reads: flawReads},
	{Number: 24, Title: "Task sets are left over until ECS takes no more", live: taskSetFlaws, reads: flawReads},
	{Number: 25, Title: "Old tasks never go away", live: undying, reads: []part{ofService, ofDeployments}},
	{Number: 26, Title: "One push under several tags, or of several architectures, makes several deployments", Otherwise: "images without a tag are passed over, and one digest is one wish"},
	{Number: 27, Title: "Canary traffic is not the percentage that was asked for", live: unevenTraffic, reads: []part{ofGroup, ofTargets}},
	{Number: 28, Title: "The test port is open to the world", live: openDoors, reads: []part{ofGroup, ofListeners, ofDoors}},
	{Number: 29, Title: "Other paths' traffic shifts too, because CodeDeploy rewrites every rule that forwards to the live target group",
		live: sharedRules, reads: []part{ofGroup, ofRules, ofTargets}},
	{Number: 30, Title: "A rollback comes too late, because blue is gone", planned: noWaitPlanned, live: noWait, reads: []part{ofGroup}},
	{Number: 31, Title: "The event of a push never arrives, and nothing looks by itself",
		live: asleep, reads: []part{ofSchedule, ofEvents}},
	{Number: 32, Title: "Some calls go to the sandbox and others to AWS", planned: splitEndpoints},
	{Number: 33, Title: "The deployment group is not one that this service can be deployed with", live: groupFlaws, reads: flawReads},
	{Number: 34, Title: "Nothing can be encrypted or read, because a KMS key that the platform names is missing, disabled, about to be deleted, of another region or not for encrypting",
		live: uselessKeys, reads: []part{ofKeys}, before: true},
	{Number: 35, Title: "The stack is refused, dead letters are lost or alarms tell nobody, because the policy of the platform's KMS key forgets somebody",
		live: unadmitted, reads: []part{ofKeyPolicies}, before: true},
}
