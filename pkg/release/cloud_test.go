package release

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// cloud is a model of AWS around one service: what is pushed, what runs, what CodeDeploy does with its time, and
// the function that is woken. It has its own clock and runs in one goroutine at a time, so that the same script
// gives the same story.
type cloud struct {
	script  script
	service config.Deployed // what the function's environment says now
	now     time.Time
	timers  []timer
	timed   int

	repository bool
	pictures   kept[[]picture] // the registry
	ever       []picture       // all that were pushed
	scans      map[int]bool    // images whose scan has ended
	pushes     int
	family     []*revision // the service's revisions, the bootstrap first
	bases      []*revision
	updating   bool // the stack is being updated
	hands      kept[map[string]string]
	ordered    time.Time // until when the last order lasts
	sets       kept[[]set]
	made       int // task sets ever made
	count      int32
	grace      int32
	suspended  live.Activities // of the autoscaling
	somebodys  live.Activities // of those, what a person suspended
	serves     string          // the target group that the production listener forwards to
	group      bool
	history    kept[[]deployed] // CodeDeploy's, oldest first
	alarm      bool
	shut       bool          // the gate
	later      time.Duration // how long the next rollback is in coming

	function
	faults  []fault
	counted map[string]int
	epoch   int // counts what people, registry, stack and alarms did
	room    room
	wrong   string // the first promise that was broken
	telling bool
	told    []string
}

// kept is a value that reads may show as it was before its last change, for a while.
type kept[T any] struct {
	is, was T
	changed time.Time
}

// lag is how long reads may be behind.
const lag = 20 * time.Second

func (k *kept[T]) set(v T, at time.Time) {
	if !k.changed.Equal(at) {
		k.was, k.changed = k.is, at
	}
	k.is = v
}

func (k *kept[T]) read(at time.Time, late bool) T {
	if late && at.Sub(k.changed) <= lag {
		return k.was
	}
	return k.is
}

type picture struct {
	n      int
	pushed time.Time
	tags   []string
	media  string
}

type revision struct {
	live.Revision
	wish live.Hash
	used bool // a deployment was created with it
	// stayed says that production came to rest on it, or may have: by hand.
	stayed bool
}

// set is a task set and the deployment that made it.
type set struct {
	id, status, revision, group, by string
	created                         time.Time // zero: long ago
}

type timer struct {
	at   time.Time
	nth  int
	what func()
}

// at runs what after a while.
func (c *cloud) at(d time.Duration, what func()) {
	c.timed++
	c.timers = append(c.timers, timer{c.now.Add(d), c.timed, what})
}

// pass lets time pass and what falls into it happen.
func (c *cloud) pass(d time.Duration) {
	for end := c.now.Add(d); ; {
		next := -1
		for i, t := range c.timers {
			if next < 0 || t.at.Before(c.timers[next].at) || t.at.Equal(c.timers[next].at) && t.nth < c.timers[next].nth {
				next = i
			}
		}
		if next < 0 || c.timers[next].at.After(end) || c.wrong != "" {
			c.now = end
			return
		}
		t := c.timers[next]
		c.timers = slices.Delete(c.timers, next, next+1)
		c.now = t.at
		t.what()
	}
}

func (c *cloud) say(format string, args ...any) {
	if c.telling {
		c.told = append(c.told, c.now.Format("15:04:05 ")+fmt.Sprintf(format, args...))
	}
}

// breaks notes a promise that was broken; the first one counts.
func (c *cloud) breaks(format string, args ...any) {
	if c.wrong == "" {
		c.wrong = fmt.Sprintf(format, args...)
	}
}

// shape is a service's description, and its function as the stack made it.
type shape struct {
	name     string
	deployed config.Deployed
}

