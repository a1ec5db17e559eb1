package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// nag has cdk-nag's AwsSolutions pack look at every resource while the app is synthesized. What it finds stands in
// reports beside the templates; see nagged.
func nag(app awscdk.App) {
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{
		Reports: jsii.Bool(true), ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON},
	}), nil)
}

// nagged are the pack's findings in an assembly that no code explains; explanations stand beside the code, see
// bluegreen.Explain.
func nagged(out string) ([]string, error) {
	reports, err := filepath.Glob(filepath.Join(out, "AwsSolutions-*-NagReport.json"))
	if err != nil {
		return nil, err
	}
	if len(reports) == 0 {
		return nil, fmt.Errorf("cdk-nag wrote no report to %s", out)
	}
	var found []string
	for _, file := range reports {
		var report struct {
			Lines []struct{ RuleID, ResourceID, Compliance, RuleInfo string }
		}
		if err := readJSON(file, &report); err != nil {
			return nil, err
		}
		for _, line := range report.Lines {
			if line.Compliance != "Compliant" && line.Compliance != "Suppressed" && !strings.HasPrefix(line.Compliance, "N/A") {
				found = append(found, fmt.Sprintf("%s: %s %s: %s", line.RuleID, line.ResourceID, line.Compliance, line.RuleInfo))
			}
		}
	}
	return found, nil
}
