// Command notify is the function that tells what becomes of the pushes of all services: environment to library.
package main

import (
	"log/slog"
	"os"
	"sync"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/call/eventbridge"
	"github.com/cutover-ecs/cutover/pkg/call/secretsmanager"
	"github.com/cutover-ecs/cutover/pkg/call/sns"
	"github.com/cutover-ecs/cutover/pkg/call/ssm"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
	"github.com/cutover-ecs/cutover/pkg/notify"
)

func main() {
	log := slog.New(lambdacontext.NewLogHandler())
	aws, err := live.FromEnvironment(os.Getenv)
	if err != nil {
		log.Error("the function is not in Lambda", "error", err)
		os.Exit(1)
	}
	adopted, err := notify.ReadAdopted(os.Getenv(notify.EnvAdopted))
	if err != nil {
		log.Error(err.Error())
		os.Exit(1)
	}
	deployments := codedeploy.NewFromConfig(aws)
	lambda.Start(notify.New(os.Getenv(notify.EnvCluster), adopted, notify.Clients{
		Deployments: deployments, AppSpecs: deployments, Revisions: ecs.NewFromConfig(aws), Bus: eventbridge.NewFromConfig(aws),
		Topics:     sync.OnceValue(func() notify.Topics { return sns.NewFromConfig(aws) }),
		Secrets:    sync.OnceValue(func() notify.Secrets { return secretsmanager.NewFromConfig(aws) }),
		HTTP:       sync.OnceValue(notify.NewHTTP),
		Images:     sync.OnceValue(func() oci.Reader { return ecr.NewFromConfig(aws) }),
		Parameters: sync.OnceValue(func() notify.Parameters { return ssm.NewFromConfig(aws) }),
	}, log).Handle)
}
