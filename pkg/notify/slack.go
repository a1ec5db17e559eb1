package notify

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/secret"
)

// slack tells a story as one message that says how it stands, with the steps in its thread. Which message that is Slack
// knows itself: it carries the story's name as metadata
// (https://docs.slack.dev/messaging/message-metadata), by which it is found in the channel's history. What it says is the
// newest step of its thread.
type slack struct {
	config.Slack
	reach
}

var _ destination = slack{}

// The types of the metadata of a story's message, and of a step in its thread.
const (
	storyType = "cutover_story"
	stepType  = "cutover_step"
)

type metadata struct {
	EventType    string  `json:"event_type"`
	EventPayload payload `json:"event_payload"`
}

// payload is the step that a message says.
type payload struct {
	Story string       `json:"story"`
	At    time.Time    `json:"at"`
	Stage config.Stage `json:"stage"`
	Title string       `json:"title,omitempty"` // where it is not the message's text
}

func (p payload) step() Step { return Step{Story: p.Story, At: p.At, Stage: p.Stage, Title: p.Title} }

// message is what is read and written of a message.
type message struct {
	Channel  string    `json:"channel,omitempty"`
	TS       string    `json:"ts,omitempty"`
	ThreadTS string    `json:"thread_ts,omitempty"`
	Text     string    `json:"text,omitempty"`
	Metadata *metadata `json:"metadata,omitempty"`
}

// session is one step's telling, with the token.
type session struct {
	slack
	header http.Header
	mask   *secret.Mask
}

func (c slack) tell(ctx context.Context, s Step) error {
	one := session{slack: c, mask: &secret.Mask{}}
	token, err := c.token(ctx, c.Token, one.mask)
	if err != nil {
		return err
	}
	one.header = http.Header{"Authorization": {"Bearer " + strings.TrimSpace(token)}, "Content-Type": {"application/json; charset=utf-8"}}
	root, err := one.root(ctx, s)
	if err != nil {
		return err
	}
	step := message{Channel: c.Channel, ThreadTS: root, Text: escaped(s.Text), Metadata: &metadata{stepType, payload{s.Story, s.At, s.Stage, s.Title}}}
	if _, err := one.post(ctx, "chat.postMessage", step); err != nil {
		return err
	}
	return one.says(ctx, root, s)
}

// says lets the story's message say the newest step of its thread, of which this one is. Slack has no condition for an
// update, and steps are told at the same time. But each is in the thread before it is written into the message, and who
// has written looks again: so whoever writes an earlier step over a newer one finds that in the thread, and writes it again.
func (c session) says(ctx context.Context, root string, s Step) error {
	for range updates {
		says, newest, err := c.thread(ctx, root, s)
		if err != nil || !newest.follows(says.At, says.Stage) {
			return err
		}
		if _, err := c.post(ctx, "chat.update", headline(c.Channel, root, newest)); err != nil {
			return err
		}
	}
	return nil
}

// root is the story's message, which is posted when there is none. Of two that were posted at the same time the older
// one stays.
func (c session) root(ctx context.Context, s Step) (ts string, err error) {
	if ts, err := c.find(ctx, s.Story); err != nil || ts != "" {
		return ts, err
	}
	posted, err := c.post(ctx, "chat.postMessage", headline(c.Channel, "", s))
	if err != nil {
		return "", err
	}
	oldest, err := c.find(ctx, s.Story)
	if err != nil {
		return "", err
	}
	if oldest == "" || oldest == posted {
		return posted, nil
	}
	_, err = c.post(ctx, "chat.delete", message{Channel: c.Channel, TS: posted})
	return oldest, err
}

// headline is the message that says how a story stands.
func headline(channel, ts string, s Step) message {
	return message{Channel: channel, TS: ts, Text: escaped(s.Title), Metadata: &metadata{storyType, payload{Story: s.Story, At: s.At, Stage: s.Stage}}}
}
