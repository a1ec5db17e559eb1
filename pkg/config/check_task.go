package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// fargateMemory are the MiB that Fargate allows for each CPU size, as from, to and step
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html).
var fargateMemory = map[int][3]int{
	512:   {1024, 4096, 1024},
	1024:  {2048, 8192, 1024},
	2048:  {4096, 16384, 1024},
	4096:  {8192, 30720, 1024},
	8192:  {16384, 61440, 4096},
	16384: {32768, 122880, 8192},
}

func (t Task) check(path string, f *Findings) {
	t.checkSize(path, f)
	oneOf(f, path+".architecture", t.Architecture, "arm64", "amd64")
	port(f, path+".port", t.Port)
	matches(f, path+".container", t.Container, container, "letters, digits, hyphens and underscores")
	matches(f, path+".platformVersion", t.PlatformVersion, fargate, `"LATEST" or a version such as "1.4.0"`)
	matches(f, path+".taskRole", t.TaskRole, roleARN, "a role's ARN")
	matches(f, path+".executionRole", t.ExecutionRole, roleARN, "a role's ARN")
	whole(f, path+".stopTimeout", t.StopTimeout, time.Second, 2*time.Second, 2*time.Minute)
	checkVariables(path, t.Environment, t.Secrets, f)
	t.checkParts(path, f)
}

// checkVariables asks that names are names, that a variable has one source, and that secrets are named and not written.
func checkVariables(path string, environment, secrets map[string]string, f *Findings) {
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		if !variable().MatchString(name) {
			f.add(path+".environment."+name, "is not a variable's name: letters, digits and underscores, no digit first")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		at := path + ".secrets." + name
		if !variable().MatchString(name) {
			f.add(at, "is not a variable's name: letters, digits and underscores, no digit first")
		}
		if _, both := environment[name]; both {
			f.add(at, "stands in environment too; a variable has one source")
		}
		if !secretARN().MatchString(secrets[name]) {
			// The value is not shown: it may be the secret itself, written here by mistake.
			f.add(at, "must be the ARN of a Secrets Manager secret or of an SSM parameter")
		}
	}
}

func (t Task) checkSize(path string, f *Findings) {
	if t.CPU == 0 || t.Memory == 0 {
		return
	}
	if t.CPU == 256 {
		if !slices.Contains([]int{512, 1024, 2048}, t.Memory) {
			f.add(path+".memory", "%d MiB does not go with 256 CPU units; Fargate allows 512, 1024 or 2048", t.Memory)
		}
		return
	}
	m, ok := fargateMemory[t.CPU]
	if !ok {
		f.add(path+".cpu", "%d is not a Fargate size: 256, %s", t.CPU, joinInts(slices.Sorted(maps.Keys(fargateMemory))))
		return
	}
	if t.Memory < m[0] || t.Memory > m[1] || t.Memory%m[2] != 0 {
		f.add(path+".memory", "%d MiB does not go with %d CPU units; Fargate allows %d to %d in steps of %d", t.Memory, t.CPU, m[0], m[1], m[2])
	}
}

func (l LoadBalancer) check(path string, f *Findings) {
	port(f, path+".productionPort", l.ProductionPort)
	port(f, path+".testPort", l.TestPort)
	whole(f, path+".deregistrationDelay", l.DeregistrationDelay, time.Second, 0, time.Hour)
	h, at := l.HealthCheck, path+".healthCheck"
	absolute(f, at+".path", h.Path)
	whole(f, at+".interval", h.Interval, time.Second, 5*time.Second, 5*time.Minute)
	whole(f, at+".timeout", h.Timeout, time.Second, 2*time.Second, 2*time.Minute)
	if h.Interval != 0 && h.Timeout >= h.Interval {
		f.add(at+".timeout", "%s must be shorter than the interval, %s", h.Timeout, h.Interval)
	}
	threshold(f, at+".healthyThreshold", h.HealthyThreshold)
	threshold(f, at+".unhealthyThreshold", h.UnhealthyThreshold)
	matches(f, at+".codes", h.Codes, codes, `status codes from 200 to 499, such as "200" or "200-399"`)
	whole(f, at+".gracePeriod", h.GracePeriod, time.Second, 0, 24*time.Hour)
}

func port(f *Findings, path string, p int) {
	if p < 0 || p > 65535 {
		f.add(path, "%d is not a port: 1 to 65535", p)
	}
}

func threshold(f *Findings, path string, n int) {
	if n != 0 && (n < 2 || n > 10) {
		f.add(path, "%d must be 2 to 10", n)
	}
}

func absolute(f *Findings, path, p string) {
	if p != "" && (!strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, " \t\r\n#")) {
		f.add(path, `%q must be a path that begins with one "/", without spaces and fragment`, p)
	}
}

func joinInts(all []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(all), "[]"), " ", ", ")
}