func shapes() []shape {
	var all []shape
	for _, s := range [][2]string{
		{"an exact tag", `{"name": "sample-website", "revisions": {"keep": 1}, "deployment": {"terminationWait": "12m"}}`},
		{"a glob", `{"name": "sample-website", "image": {"tag": "v*"}, "revisions": {"keep": 0}, "deployment": {"terminationWait": "12m"}}`},
		{"an exact tag, what is in progress is stopped", `{"name": "sample-website", "whenNewer": {"inProgress": "stop"},
			"deployment": {"terminationWait": "12m"}, "desiredCount": 2}`},
		{"a glob, waits are waited for", `{"name": "sample-website", "image": {"tag": "v*"}, "whenNewer": {"terminationWait": "wait"},
			"deployment": {"terminationWait": "4m", "rollback": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]}}`},
		{"a glob, bursts are waited for", `{"name": "sample-website", "image": {"tag": "v*"}, "settle": "90s", "deployment": {"terminationWait": "4m"}}`},
		{"an exact tag, autoscaling", `{"name": "sample-website", "scaling": {"min": 1, "max": 9, "cpu": 60}, "deployment": {"terminationWait": "12m"}}`},
		{"a glob, autoscaling held to the end", `{"name": "sample-website", "image": {"tag": "v*"}, "whenNewer": {"inProgress": "stop"},
			"scaling": {"min": 1, "max": 9, "cpu": 60, "holdUntil": "ended"}, "deployment": {"terminationWait": "4m"}}`},
		{"a glob, gates", `{"name": "sample-website", "image": {"tag": "v*"}, "deployment": {"terminationWait": "4m"}, "whenNewer": {"inProgress": "stop"},
			"gates": {"scan": {}, "function": "arn:aws:lambda:us-east-1:111122223333:function:approve", "freeze": [{"name": "noon", "from": "04:40", "to": "05:10"}]}}`},
	} {
		all = append(all, shape{s[0], deployedWith(s[1])})
	}
	return all
}

func newCloud(s script, of shape) *cloud {
	c := &cloud{script: s, service: of.deployed, now: pushed, count: 1, serves: tgBlue, repository: !s.early, group: !s.early}
	c.counted, c.scans = map[string]int{}, map[int]bool{1: s.grown}
	c.hands.is = map[string]string{}
	c.family = []*revision{{Revision: live.Revision{Definition: newWorld().Primary.Definition}}}
	c.sets.is = []set{{"ecs-svc/1", live.StatusPrimary, bootstrapARN, tgBlue, "", time.Time{}}}
	c.made = 1
	for range 3 {
		c.newBase()
	}
	c.service.Base = c.bases[len(c.bases)-1].ARN()
	c.at(5*time.Minute, c.tick)
	if s.grown {
		c.grow()
	}
	return c
}

// grow makes image 1 live, an hour ago.
func (c *cloud) grow() {
	tag := "latest"
	if !c.takes(tag) {
		tag = "v1"
	}
	c.pushes = 1
	c.pictures.is = []picture{{n: 1, pushed: c.now.Add(-time.Hour), tags: []string{tag}, media: oci.ImageTypes[0]}}
	c.ever = c.pictures.is
	wish := c.wishOf(c.service.Base, 1)
	wish.Images[0].Tag, wish.Images[0].Pushed = tag, c.pictures.is[0].pushed
	in, err := Revise(&c.bases[len(c.bases)-1].Revision, "sample-website", wish)
	if err != nil {
		panic(err)
	}
	r := c.register(in)
	r.used, r.stayed = true, true
	c.sets.is = []set{{"ecs-svc/1", live.StatusPrimary, r.ARN(), tgBlue, "d-000000001", time.Time{}}}
	ago := c.now.Add(-30 * time.Minute)
	c.history.is = []deployed{{id: "d-000000001", description: wish.Description(r.ARN()), wish: wish.Hash(), revision: r.ARN(),
		creator: cdtypes.DeploymentCreatorUser, status: succeeded, created: ago, ended: ago}}
}

// register adds to the family.
func (c *cloud) register(in *ecs.RegisterTaskDefinitionInput) *revision {
	r := &revision{Revision: live.Revision{Tags: in.Tags, Definition: &ecstypes.TaskDefinition{
		TaskDefinitionArn: aws.String(strings.TrimSuffix(bootstrapARN, "1") + itoa(len(c.family)+1)),
		Family:            in.Family, Status: ecstypes.TaskDefinitionStatusActive, ContainerDefinitions: in.ContainerDefinitions,
		RegisteredAt: aws.Time(c.now)}}}
	r.wish, _ = r.Wish()
	c.family = append(c.family, r)
	return r
}

// newBase is the stack's next task definition; each has a variable of its own.
func (c *cloud) newBase() *revision {
	n := len(c.bases) + 1
	r := baseRevision()
	r.Definition.TaskDefinitionArn = aws.String(fmt.Sprintf("arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website-base:%d", n))
	r.Definition.Cpu = aws.String("256")
	r.Definition.ContainerDefinitions[0].Environment = []ecstypes.KeyValuePair{{Name: aws.String("N"), Value: aws.String(fmt.Sprint(n))}}
	r.Definition.ContainerDefinitions[1].Secrets = []ecstypes.Secret{{Name: aws.String("KEY"), ValueFrom: aws.String("arn:key")}}
	r.Tags = append(r.Tags, ecstypes.Tag{Key: aws.String("aws:cloudformation:stack-name"), Value: aws.String("sample-website")})
	b := &revision{Revision: *r}
	c.bases = append(c.bases, b)
	return b
}

