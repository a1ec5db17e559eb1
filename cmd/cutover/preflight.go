package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	cutover "github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/account"
	"github.com/cutover-ecs/cutover/pkg/policy"
)

// cdkCLI is the release of the CDK CLI that `make deploy` runs. It is pinned because what npm calls the latest, 3.0.0,
// is older in truth and cannot read what the CDK library writes: a bare npx cdk fails.
const cdkCLI = "aws-cdk@2.1148.1"

// preflightTime is how long all looking together may take.
const preflightTime = time.Minute

type preflightCommand struct {
	JSON   bool   `name:"json" help:"Write JSON."`
	Config string `short:"c" default:"cdk.json" type:"path" help:"The file whose context.cutover describes the services."`
}

// Run looks at the account that the credentials lead to; its error says that something blocks a deployment.
func (c preflightCommand) Run(s *stage) error {
	ctx, cancel := context.WithTimeout(s.ctx, preflightTime)
	defer cancel()
	plan, err := c.plan()
	if err != nil {
		return err
	}
	clients, err := reach(ctx, &plan)
	if err != nil {
		return err
	}
	report, err := account.Look(ctx, clients, plan)
	if err != nil {
		return fmt.Errorf("look at the account: %w", err)
	}
	if err := c.show(s.out, report); err != nil {
		return err
	}
	if n := report.Blocks(); n > 0 {
		return fmt.Errorf("%s in the way of a deployment", plural(n, "thing stands", "things stand"))
	}
	return nil
}

func (c preflightCommand) plan() (account.Plan, error) {
	document, err := os.ReadFile(c.Config)
	if err != nil {
		return account.Plan{}, unusable{fmt.Errorf("the configuration cannot be read; run this where cdk.json is, or name it with --config: %w", err)}
	}
	all, err := cutover.FromCDK(document, policy.Range)
	if err != nil {
		return account.Plan{}, unusable{err}
	}
	var cdk struct {
		Context struct {
			Qualifier string `json:"@aws-cdk/core:bootstrapQualifier"`
		} `json:"context"`
	}
	if err := json.Unmarshal(document, &cdk); err != nil {
		return account.Plan{}, fmt.Errorf("read %s: %w", c.Config, err)
	}
	return account.Plan{
		Config: all, Region: all.Platform.Region, Qualifier: cdk.Context.Qualifier, CDK: "npx --yes " + cdkCLI,
	}, nil
}

// reach makes clients from the usual places, for the region that the plan deploys to, and tells the plan the regions.
func reach(ctx context.Context, p *account.Plan) (account.Clients, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return account.Clients{}, fmt.Errorf("read the AWS configuration: %w", err)
	}
	p.Surroundings = cfg.Region
	if p.Region == "" {
		p.Region = cfg.Region
	}
	cfg.Region = p.Region
	return account.Clients{
		Caller: sts.NewFromConfig(cfg), Parameters: ssm.NewFromConfig(cfg), Functions: lambda.NewFromConfig(cfg),
		Roles: iam.NewFromConfig(cfg), Quotas: servicequotas.NewFromConfig(cfg),
	}, nil
}

func (c preflightCommand) show(out io.Writer, r account.Report) error {
	if c.JSON {
		return printJSON(out, r)
	}
	for _, f := range r.Findings {
		text := fmt.Sprintf("%-8s %s: %s\n", f.Status, f.Check, f.Evidence)
		if f.Fix != "" {
			text += strings.Repeat(" ", 9) + f.Fix + "\n"
		}
		if _, err := io.WriteString(out, text); err != nil {
			return err
		}
	}
	return nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
