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
)

// storiesLast is how far back a story's message is looked for.
const storiesLast = 7 * 24 * time.Hour

// find is the time stamp of the oldest of a story's messages among the channel's newest 200; empty when there is none
// (https://docs.slack.dev/reference/methods/conversations.history).
func (c session) find(ctx context.Context, story string) (ts string, err error) {
	query := url.Values{"channel": {c.Channel}, "limit": {"200"}, "include_all_metadata": {"true"},
		"oldest": {fmt.Sprint(time.Now().Add(-storiesLast).Unix())}}
	newestFirst, err := c.read(ctx, "conversations.history", query)
	if err != nil {
		return "", err
	}
	for _, m := range slices.Backward(newestFirst) {
		if m.Metadata != nil && m.Metadata.EventType == storyType && m.Metadata.EventPayload.Story == story && m.TS != "" {
			return m.TS, nil
		}
	}
	return "", nil
}

// thread is what a story's message says, and the newest step of its thread, no older than one that is known to be there
// (https://docs.slack.dev/reference/methods/conversations.replies: the message comes first).
func (c session) thread(ctx context.Context, root string, known Step) (says payload, newest Step, err error) {
	query := url.Values{"channel": {c.Channel}, "ts": {root}, "limit": {"1000"}, "include_all_metadata": {"true"}}
	found, err := c.read(ctx, "conversations.replies", query)
	if err != nil {
		return says, known, err
	}
	newest = known
	for _, m := range found {
		switch {
		case m.Metadata == nil || m.Metadata.EventPayload.Story != known.Story:
		case m.TS == root:
			says = m.Metadata.EventPayload
		case m.Metadata.EventType == stepType:
			if s := m.Metadata.EventPayload.step(); s.follows(newest.At, newest.Stage) {
				newest = s
			}
		}
	}
	return says, newest, nil
}

// read calls a method that answers messages.
func (c session) read(ctx context.Context, method string, query url.Values) ([]message, error) {
	answer, err := c.call(ctx, c.mask, http.MethodGet, c.API+"/"+method+"?"+query.Encode(), c.header, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	var out struct {
		result
		Messages []message `json:"messages"`
	}
	if err := out.read(answer, &out); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return out.Messages, nil
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
