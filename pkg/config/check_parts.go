package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

var (
	envFile     = lazily(`^arn:aws[a-z-]*:s3:::[a-z0-9.-]{3,63}/.+\.env$`)
	fileSystem  = lazily(`^fs-[0-9a-f]+$`)
	accessPoint = lazily(`^fsap-[0-9a-f]+$`)
	volumeName  = lazily(`^[A-Za-z0-9_-]{1,255}$`)
	sidecarTag  = lazily(`^[^\s:@]+(:\d+)?(/[^\s:@]+)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$`)
)

// checkParts looks at what a task has beside its container's own settings.
func (t Task) checkParts(path string, f *Findings) {
	if len(t.EnvironmentFiles) > 10 {
		f.add(path+".environmentFiles", "are %d; ECS takes ten a container", len(t.EnvironmentFiles))
	}
	for i, arn := range t.EnvironmentFiles {
		matches(f, fmt.Sprintf("%s.environmentFiles[%d]", path, i), arn, envFile, "the ARN of an object in S3 that ends in .env")
	}
	if t.Storage != 0 && (t.Storage < 21 || t.Storage > 200) {
		f.add(path+".storage", "%d must be 21 to 200 GiB; Fargate gives 20 without", t.Storage)
	}
	t.HealthCheck.check(path+".healthCheck", f)
	t.checkVolumes(path, f)
	t.checkSidecars(path, f)
	t.checkCapacity(path, f)
}

func (h ContainerCheck) check(path string, f *Findings) {
	if len(h.Command) == 0 {
		if h.Interval+h.Timeout+h.StartPeriod != 0 || h.Retries != 0 {
			f.add(path+".command", "is missing: it says what is run")
		}
		return
	}
	if first := h.Command[0]; first != "CMD" && first != "CMD-SHELL" || len(h.Command) < 2 {
		f.add(path+".command", `must begin with "CMD" or "CMD-SHELL" and go on: ["CMD-SHELL", "curl -f http://localhost/ || exit 1"]`)
	}
	whole(f, path+".interval", h.Interval, time.Second, 5*time.Second, 5*time.Minute)
	whole(f, path+".timeout", h.Timeout, time.Second, 2*time.Second, time.Minute)
	whole(f, path+".startPeriod", h.StartPeriod, time.Second, 0, 5*time.Minute)
	if h.Retries != 0 && (h.Retries < 1 || h.Retries > 10) {
		f.add(path+".retries", "%d must be 1 to 10", h.Retries)
	}
}

func (t Task) checkVolumes(path string, f *Findings) {
	seen := map[string]bool{}
	for i, v := range t.Volumes {
		at := fmt.Sprintf("%s.volumes[%d]", path, i)
		if v.Name == "" || seen[v.Name] {
			f.add(at+".name", "must be there, and of this volume alone")
		}
		seen[v.Name] = true
		matches(f, at+".name", v.Name, volumeName, "letters, digits, hyphens and underscores")
		if !strings.HasPrefix(v.Path, "/") {
			f.add(at+".path", "%q must be a path in the container that begins with /", v.Path)
		}
		matches(f, at+".fileSystem", v.FileSystem, fileSystem, "the id of an EFS file system, fs-…")
		matches(f, at+".accessPoint", v.AccessPoint, accessPoint, "the id of an EFS access point, fsap-…")
		if v.AccessPoint != "" && v.FileSystem == "" {
			f.add(at+".fileSystem", "is missing: an access point belongs to a file system")
		}
	}
}

func (t Task) checkSidecars(path string, f *Findings) {
	if len(t.Sidecars) > 8 {
		f.add(path+".sidecars", "are %d; at most 8, because a task has ten containers", len(t.Sidecars))
	}
	volumes := map[string]bool{}
	for _, v := range t.Volumes {
		volumes[v.Name] = true
	}
	seen := map[string]bool{t.Container: true}
	cpu, memory := 0, 0
	for i, s := range t.Sidecars {
		at := fmt.Sprintf("%s.sidecars[%d]", path, i)
		if s.Name == "" || seen[s.Name] {
			f.add(at+".name", "must be there, and of this container alone")
		}
		seen[s.Name] = true
		matches(f, at+".name", s.Name, container, "letters, digits, hyphens and underscores")
		if s.Image == "" {
			f.add(at+".image", "is missing; name registry, repository and tag")
		}
		matches(f, at+".image", s.Image, sidecarTag, "an image such as public.ecr.aws/nginx/nginx:1.27")
		checkVariables(at, s.Environment, s.Secrets, f)
		for _, name := range slices.Sorted(maps.Keys(s.Volumes)) {
			if !volumes[name] {
				f.add(at+".volumes."+name, "is not one of task.volumes")
			}
		}
		cpu, memory = cpu+s.CPU, memory+s.Memory
	}
	if t.CPU != 0 && cpu >= t.CPU {
		f.add(path+".sidecars", "take %d of the task's %d CPU units and leave none for the container", cpu, t.CPU)
	}
	if t.Memory != 0 && memory >= t.Memory {
		f.add(path+".sidecars", "take %d of the task's %d MiB and leave none for the container", memory, t.Memory)
	}
}

func (t Task) checkCapacity(path string, f *Findings) {
	bases, weights := 0, 0
	seen := map[string]bool{}
	for i, c := range t.Capacity {
		at := fmt.Sprintf("%s.capacity[%d]", path, i)
		if c.Provider != "FARGATE" && c.Provider != "FARGATE_SPOT" || seen[c.Provider] {
			f.add(at+".provider", "%q must be FARGATE or FARGATE_SPOT, each once: tasks are Fargate's", c.Provider)
		}
		seen[c.Provider] = true
		if c.Weight < 0 || c.Weight > 1000 {
			f.add(at+".weight", "%d must be 0 to 1000", c.Weight)
		}
		if c.Base < 0 || c.Base > 100000 {
			f.add(at+".base", "%d must be 0 to 100000", c.Base)
		}
		if c.Base > 0 {
			bases++
		}
		weights += c.Weight
	}
	if bases > 1 {
		f.add(path+".capacity", "has %d bases; ECS takes one", bases)
	}
	if len(t.Capacity) > 0 && weights == 0 {
		f.add(path+".capacity", "has no weight above 0, so no task would run beyond the base")
	}
}
