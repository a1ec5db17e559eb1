package fault

import (
	"math/rand/v2"
	"time"
)

// Random draws n faults that may befall a service under deployment. The same seed draws the same ones. Each strikes
// a few times only, so that what is disturbed can come to rest.
func Random(seed uint64, n int) []Fault {
	r := rand.New(rand.NewPCG(seed, 0))
	all := make([]Fault, n)
	for i := range all {
		all[i] = menu[r.IntN(len(menu))](r)
	}
	return all
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// menu of random faults.
// CodeDeploy itself is the session of that name.
var menu = []func(*rand.Rand) Fault{
	func(r *rand.Rand) Fault { // of what CodeDeploy calls
		f := API{Code: pick(r, "ThrottlingException", "ServerException", "InternalFailure", "InvalidParameterException"),
			Caller: "*/CodeDeploy", Skip: r.IntN(4), Times: 1 + r.IntN(5), After: r.IntN(2) == 0}
		switch r.IntN(3) {
		case 0:
			f.Service, f.Action = "ecs", pick(r, "CreateTaskSet", "DescribeServices", "UpdateServicePrimaryTaskSet", "DeleteTaskSet")
		case 1:
			f.Service, f.Action = "elasticloadbalancing", pick(r, "DescribeListeners", "DescribeRules", "ModifyListener", "DescribeTargetGroups")
		default:
			f.Service, f.Action = "lambda", "Invoke"
		}
		return f
	},
	func(r *rand.Rand) Fault {
		return API{Service: "*", Action: "*", Delay: time.Duration(1+r.IntN(50)) * time.Millisecond, Chance: 0.2, Times: 40}
	},
	func(r *rand.Rand) Fault {
		return API{Service: "codedeploy", Action: pick(r, "PutLifecycleEventHookExecutionStatus", "CreateDeployment"),
			Code: pick(r, "ThrottlingException", "InternalFailure"), After: r.IntN(2) == 0, Times: 1 + r.IntN(3)}
	},
	func(r *rand.Rand) Fault {
		return Deny{Principal: "*/CodeDeploy", Times: 1 + r.IntN(3), Skip: r.IntN(3),
			Action: pick(r, "ecs:CreateTaskSet", "ecs:UpdateServicePrimaryTaskSet", "ecs:DeleteTaskSet", "elasticloadbalancing:ModifyListener", "lambda:InvokeFunction")}
	},
	func(r *rand.Rand) Fault {
		return pick(r, Event{Lose: true, Chance: 0.5}, Event{Copies: 1 + r.IntN(3), Times: 20}, Event{Shuffle: time.Minute, Times: 50})
	},
	func(r *rand.Rand) Fault {
		return pick(r, Function{Crash: Before, Times: 1 + r.IntN(4)}, Function{Crash: After, Times: 1},
			Function{TimeOut: time.Millisecond, Times: 1 + r.IntN(3)}, Function{Throttle: true, Times: 1 + r.IntN(3)})
	},
	func(r *rand.Rand) Fault {
		return pick(r, Task{NoImage: true, Times: 1 + r.IntN(3)}, Task{Exit: 1, Times: 1 + r.IntN(3)},
			Task{Dies: time.Duration(1+r.IntN(20)) * time.Minute, Times: 1})
	},
	func(r *rand.Rand) Fault {
		f := Target{Only: pick(r, "", Checks, Requests), Status: pick(r, 500, 503, 404), Times: 1 + r.IntN(20), Skip: r.IntN(10)}
		if r.IntN(3) == 0 {
			f.Status, f.Delay = 0, time.Duration(1+r.IntN(20))*time.Millisecond
		}
		return f
	},
	func(r *rand.Rand) Fault {
		return Wait{Name: pick(r, "hook", "install", "termination-wait", "traffic-shift", "deregistration-delay"), Times: 1}
	},
	func(r *rand.Rand) Fault {
		return Listener{Listener: pick(r, "80", "8080"), Times: 1, On: pick(r, "ecs:CreateTaskSet", "elasticloadbalancing:ModifyListener",
			"ecs:UpdateServicePrimaryTaskSet", "lambda:Invoke")}
	},
}
