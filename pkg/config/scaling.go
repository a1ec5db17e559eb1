package config

import "time"

// Scaling is how Application Auto Scaling changes the desired count by target tracking. At least one of CPU, Memory
// and Requests; of several the one that asks for the most tasks decides.
type Scaling struct {
	// Min is the fewest tasks, 1 or more: a green without tasks cannot be judged.
	Min int `json:"min"`
	// Max is the most tasks, of each task set: while blue still runs there are twice as many.
	Max int `json:"max"`
	// CPU is the average use of the CPU units, in percent, that is aimed at: 1 to 100.
	CPU int `json:"cpu,omitempty"`
	// Memory is the average use of the memory, in percent, that is aimed at: 1 to 100.
	Memory int `json:"memory,omitempty"`
	// Requests is how many requests a minute each task should answer. Both target groups are counted, since
	// production moves from one to the other.
	Requests int `json:"requests,omitempty"`
	// ScaleInCooldown is the least time between a change and taking tasks away, whole seconds, at most 1h. Default 5m.
	ScaleInCooldown *Duration `json:"scaleInCooldown,omitempty"`
	// ScaleOutCooldown is the least time between adding tasks and adding no more than that again, whole seconds, at
	// most 1h. Default 5m.
	ScaleOutCooldown *Duration `json:"scaleOutCooldown,omitempty"`
	// HoldUntil is how long a deployment holds scaling still: "moved" (the default), until production has moved, and
	// taking tasks away until the deployment has ended, because the averages count idle blue tasks till then; or
	// "ended", all of it until the deployment has ended.
	HoldUntil string `json:"holdUntil,omitempty"`
}

// The choices of Scaling.HoldUntil.
const (
	Moved = "moved"
	Ended = "ended"
)

// mostTasks is ECS's quota of tasks a service (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html).
const mostTasks = 5000

// MostTasks is how many tasks may serve at a time.
func (s Service) MostTasks() int {
	switch {
	case s.Scaling != nil:
		return s.Scaling.Max
	case s.DesiredCount != nil:
		return *s.DesiredCount
	}
	return 1
}

func (s *Scaling) fill() {
	if s == nil {
		return
	}
	given(&s.ScaleInCooldown, Duration(5*time.Minute))
	given(&s.ScaleOutCooldown, Duration(5*time.Minute))
	s.HoldUntil = or(s.HoldUntil, Moved)
}

func (s *Scaling) check(path string, f *Findings) {
	if s == nil {
		return
	}
	switch {
	case s.Min < 1 || s.Min > mostTasks:
		f.add(path+".min", "%d must be 1 to %d: a green without tasks cannot be judged", s.Min, mostTasks)
	case s.Max < s.Min || s.Max > mostTasks:
		f.add(path+".max", "%d must be from min, %d, to %d", s.Max, s.Min, mostTasks)
	}
	if s.CPU == 0 && s.Memory == 0 && s.Requests == 0 {
		f.add(path, "names nothing to scale by: write cpu, memory or requests, such as {\"cpu\": 60}")
	}
	percent(f, path+".cpu", s.CPU)
	percent(f, path+".memory", s.Memory)
	if s.Requests < 0 {
		f.add(path+".requests", "%d must be how many requests a minute a task should answer, 1 or more", s.Requests)
	}
	for key, d := range map[string]*Duration{"scaleInCooldown": s.ScaleInCooldown, "scaleOutCooldown": s.ScaleOutCooldown} {
		if d != nil {
			whole(f, path+"."+key, *d, time.Second, 0, time.Hour)
		}
	}
	oneOf(f, path+".holdUntil", s.HoldUntil, Moved, Ended)
}

func percent(f *Findings, path string, p int) {
	if p < 0 || p > 100 {
		f.add(path, "%d must be a percentage from 1 to 100", p)
	}
}
