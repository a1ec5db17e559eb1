package codedeploy

import "time"

// Assumptions are the behaviours that AWS does not document and nobody has measured in public, each with the choice
// made here and its reason. Tests of clients turn one over to see that they bear either answer.
type Assumptions struct {
	// AppSpecCheckedAtCall: CreateDeployment itself refuses a bad AppSpec with InvalidRevisionException. The one
	// public report saw it as the deployment's error.
	AppSpecCheckedAtCall bool
	// SHA256Checked: a sha256 that is not the content's is an InvalidRevisionException. A digest that nobody
	// compares would have no use.
	SHA256Checked bool
	// DescriptionLimit in characters. The limits page says 256, a tool of AWS's cuts at 512; the smaller is safe.
	DescriptionLimit int
	// BatchDeploymentsLimit: the API reference says 25, the limits page 100; the smaller is safe.
	BatchDeploymentsLimit int
	// PageSize of every list. AWS names none.
	PageSize int
	// TerminationWaitDefault in minutes when a group names none. The console's hour and CDK's 0 are their own.
	TerminationWaitDefault int32
	// AlarmPoll is the longest time between two looks at the alarms; a change of state is seen at once besides.
	AlarmPoll time.Duration
	// MissingAlarmIsPollFailure: an alarm that does not exist is one whose state cannot be read, which stops the
	// deployment unless ignorePollAlarmFailure is set.
	MissingAlarmIsPollFailure bool
	// RuleOfReplacementFails: a rule of the production listener that forwards to the pair, yet sends the primary
	// task set's group nothing, fails the check "must be behind listener". AWS's text names rules.
	RuleOfReplacementFails bool
	// TestListenerChecked: the same check on the test listener. A public capture shows it on the idle group, unharmed.
	TestListenerChecked bool
	// IdleGroupStaysOnTest: the test listener keeps the other group at weight 0, as the production listener does.
	IdleGroupStaysOnTest bool
	// StickinessKept: a rule's stickiness survives the rewrite. A public capture shows Enabled:false afterwards.
	StickinessKept bool
	// PrimaryBeforeShift: green becomes PRIMARY before the first weight moves instead of after the last. A capture of
	// a rollback from the middle of a shift says that it keeps the old PRIMARY.
	PrimaryBeforeShift bool
	// ReadyAfterHook: the Ready wait comes after BeforeAllowTraffic's hook instead of before it. A person who
	// continues wants what is left to be traffic; but the hook, named for what follows, runs close to it.
	ReadyAfterHook bool
	// HookInvocation: Event, since the deadline is longer than a function can run, and since a function that crashed
	// without a report was seen to be waited for the whole hour.
	HookInvocation string
	// ReadyTimeoutRollsBack: a Ready wait that times out counts as DEPLOYMENT_FAILURE for the automatic rollback.
	// The deployment is Stopped by nobody's request and by no alarm.
	ReadyTimeoutRollsBack bool
	// RollbackNeedsChange: a deployment that changed nothing (stopped or failed before Install began its work) is
	// followed by no rollback. The guide says that there is nothing to roll back then.
	RollbackNeedsChange bool
	// RollbackGap between the end of a deployment and its rollback's id: clients see that the two are not atomic.
	RollbackGap time.Duration
	// StopFlagWins: autoRollbackEnabled in StopDeployment, either way, overrides the group's setting.
	StopFlagWins bool
	// StoppedAgainSucceeds: StopDeployment of one that was stopped by request answers Succeeded, as the guide's
	// "subsequent calls" do; of any other ended deployment DeploymentAlreadyCompletedException.
	StoppedAgainSucceeds bool
	// ContinueDefaultsToReady: ContinueDeployment without a wait type means READY_WAIT, the older of the two.
	ContinueDefaultsToReady bool
	// RepeatedReportRefused: a second report of the same status is refused like one of another status.
	RepeatedReportRefused bool
	// HookTimeoutCode, ReadyTimeoutCode, InstallTimeoutCode: the error codes of the three time-outs.
	HookTimeoutCode, ReadyTimeoutCode, InstallTimeoutCode string
	// AppSpecCode, ListenerCode, DeniedCode, FunctionCode, StopCode: the error codes of a bad AppSpec, of the
	// listener's mismatch, of a permission that the service role lacks, of a hook whose function does not exist and of
	// StopDeployment. Messages are documented, these codes are the model's nearest.
	AppSpecCode, ListenerCode, DeniedCode, FunctionCode, StopCode string
	// SteadyBlueFirst: Install waits up to an hour for the original task set to be steady. The guide says so of a
	// service that is scaling at the start; one that crashes looks the same from outside, and holding the fix of a
	// broken service back for an hour is worse, so the wait is left out.
	SteadyBlueFirst bool
	// ScalingCode of a deployment whose service scaled during the shift and was not steady after five minutes.
	ScalingCode string
	// TargetStatusWhenStopped: the target's status has no word for Stopped.
	TargetStatusWhenStopped string
	// HooksInRollback: a rollback runs the hooks of the revision that it returns to. The Lambda platform was seen to
	// list all events as Succeeded and to run none.
	HooksInRollback bool
}

// Texts that AWS shows in these places are not published; these say the same in our words. Those of StopDeployment
// are from its reference, whose examples are of the EC2 platform.
const (
	stopPendingText   = "Stopping Pending. Stopping to schedule commands in the deployment instances"
	stopSucceededText = "No more commands will be scheduled for execution in the deployment instances"
	functionText      = "The deployment failed because the Lambda function %s could not be found: %s"

	stoppedText = "The deployment was stopped at the request of a user."
	scalingText = "The deployment timed out while waiting for the ECS service to become steady after it was scaled during the traffic shift."
	blueText    = "The deployment timed out while waiting for the primary task set to become steady. This time out period is 60 minutes."
)

// AWS services as CodeDeploy's permission message calls them. Only AWSLambda is documented; the others are the names
// that AWS's Java SDK, whose texts the ECS message quotes, gives them.
const (
	servedByECS        = "AmazonECS"
	servedByELB        = "AmazonElasticLoadBalancing"
	servedByLambda     = "AWSLambda"
	servedByCloudWatch = "AmazonCloudWatch"
)

// Chosen are the assumptions that hold unless Options say otherwise.
func Chosen() Assumptions {
	return Assumptions{
		SHA256Checked:             true,
		DescriptionLimit:          256,
		BatchDeploymentsLimit:     25,
		PageSize:                  100,
		AlarmPoll:                 10 * time.Second,
		MissingAlarmIsPollFailure: true,
		RuleOfReplacementFails:    true,
		IdleGroupStaysOnTest:      true,
		HookInvocation:            "Event",
		ReadyTimeoutRollsBack:     true,
		RollbackNeedsChange:       true,
		StopFlagWins:              true,
		StoppedAgainSucceeds:      true,
		ContinueDefaultsToReady:   true,
		RepeatedReportRefused:     true,
		HookTimeoutCode:           "TIMEOUT",
		ReadyTimeoutCode:          "TIMEOUT",
		InstallTimeoutCode:        "TIMEOUT",
		AppSpecCode:               "INVALID_REVISION",
		ListenerCode:              "ELASTIC_LOAD_BALANCING_INVALID",
		DeniedCode:                "IAM_ROLE_PERMISSIONS",
		FunctionCode:              "INVALID_LAMBDA_FUNCTION",
		StopCode:                  "MANUAL_STOP",
		ScalingCode:               "TIMEOUT",
		TargetStatusWhenStopped:   "Failed",
	}
}
