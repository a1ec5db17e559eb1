package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Notify says who is told what becomes of each push. Every step of a story is an event of the source "cutover" on the
// account's default event bus; destinations are told of it besides.
type Notify struct {
	// Destinations are told independently of each other: one that is down or slow delays no deployment and no other.
	// At most 20. Default: none, the events alone.
	Destinations []Destination `json:"destinations,omitempty"`
}

// Destination is one place where stories are told, of exactly one kind.
type Destination struct {
	// Name is what logs and dead letters call it: lower-case letters, digits and hyphens, at most 32.
	Name string `json:"name"`
	// Topic is the ARN of an SNS topic: text for people who get it by mail, the event as JSON for queues and endpoints.
	Topic string `json:"topic,omitempty"`
	// Webhook is an address of your own, to which each step is posted as JSON and signed.
	Webhook *Webhook `json:"webhook,omitempty"`
	// Slack is a channel: one message a story, edited in place, with the steps in its thread; by an incoming webhook a message
	// a step.
	Slack *Slack `json:"slack,omitempty"`
	// GitHub is where the images' sources are: the commit that an image was built from gets a status, and each of its
	// deployments is one at GitHub too.
	GitHub *GitHub `json:"github,omitempty"`
	// Services are the names of those it is told of. Default: all.
	Services []string `json:"services,omitempty"`
	// Stages are the steps that it is told, such as "live" and "rolledBack". Default: all; of a Slack channel with an incoming
	// webhook those that end a story or need a person.
	Stages []Stage `json:"stages,omitempty"`
}

// Webhook is an address that takes a POST of JSON.
type Webhook struct {
	// URL begins with https://, or with http:// on this machine.
	URL string `json:"url"`
	// Secret is the ARN of the secret in Secrets Manager, or of the SSM parameter, that signs: text, or whsec_ and bytes in base64.
	Secret string `json:"secret"`
}

// Slack is a channel of a workspace, reached by an app's token or by an incoming webhook.
type Slack struct {
	// Channel is its id, such as C0123456789; the app must be a member. It goes with token.
	Channel string `json:"channel,omitempty"`
	// Token is the ARN of the secret in Secrets Manager, or of the SSM parameter, with the bot token of an app that has the
	// scopes chat:write, and channels:history or, of a private channel, groups:history.
	Token string `json:"token,omitempty"`
	// API is where Slack's Web API stands. Default "https://slack.com/api".
	API string `json:"api,omitempty"`
	// Webhook is the ARN of the secret in Secrets Manager, or of the SSM parameter, with the address of an incoming webhook,
	// in the place of channel and token. What it posted it can neither edit nor thread.
	Webhook string `json:"webhook,omitempty"`
}

// GitHub is github.com or a server of one's own. Whose commit an image is its labels say, org.opencontainers.image.source
// and org.opencontainers.image.revision.
type GitHub struct {
	// Token is the ARN of the secret in Secrets Manager, or of the SSM parameter, with a token that may write commit statuses
	// and deployments of the repositories.
	Token string `json:"token"`
	// API is where GitHub's REST API stands: of a server of one's own https://<host>/api/v3. Default
	// "https://api.github.com".
	API string `json:"api,omitempty"`
	// Host is that of the sources whose commits are told; images of others are left out. Default: the API's, without api.
	Host string `json:"host,omitempty"`
	// Environment that the deployments are of; {service} stands for the service's name, which keeps those apart that have one
	// repository. Default "production".
	Environment string `json:"environment,omitempty"`
	// EnvironmentURL is where it can be seen, https://; {service} stands for the service's name. Default: none.
	EnvironmentURL string `json:"environmentURL,omitempty"`
}

// Stage is a step of a push's story.
type Stage string

