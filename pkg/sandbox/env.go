package sandbox

import (
	"fmt"
	"strings"
)

// Environment is what any AWS client needs to talk to a sandbox at this address, as KEY=VALUE. The credentials
// are thrown away: their first letters are no real key's.
func Environment(host string) []string {
	return []string{
		"AWS_ENDPOINT_URL=http://" + host,
		"AWS_REGION=" + Region,
		"AWS_DEFAULT_REGION=" + Region,
		"AWS_ACCESS_KEY_ID=SANDBOX",
		"AWS_SECRET_ACCESS_KEY=sandbox",
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

// Exports are the same as lines for a shell. A person's own profile or session must not win over them.
func Exports(host string) string {
	out := fmt.Sprintln("unset AWS_PROFILE AWS_SESSION_TOKEN")
	for _, v := range Environment(host) {
		out += fmt.Sprintln("export", v)
	}
	return out
}

// Getenv looks a variable up in the sandbox's own environment; it has the form of os.Getenv.
func (s *Sandbox) Getenv(name string) string { return Getenv(s.Host())(name) }

// Getenv looks variables up in the environment of the sandbox at this address, as os.Getenv does in the process's own.
func Getenv(host string) func(name string) string {
	return func(name string) string {
		for _, v := range Environment(host) {
			if value, is := strings.CutPrefix(v, name+"="); is {
				return value
			}
		}
		return ""
	}
}
