package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// Calls are the client interfaces of the two functions. They are their IAM policies: see permissions.go.
type Calls struct {
	Release, Verify []reflect.Type
	// Report is the one interface by which CodeDeploy is answered.
	Report reflect.Type
}

// AppProps are what an app is built from.
type AppProps struct {
	// Config is complete: config.Parse filled in every default.
	Config config.Config
	// Functions has one directory a function, each with its bootstrap.
	Functions string
	// Calls are what the functions may call.
	Calls Calls
	// Outdir takes the cloud assembly. Empty: where the CDK CLI asks for it.
	Outdir string
	// Strict makes errors of what CDK's validation only warns of.
	Strict bool
}

// run is main's body. CDK panics at what it refuses; here that is an error like any other.
func run(configuration, functions, assembly string, check bool) (err error) {
	c, err := config.Load(configuration)
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
	app, err := NewApp(AppProps{Config: c, Functions: functions, Calls: calls()})
	if err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}

// NewApp declares all stacks. Its errors are the operator's to mend: a function that is not built, a service
// whose name is taken, a description that does not fit a function's environment.
func NewApp(props AppProps) (awscdk.App, error) {
	if err := built(props.Functions, release, verify); err != nil {
		return nil, err
	}
	p := props.Config.Platform
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir:             given(props.Outdir),
		AnalyticsReporting: jsii.Bool(false),
		TreeMetadata:       jsii.Bool(false),
		Context:            &map[string]any{"@aws-cdk/core:validateAgainstDefaultRules": props.Strict},
	})
	platform := NewPlatform(app, p.Name, PlatformProps{Platform: p, Services: props.Config.Services})
	for _, s := range props.Config.Services {
		name := s.Names(p.Cluster).Stack
		if name == p.Name {
			return nil, fmt.Errorf("service %s has the name of the platform's stack; give platform.name another", name)
		}
		stack, err := NewService(app, name, ServiceProps{
			Platform: p, Service: s, Functions: props.Functions, Calls: props.Calls,
		})
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", s.Name, err)
		}
		stack.AddStackDependency(platform, jsii.String("it imports the network"))
	}
	return app, nil
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

func environmentOf(p config.Platform) *awscdk.Environment {
	return &awscdk.Environment{Account: given(p.Account), Region: given(p.Region)}
}
