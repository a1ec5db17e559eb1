package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/infra/bluegreen"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// AppProps are what an app is built from.
type AppProps struct {
	// Config is complete: config.Parse filled in every default.
	Config config.Config
	// Functions has one directory a function, each with its bootstrap.
	Functions string
	// Calls are what the functions may call. Default: what they are written against.
	Calls bluegreen.Calls
	// Outdir takes the cloud assembly. Empty: where the CDK CLI asks for it.
	Outdir string
	// Strict makes errors of what CDK's validation only warns of.
	Strict bool
}

// run is main's body. CDK panics at what it refuses; here that is an error like any other.
func run(configuration, functions, assembly string, check bool) (err error) {
	c, err := config.Load(configuration, policy.Range)
	if err != nil {
		return err
	}
	defer func() {
		if refusal := recover(); refusal != nil {
			err = fmt.Errorf("synthesize: %v", refusal)
		}
	}()
	switch {
	case check && os.Getenv("CDK_VALIDATION") == "false":
		return fmt.Errorf("CDK_VALIDATION=false turns off what -check is for")
	case check:
		_, err := fromPlaceholders(c, true)
		return err
	case assembly != "":
		return WriteAssembly(c, assembly)
	}
	app, err := NewApp(AppProps{Config: c, Functions: functions})
	if err != nil {
		return err
	}
	raise, err := limits(*app.Synth(nil).Directory())
	for _, quota := range raise {
		fmt.Fprintln(os.Stderr, "infra:", quota)
	}
	return err
}

// NewApp declares all stacks. Its errors are the operator's to mend: a function that is not built, a service
// whose name is taken, a description that does not fit a function's environment.
func NewApp(props AppProps) (awscdk.App, error) {
	if err := built(props.Functions, functionsOf(props.Config)...); err != nil {
		return nil, err
	}
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir:             given(props.Outdir),
		AnalyticsReporting: jsii.Bool(false),
		TreeMetadata:       jsii.Bool(false),
		Context:            &map[string]any{"@aws-cdk/core:validateAgainstDefaultRules": props.Strict},
	})
	platform, err := newPlatform(app, props)
	if err != nil {
		return nil, err
	}
	network := bluegreen.NetworkOf(props.Config.Platform)
	for _, s := range props.Config.Services {
		stack, err := newService(app, bluegreen.ServiceProps{
			Platform: props.Config.Platform, Service: s, Network: network, Functions: props.Functions, Calls: props.Calls,
		})
		if err != nil {
			return nil, err
		}
		stack.AddStackDependency(platform, jsii.String("it imports the network"))
	}
	return app, nil
}

// functionsOf are the functions that a configuration makes use of, by the names of their directories.
func functionsOf(c config.Config) []string {
	all := []string{bluegreen.Release, bluegreen.Verify}
	if len(bluegreen.Watched(c.Services)) > 0 {
		all = append(all, bluegreen.Watch)
	}
	if c.Platform.Notify != nil {
		all = append(all, bluegreen.Notify)
	}
	return all
}

// built tells which of the functions are not there.
func built(dir string, functions ...string) error {
	var missing []string
	for _, f := range functions {
		bootstrap := filepath.Join(dir, f, "bootstrap")
		if _, err := os.Stat(bootstrap); err != nil {
			missing = append(missing, bootstrap)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("the functions are not built: %s missing; run `make build` first", strings.Join(missing, " and "))
	}
	return nil
}
