// Command naive releases an image as one would write it in an afternoon: the default configuration, and the release
// function's calls one after another.
//
//	naive CLUSTER SERVICE APPLICATION GROUP BASE IMAGE
package main

import (
	"context"
	"log"
	"os"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
)

func main() {
	ctx := context.Background()
	sdk, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	a := os.Args
	if err := release(ctx, sdk, a[1], a[2], a[3], a[4], a[5], a[6]); err != nil {
		log.Fatal(err)
	}
}