// The steps. The first five may end a story before it has a deployment.
const (
	StageIgnored    Stage = "ignored"    // nothing of the service's
	StageSuperseded Stage = "superseded" // something newer is wished for
	StageWaiting    Stage = "waiting"    // it will be looked at again by itself
	StageHeld       Stage = "held"       // not released by itself
	StageRefused    Stage = "refused"    // cannot be released as things stand

	StageStarted     Stage = "started"     // a deployment began
	StageTesting     Stage = "testing"     // green is judged
	StageTestsPassed Stage = "testsPassed" // green may get the traffic
	StageTestsFailed Stage = "testsFailed" // green will not get the traffic
	StageCannotStart Stage = "cannotStart" // green does not start
	StageShifting    Stage = "shifting"    // a part of production goes to green
	StageLive        Stage = "live"        // all of production goes to green
	StageWaitBegan   Stage = "waitBegan"   // blue is kept for a while, to go back to
	StageFinished    Stage = "finished"    // blue is gone
	StageRolledBack  Stage = "rolledBack"  // blue serves on, or again
	StageFailed      Stage = "failed"      // ended otherwise, without a rollback
)

// Parameter reports whether an ARN is that of an SSM parameter.
func Parameter(arn string) bool { return strings.Contains(arn, ":ssm:") }

// Secret is the ARN of what proves who tells; empty where none is needed.
func (d Destination) Secret() string {
	switch {
	case d.Webhook != nil:
		return d.Webhook.Secret
	case d.Slack != nil:
		return or(d.Slack.Webhook, d.Slack.Token)
	case d.GitHub != nil:
		return d.GitHub.Token
	}
	return ""
}

func (n *Notify) fill() {
	if n == nil {
		return
	}
	for i := range n.Destinations {
		switch s := n.Destinations[i].Slack; {
		case s == nil:
		case s.Webhook == "":
			s.API = or(s.API, "https://slack.com/api")
		case len(n.Destinations[i].Stages) == 0:
			n.Destinations[i].Stages = decisive()
		}
		if g := n.Destinations[i].GitHub; g != nil {
			g.fill()
		}
	}
}

func (g *GitHub) fill() {
	g.API = or(g.API, "https://api.github.com")
	g.Environment = or(g.Environment, "production")
	if u, err := url.Parse(g.API); err == nil {
		g.Host = or(g.Host, strings.TrimPrefix(u.Hostname(), "api."))
	}
}

// Stages are all steps, in their order.
func Stages() []Stage {
	return []Stage{
		StageIgnored, StageSuperseded, StageWaiting, StageHeld, StageRefused, StageStarted, StageTesting, StageTestsPassed, StageTestsFailed,
		StageCannotStart, StageShifting, StageLive, StageWaitBegan, StageFinished, StageRolledBack, StageFailed,
	}
}

// decisive are the steps that end a story, need a person, or tell why: what is worth a message that is never edited.
func decisive() []Stage {
	return []Stage{StageSuperseded, StageHeld, StageRefused, StageTestsFailed, StageCannotStart, StageLive, StageRolledBack, StageFailed}
}

// mostDestinations is how many rules there may be beside one a service: an account has 300
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html).
const mostDestinations = 20

var destinationName = lazily(`^[a-z][a-z0-9-]{0,31}$`)

// mostRuleName is how long a rule's name may be (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html).
const mostRuleName = 64

func (p Platform) checkNotify(services []Service, f *Findings) {
	if p.Notify == nil {
		return
	}
	p.Notify.check("platform.notify", services, f)
	for i, d := range p.Notify.Destinations {
		if name := p.TellRule(d); len(name) > mostRuleName {
			f.add(fmt.Sprintf("platform.notify.destinations[%d].name", i), "makes the rule's name %q longer than %d characters; shorten it or platform.name", name, mostRuleName)
		}
	}
}

func (n Notify) check(path string, services []Service, f *Findings) {
	if len(n.Destinations) > mostDestinations {
		f.add(path+".destinations", "are %d and may be %d", len(n.Destinations), mostDestinations)
	}
	seen := map[string]int{}
	for i, d := range n.Destinations {
		at := fmt.Sprintf("%s.destinations[%d]", path, i)
		if first, twice := seen[d.Name]; twice && d.Name != "" {
			f.add(at+".name", "%q is the name of destinations[%d] already", d.Name, first)
		}
		seen[d.Name] = i
		d.check(at, services, f)
	}
}