// retire deregisters a base, as CloudFormation does with one that it has replaced.
func (b *revision) retire() {
	d := *b.Definition
	d.Status = ecstypes.TaskDefinitionStatusInactive
	b.Definition = &d
}

// found is the revision of that ARN, or the family's newest.
func (c *cloud) found(name string) *revision {
	if name == "sample-website" {
		return c.latest()
	}
	for _, all := range [][]*revision{c.family, c.bases} {
		for _, r := range all {
			if r.ARN() == name {
				return r
			}
		}
	}
	return nil
}

// latest is the family's newest revision that is active; the bootstrap always is.
func (c *cloud) latest() *revision {
	for _, r := range slices.Backward(c.family) {
		if r.Active() {
			return r
		}
	}
	return nil
}

// primary is the task set that serves production, and its revision.
func (c *cloud) primary() (set, *revision) {
	for _, s := range c.sets.is {
		if s.status == live.StatusPrimary {
			return s, c.found(s.revision)
		}
	}
	return set{}, nil
}

// changeSets gives each task set to edit and keeps those for which it reports true.
func (c *cloud) changeSets(edit func(*set) bool) {
	var sets []set
	for _, s := range c.sets.is {
		if edit(&s) {
			sets = append(sets, s)
		}
	}
	c.sets.set(sets, c.now)
}

func (c *cloud) order(key, value string) {
	tags := maps.Clone(c.hands.is)
	if value == "" {
		delete(tags, key)
	} else {
		tags[key] = value
	}
	c.hands.set(tags, c.now)
}

// leftover reports whether something stands that only a person may put right: a task set that no deployment
// accounts for, or a listener that does not serve PRIMARY.
func (c *cloud) leftover() bool {
	p, _ := c.primary()
	return c.serves != p.group || slices.ContainsFunc(c.sets.is, func(s set) bool { return s.status == live.StatusActive })
}

// takes reports whether the description takes the tag, in words of the test's own.
func (c *cloud) takes(tag string) bool {
	if c.service.Service.Image.Exact() {
		return tag == "latest"
	}
	return tag != "" && tag[0] == 'v'
}

// newest is the image that should be live, by what the registry really holds.
func (c *cloud) newest() (best picture, tag string) {
	for _, p := range c.pictures.is {
		for _, t := range p.tags {
			later := p.pushed.After(best.pushed) || p.pushed.Equal(best.pushed) && t > tag
			if c.takes(t) && p.media == oci.ImageTypes[0] && (tag == "" || later) {
				best, tag = p, t
			}
		}
	}
	return best, tag
}

// wished is the image that is to be live: an operator's, or the newest.
func (c *cloud) wished() (best picture, tag string) {
	best, tag = c.newest()
	order, image := live.ReadHand(c.hands.is, c.now), live.Image{Tag: tag, Digest: digestOf(best.n)}
	named := ""
	switch {
	case order.Pin != nil && (tag == "" || !order.Pin.Names(image)):
		named = order.Pin.Subjects[0]
	case order.Pin == nil:
		if c.passedOver(order, image) {
			named, image = order.Deploy.To, live.Image{Digest: order.Deploy.To}
		}
		if image.Digest != digestOf(0) && order.Blocked.Names(image) {
			named = order.Blocked.To
		}
	}
	for _, p := range c.pictures.is {
		if digestOf(p.n) == named && p.media == oci.ImageTypes[0] {
			return p, "asked"
		}
	}
	return best, tag
}

// passedOver reports whether an operator asked for another image in the place of this one.
func (c *cloud) passedOver(order live.Hand, image live.Image) bool {
	return order.Deploy != nil && (order.Deploy.Names(image) || image.Tag == "" && len(order.Deploy.Subjects) == 0)
}

// left reports whether an operator goes back from what production runs.
func left(hand live.Hand, primary *revision) bool {
	is, ok := primary.Image("sample-website")
	return ok && hand.Blocked.Names(is)
}

// wishOf an image on a base, in the settings of today.
func (c *cloud) wishOf(base string, n int) live.Wish {
	return live.Wish{Base: base, Settings: settingsOf(c.service), Images: []live.Image{{
		Container: "sample-website", Registry: "111122223333.dkr.ecr.us-east-1.amazonaws.com", Repository: "sample-website", Digest: digestOf(n)}}}
}

// liveImage is the number of the image that production runs; 0 for the placeholder.
func (c *cloud) liveImage() (n int) {
	_, r := c.primary()
	if i, ok := r.Image("sample-website"); ok {
		fmt.Sscanf(i.Digest, "sha256:%x", &n)
	}
	return n
}
