// Command verify is the hook of one service's lifecycle event: environment to library.
package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/verify"
	"github.com/cutover-ecs/cutover/pkg/verify/archive"
)

func main() {
	log := slog.New(lambdacontext.NewLogHandler())
	aws, err := live.FromEnvironment(os.Getenv)
	if err != nil {
		log.Error("the function is not in Lambda", "error", err)
		os.Exit(1)
	}
	deployed, broken := config.FromEnvironment(os.Getenv)
	deployments := codedeploy.NewFromConfig(aws)
	gate := verify.New(deployed, verify.Clients{
		Deployments: deployments, Reporter: deployments,
		Tasks: ecs.NewFromConfig(aws), Balancers: elasticloadbalancingv2.NewFromConfig(aws),
		HTTP: verify.NewClient(), Reports: archive.New(aws, deployed.Reports).Keeper(),
	}, log)
	gate.Refuse(broken)
	lambda.Start(func(ctx context.Context, payload json.RawMessage) (verify.Verdict, error) {
		v, err := gate.Handle(ctx, payload)
		return v.Brief(), err
	})
}
