// Command infra is the CDK app: it reads context.cutover of cdk.json and synthesizes a platform stack (network,
// cluster, repositories) and one stack a service. It needs no credentials and looks nothing up.
//
// The CDK CLI runs it as cdk.json says. `go run ./infra -assembly infra/assembly` writes the committed assembly, and
// `go run ./infra -check` synthesizes under CDK's own validation and fails at what that finds.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/aws/jsii-runtime-go"
)

func main() {
	configuration := flag.String("config", "cdk.json", "the file that has context.cutover")
	functions := flag.String("functions", "bin/aws", "the directory of the functions' builds, one directory each")
	assembly := flag.String("assembly", "", "write the assembly for the sandbox to this directory instead")
	check := flag.Bool("check", false, "synthesize from placeholders and fail at any finding of CDK's validation instead")
	flag.Parse()
	err := run(*configuration, *functions, *assembly, *check)
	// jsii's runtime waits for its process in two places at once. Where the one that reports comes second, it prints
	// "Runtime process exited abnormally: waitid: no child processes"; nothing is wrong then.
	jsii.Close()
	if err != nil {
		fmt.Fprintln(os.Stderr, "infra:", err)
		os.Exit(1)
	}
}
