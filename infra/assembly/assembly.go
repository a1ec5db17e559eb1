// Package assembly holds the CDK app's cloud assembly of the shipped cdk.json, synthesized and committed, so that a
// machine without Node can create the stacks in a local AWS. `go run ./infra -assembly infra/assembly` writes it; a
// test in infra synthesizes again and compares.
//
// The files are a cloud assembly as CDK writes it, less what changes by itself:
//
//   - manifest.json names the artifacts. Those of type aws:cloudformation:stack have properties.templateFile and, in
//     dependencies, the stacks to create first; those of type cdk:asset-manifest have properties.file.
//   - <stack>.template.json is a CloudFormation template. A function's Code.S3Key is "<function>.zip" where CDK writes
//     a hash. The parameter and the rule that ask for CDK's bootstrap stack are left out.
//   - <stack>.assets.json says where each S3Key comes from: files.*.destinations.*.objectKey is the key, and
//     files.*.source.path the function's directory in this repository ("functions/release"). In an assembly that
//     CDK wrote itself, source.path is the directory with the bootstrap, relative to the assembly.
//
// The service stacks read the platform stack's exports by Fn::ImportValue.
package assembly

import (
	"embed"
	"io/fs"
)

//go:embed *.json
var files embed.FS

// Files are manifest.json and what it names.
func Files() fs.FS { return files }
