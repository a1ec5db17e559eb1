// The release function: whatever wakes it, it looks whether something is to be released and starts it.
package main

import (
	"errors"
	"fmt"
	"os"
	_ "time/tzdata" // the zones of freezes: the runtime has none

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

func main() {
	deployed, err := config.FromEnvironment(os.Getenv)
	sdk, missing := live.FromEnvironment(os.Getenv)
	if err := errors.Join(err, missing); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
	lambda.Start(release.New(deployed, release.Clients(sdk), lambdacontext.NewLogger()).Handle)
}
