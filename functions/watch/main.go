// The watch function: whenever a start of a new version fails, it looks whether the deployment can still succeed.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/cutover-ecs/cutover/pkg/call/cloudwatchlogs"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/watch"
)

func main() {
	aws, err := live.FromEnvironment(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "watch:", err)
		os.Exit(1)
	}
	deployments, tasks := codedeploy.NewFromConfig(aws), ecs.NewFromConfig(aws)
	lambda.Start(watch.New(watch.Clients{
		Deployments: deployments, Stopper: deployments, Tasks: tasks, Tagger: tasks, Logs: cloudwatchlogs.NewFromConfig(aws),
	}, lambdacontext.NewLogger()).Handle)
}
