//go:build !race

package bluegreen_test

import (
	"flag"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/aws/jsii-runtime-go"
)

// TestMain leaves the examples out where Node.js is missing, which CDK needs, and ends CDK's process. CDK's own
// validation is four fifths of a synth, and jsii notes the environment before main begins: hence the second start.
func TestMain(m *testing.M) {
	flag.Parse()
	if _, err := exec.LookPath("node"); err != nil {
		if err := flag.Set("test.run", "^Test"); err != nil {
			panic(err)
		}
		os.Exit(m.Run())
	}
	if os.Getenv("CDK_VALIDATION") == "" {
		self, err := os.Executable()
		if err != nil {
			panic(err)
		}
		jsii.Close()
		panic(syscall.Exec(self, os.Args, append(os.Environ(), "CDK_VALIDATION=false", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=18,20")))
	}
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}
