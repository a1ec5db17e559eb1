package config

import (
	"slices"
	"strings"
	"testing"
)

func TestADestinationIsOfOneKindAndHasItsServicesAndStages(t *testing.T) {
	c, err := Parse([]byte(`{"platform": {"notify": {"destinations": [{"name": "ops", "topic": "arn:aws:sns:eu-west-1:111122223333:ops",
		"services": ["shop"], "stages": ["live", "rolledBack"]}]}}, "services": [{"name": "shop"}]}`), ranges)
	if err != nil || c.Platform.Notify.Destinations[0].Stages[1] != StageRolledBack {
		t.Errorf("%+v, %v", c.Platform.Notify, err)
	}
	if c, err = Parse([]byte(`{"platform": {"notify": {}}, "services": [{"name": "shop"}]}`), ranges); err != nil || c.Platform.Notify == nil {
		t.Errorf("events alone: %+v, %v", c.Platform.Notify, err)
	}
}

func TestImpossibleDestinationsAreRefusedTogether(t *testing.T) {
	_, err := Parse([]byte(`{"platform": {"notify": {"destinations": [
		{"name": "Ops", "topic": "arn:aws:sns:eu-west-1:111122223333:ops.fifo"},
		{"name": "b", "services": ["shap"], "stages": ["lived"]}, {"name": "b", "to": "x"}, {}]}}, "services": [{"name": "shop"}]}`), ranges)

	for _, want := range []string{
		`platform.notify.destinations[0].name: "Ops" must be lower-case`, `platform.notify.destinations[0].topic: "arn:aws:sns:eu-west-1:111122223333:ops.fifo" must be the ARN of a standard SNS topic`,
		`platform.notify.destinations[1]: must have exactly one of`, `platform.notify.destinations[1].services[0]: "shap" is none of the services`,
		`platform.notify.destinations[1].stages[0]: "lived" must be one of`,
		`platform.notify.destinations[2].to: is not a key here`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in %v", want, err)
		}
	}
}

func TestATokenDoesNotBelongIntoAConfigurationNorAWayThatIsListenedOn(t *testing.T) {
	_, err := Parse([]byte(`{"platform": {"notify": {"destinations": [
		{"name": "a", "webhook": {"url": "http://hooks.example/x", "secret": "hunter2"}},
		{"name": "b", "webhook": {"url": "https://me:pass@hooks.example", "secret": "arn:aws:kms:eu-west-1:111122223333:key/x"}},
		{"name": "c", "slack": {"channel": "#general", "token": "xoxb-1"}, "topic": "arn:aws:sns:eu-west-1:111122223333:x"}]}}, "services": [{"name": "shop"}]}`), ranges)

	for _, want := range []string{
		"destinations[0].webhook.url: must begin with https://", `destinations[0].webhook.secret: "…" must be the ARN of a secret`,
		"destinations[1].webhook.url: must begin with https://", `destinations[1].webhook.secret: "arn:aws:kms:`,
		`destinations[2].slack.channel: "#general" must be a channel's id`, `destinations[2].slack.token: "…" must be`,
		"destinations[2]: must have exactly one of [topic webhook slack github], and has [topic slack]",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in %v", want, err)
		}
	}
	if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "xoxb") || strings.Contains(err.Error(), "me:pass")) {
		t.Errorf("a token is told: %v", err)
	}
	c, err := Parse([]byte(`{"platform": {"notify": {"destinations": [{"name": "c", "slack": {"channel": "C0123456789", "token": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf"}}]}}, "services": [{"name": "shop"}]}`), ranges)
	if err != nil || c.Platform.Notify.Destinations[0].Slack.API != "https://slack.com/api" || Parameter(c.Platform.Notify.Destinations[0].Secret()) {
		t.Errorf("%+v, %v", c.Platform.Notify, err)
	}
	c, err = Parse([]byte(`{"platform": {"notify": {"destinations": [{"name": "c", "webhook": {"url": "https://hooks.example/x", "secret": "arn:aws:ssm:eu-west-1:111122223333:parameter/team/hook"}}]}}, "services": [{"name": "shop"}]}`), ranges)
	if err != nil || !Parameter(c.Platform.Notify.Destinations[0].Secret()) {
		t.Errorf("%+v, %v", c.Platform.Notify, err)
	}
}

func TestAGitHubIsTheOneThatItsAPIIs(t *testing.T) {
	for github, want := range map[string]GitHub{
		``:                                     {API: "https://api.github.com", Host: "github.com", Environment: "production"},
		`"api": "https://git.example/api/v3",`: {API: "https://git.example/api/v3", Host: "git.example", Environment: "production"},
		`"api": "https://api.octo.ghe.com", "environment": "{service}", "environmentURL": "https://{service}.example/",`: {
			API: "https://api.octo.ghe.com", Host: "octo.ghe.com", Environment: "{service}", EnvironmentURL: "https://{service}.example/"},
	} {
		want.Token = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf"
		c, err := Parse([]byte(`{"platform": {"notify": {"destinations": [{"name": "c", "github": {`+github+`"token": "`+want.Token+`"}}]}}, "services": [{"name": "shop"}]}`), ranges)
		if err != nil || *c.Platform.Notify.Destinations[0].GitHub != want {
			t.Errorf("%s: %+v, %v", github, c.Platform.Notify, err)
		}
	}
	_, err := Parse([]byte(`{"platform": {"notify": {"destinations": [{"name": "c", "github": {"token": "ghp_hunter2", "api": "http://git.example", "host": "https://x",
		"environment": "`+strings.Repeat("x", 256)+`", "environmentURL": "ftp://x"}}]}}, "services": [{"name": "shop"}]}`), ranges)

	for _, want := range []string{`github.token: "…" must be`, "github.api: must begin", `github.host: "https://x" must be`, "github.environment: is longer than 255", "github.environmentURL: must begin"} {
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("missing %q in %v", want, err)
		}
	}
}

func TestASlackChannelIsReachedByAnIncomingWebhookInstead(t *testing.T) {
	parse := func(destination string) (Config, error) {
		return Parse([]byte(`{"platform": {"notify": {"destinations": [`+destination+`]}}, "services": [{"name": "shop"}]}`), ranges)
	}
	const arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/team/slack"
	c, err := parse(`{"name": "team", "slack": {"webhook": "` + arn + `"}}`)
	if err != nil {
		t.Fatal(err)
	}
	d := c.Platform.Notify.Destinations[0]
	if d.Secret() != arn || d.Slack.API != "" || !slices.Contains(d.Stages, StageRolledBack) || !slices.Contains(d.Stages, StageHeld) || slices.Contains(d.Stages, StageTesting) {
		t.Errorf("%+v", d)
	}
	if c, err = parse(`{"name": "team", "stages": ["testing"], "slack": {"webhook": "` + arn + `"}}`); err != nil || len(c.Platform.Notify.Destinations[0].Stages) != 1 {
		t.Errorf("%+v, %v", c.Platform.Notify, err)
	}
	for destination, want := range map[string]string{
		`{"name": "team", "slack": {"webhook": "https://hooks.slack.com/services/T0/B0/hunter2"}}`:                `slack.webhook: "…" must be the ARN of a secret`,
		`{"name": "team", "slack": {"webhook": "` + arn + `", "channel": "C0123456789", "token": "` + arn + `"}}`: "slack: has a webhook, which knows its channel",
		`{"name": "team", "slack": {}}`: "slack.channel: is missing",
	} {
		if _, err := parse(destination); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", destination, err)
		}
	}
}
