package main

import (
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/doctor"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// described is the configuration in a cdk.json, or that of the shipped assembly.
func (machine) described(file string) (config.Config, error) {
	if file != "" {
		return config.Load(file, policy.Range)
	}
	return config.Parse([]byte(`{"services": [{"name": "`+website+`"}]}`), policy.Range)
}

// certificates are those that a configuration names, each for its service's name.
func certificates(c config.Config) map[string][]string {
	all := map[string][]string{}
	for _, service := range c.Services {
		h := service.LoadBalancer.HTTPS
		if !h.On() {
			continue
		}
		for _, arn := range append([]string{h.Certificate}, h.Certificates...) {
			all[arn] = append(all[arn], service.Verify.ServerName)
		}
	}
	return all
}

// keys are those that a configuration names, each with the policy that it needs.
func keys(c config.Config) map[string]string {
	all := map[string]string{}
	for _, arn := range []string{c.Platform.Key, c.Platform.RepositoryKey} {
		if arn != "" {
			all[arn] = doctor.KeyPolicy(sandbox.Region, sandbox.Account)
		}
	}
	return all
}

// environmentFiles are made up for those that a configuration names: nothing is known of the variables in them.
func environmentFiles(c config.Config) map[string]string {
	all := map[string]string{}
	for _, service := range c.Services {
		for _, arn := range service.Task.EnvironmentFiles {
			all[arn] = "# the sandbox's, without variables\n"
		}
	}
	return all
}

// secrets are made up for those that a configuration names.
func secrets(c config.Config) map[string]string {
	all := map[string]string{}
	for _, service := range c.Services {
		named := []map[string]string{service.Task.Secrets}
		for _, sidecar := range service.Task.Sidecars {
			named = append(named, sidecar.Secrets)
		}
		for _, some := range named {
			for name, arn := range some {
				all[arn] = "the sandbox's " + name
			}
		}
	}
	if c.Platform.Notify != nil {
		for _, d := range c.Platform.Notify.Destinations {
			if arn := d.Secret(); arn != "" {
				all[arn] = "the sandbox's " + d.Name
			}
		}
	}
	return all
}
