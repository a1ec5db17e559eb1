//go:build !race

package main

import (
	"os/exec"
	"testing"
)

func TestNothingIsFoundByCdkNagThatNoCodeExplains(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("CDK needs Node.js, which is not installed here")
	}
	for name, document := range map[string]string{
		"minimal": shipped, "maximal": maximal, "one load balancer": together, "a load balancer that stood": brought, "enclosed": enclosed, "adopted": adopted,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := fromPlaceholders(parsed(t, document), true); err != nil {
				t.Error(err)
			}
		})
	}
}
