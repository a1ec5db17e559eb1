// Command usual is the release function with its clients built the default way: the SDK's whole chain of
// configuration, and its own HTTP client.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/release"
)

func main() {
	deployed, err := config.FromEnvironment(os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	sdk, err := awsconfig.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	lambda.Start(release.New(deployed, clients(sdk), lambdacontext.NewLogger()).Handle)
}
