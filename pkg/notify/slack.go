package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/secret"
)

// slack tells a story as one message that says how it stands, with the steps in its thread. Which message that is Slack
// knows itself: it carries the story's name as metadata
// (https://docs.slack.dev/messaging/message-metadata), by which it is found in the channel's history.
type slack struct {
	config.Slack
	reach
}

var _ destination = slack{}

// storyType is the type of the metadata of a story's message.
const storyType = "cutover_story"

type metadata struct {
	EventType    string  `json:"event_type"`
	EventPayload payload `json:"event_payload"`
}

type payload struct {
	Story string       `json:"story"`
	At    time.Time    `json:"at"` // of the step that the message says
	Stage config.Stage `json:"stage"`
}

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
	if _, err := one.post(ctx, "chat.postMessage", message{Channel: c.Channel, ThreadTS: root.TS, Text: escaped(s.Text)}); err != nil {
		return err
	}
	if says := root.Metadata.EventPayload; !s.follows(says.At, says.Stage) {
		return nil
	}
	return one.says(ctx, s)
}

// updates is how often a story's message is written at most, where others write it at the same time.
const updates = 3

// says lets the story's message say this step, unless it says something newer or this. Slack has no condition for an
// update, so it is read just before and once more after: where an earlier step, told at the same time, was written over
// this one, this one is written again.
func (c session) says(ctx context.Context, s Step) error {
	for range updates {
		is, err := c.find(ctx, s.Story)
		if err != nil || is == nil || !s.follows(is.Metadata.EventPayload.At, is.Metadata.EventPayload.Stage) {
			return err
		}
		if _, err := c.post(ctx, "chat.update", headline(c.Channel, is.TS, s)); err != nil {
			return err
		}
	}
	return nil
}

// root is the story's message, which is posted when there is none. Of two that were posted at the same time the older
// one stays.
func (c session) root(ctx context.Context, s Step) (message, error) {
	if found, err := c.find(ctx, s.Story); err != nil || found != nil {
		return deref(found), err
	}
	posted, err := c.post(ctx, "chat.postMessage", headline(c.Channel, "", s))
	if err != nil {
		return message{}, err
	}
	oldest, err := c.find(ctx, s.Story)
	if err != nil {
		return message{}, err
	}
	if oldest == nil || oldest.TS == posted {
		return headline(c.Channel, posted, s), nil
	}
	_, err = c.post(ctx, "chat.delete", message{Channel: c.Channel, TS: posted})
	return *oldest, err
}

func deref(m *message) message {
	if m == nil {
		return message{}
	}
	return *m
}

// headline is the message that says how a story stands.
func headline(channel, ts string, s Step) message {
	return message{Channel: channel, TS: ts, Text: escaped(s.Title), Metadata: &metadata{storyType, payload{s.Story, s.At, s.Stage}}}
}

// storiesLast is how far back a story's message is looked for.
const storiesLast = 7 * 24 * time.Hour

// find is the oldest of a story's messages among the channel's newest 200; nil when there is none
// (https://docs.slack.dev/reference/methods/conversations.history).
func (c session) find(ctx context.Context, story string) (*message, error) {
	query := url.Values{"channel": {c.Channel}, "limit": {"200"}, "include_all_metadata": {"true"},
		"oldest": {fmt.Sprint(time.Now().Add(-storiesLast).Unix())}}
	answer, err := c.call(ctx, c.mask, http.MethodGet, c.API+"/conversations.history?"+query.Encode(), c.header, nil)
	if err != nil {
		return nil, fmt.Errorf("conversations.history: %w", err)
	}
	var out struct {
		result
		Messages []message `json:"messages"` // newest first
	}
	if err := out.read(answer, &out); err != nil {
		return nil, fmt.Errorf("conversations.history: %w", err)
	}
	for _, m := range slices.Backward(out.Messages) {
		if m.Metadata != nil && m.Metadata.EventType == storyType && m.Metadata.EventPayload.Story == story && m.TS != "" {
			return &m, nil
		}
	}
	return nil, nil
}

// result is what every answer of Slack's begins with: errors come with the status 200.
type result struct {
	OK    bool   `json:"ok"`
	Error string `json:"error"`
}

func (r *result) read(answer []byte, into any) error {
	if err := json.Unmarshal(answer, into); err != nil {
		return errors.New("the answer is not Slack's: it is no JSON")
	}
	if !r.OK {
		return fmt.Errorf("refused by Slack: %.100q", r.Error)
	}
	return nil
}

// post calls a method that writes, and answers the message's time stamp, which is its name.
func (c session) post(ctx context.Context, method string, m message) (ts string, err error) {
	body, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	answer, err := c.call(ctx, c.mask, http.MethodPost, c.API+"/"+method, c.header, body)
	if err != nil {
		return "", fmt.Errorf("%s: %w", method, err)
	}
	var out struct {
		result
		TS string `json:"ts"`
	}
	if err := out.read(answer, &out); err != nil {
		return "", fmt.Errorf("%s: %w", method, err)
	}
	return out.TS, nil
}

// escaped is text without Slack's control characters (https://docs.slack.dev/messaging/formatting-message-text).
func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}