func (d Destination) check(path string, services []Service, f *Findings) {
	if d.Name == "" {
		f.add(path+".name", "is missing; it is what logs and dead letters call the destination")
	}
	matches(f, path+".name", d.Name, destinationName, "lower-case letters, digits and hyphens, a letter first, at most 32")
	if kinds := d.kinds(); len(kinds) != 1 {
		f.add(path, "must have exactly one of %v, and has %v", destinationKinds, kinds)
	}
	matches(f, path+".topic", d.Topic, standardTopicARN, "the ARN of a standard SNS topic")
	if w := d.Webhook; w != nil {
		checkURL(f, path+".webhook.url", w.URL)
		checkSecret(f, path+".webhook.secret", w.Secret)
	}
	if s := d.Slack; s != nil {
		s.check(path+".slack", f)
	}
	if g := d.GitHub; g != nil {
		g.check(path+".github", f)
	}
	for i, name := range d.Services {
		if !slices.ContainsFunc(services, func(s Service) bool { return s.Name == name }) {
			f.add(fmt.Sprintf("%s.services[%d]", path, i), "%q is none of the services", name)
		}
	}
	for i, s := range d.Stages {
		if !slices.Contains(Stages(), s) {
			f.add(fmt.Sprintf("%s.stages[%d]", path, i), "%q must be one of %v", s, Stages())
		}
	}
}

func (s Slack) check(path string, f *Findings) {
	if s.Webhook != "" {
		checkSecret(f, path+".webhook", s.Webhook)
		if s.Channel != "" || s.Token != "" || s.API != "" {
			f.add(path, "has a webhook, which knows its channel: leave out channel, token and api, or the webhook")
		}
		return
	}
	if s.Channel == "" {
		f.add(path+".channel", "is missing: the channel's id, such as C0123456789; or give an incoming webhook in webhook")
	}
	matches(f, path+".channel", s.Channel, slackChannel, "a channel's id, such as C0123456789, and not its name")
	checkSecret(f, path+".token", s.Token)
	checkURL(f, path+".api", s.API)
}

func (g GitHub) check(path string, f *Findings) {
	checkSecret(f, path+".token", g.Token)
	checkURL(f, path+".api", g.API)
	matches(f, path+".host", g.Host, hostName, "a host's name without scheme and port, such as github.com")
	if len(g.Environment) > mostEnvironment {
		f.add(path+".environment", "is longer than %d characters", mostEnvironment)
	}
	if g.EnvironmentURL != "" {
		checkURL(f, path+".environmentURL", strings.ReplaceAll(g.EnvironmentURL, "{service}", "service"))
	}
}

// mostEnvironment is how long GitHub lets an environment's name be
// (https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/manage-environments).
const mostEnvironment = 255

var standardTopicARN = lazily(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$`)

var (
	slackChannel = lazily(`^[CG][A-Z0-9]{8,20}$`)
	tokenARN     = lazily(`^arn:aws[a-z-]*:(secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+|ssm:[a-z0-9-]+:\d{12}:parameter/[A-Za-z0-9/_.-]+)$`)
)

// checkSecret wants a secret's ARN, whole: with the six characters at its end a policy names it alone.
func checkSecret(f *Findings, path, arn string) {
	if !tokenARN().MatchString(arn) {
		f.add(path, "%q must be the ARN of a secret in Secrets Manager or of an SSM parameter; a token itself does not belong into a configuration", hidden(arn))
	}
}

// hidden is what may be a token by mistake.
func hidden(arn string) string {
	if arn == "" || strings.HasPrefix(arn, "arn:") {
		return arn
	}
	return "…"
}

// checkURL wants a way that nobody listens on.
func checkURL(f *Findings, path, text string) {
	u, err := url.Parse(text)
	if err == nil && u.User == nil && u.Fragment == "" && (u.Scheme == "https" && u.Host != "" || u.Scheme == "http" && slices.Contains([]string{"127.0.0.1", "localhost", "::1"}, u.Hostname())) {
		return
	}
	f.add(path, "must begin with https:// (or http:// and this machine's own address), without a user or a fragment")
}

// destinationKinds are the keys of which a destination has one.
var destinationKinds = []string{"topic", "webhook", "slack", "github"}

func (d Destination) kinds() []string {
	all := []string{}
	for i, there := range []bool{d.Topic != "", d.Webhook != nil, d.Slack != nil, d.GitHub != nil} {
		if there {
			all = append(all, destinationKinds[i])
		}
	}
	return all
}
