package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/secret"
)

// slackWebhook tells a channel by an incoming webhook's address, which is a secret as a whole: whoever has it may post. It
// answers no name of what it posted, so a message is neither edited nor threaded, and a step that is told twice stands there
// twice (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
type slackWebhook struct {
	config.Slack
	reach
}

var _ destination = slackWebhook{}

func (w slackWebhook) tell(ctx context.Context, s Step) error {
	var mask secret.Mask
	text, err := w.token(ctx, w.Webhook, &mask)
	if err != nil {
		return err
	}
	address, err := addressOf(text, &mask)
	if err != nil {
		return fmt.Errorf("the secret %s %w", w.Webhook, err)
	}
	body, err := json.Marshal(struct {
		Text string `json:"text"`
	}{"*" + escaped(s.Title) + "*\n" + escaped(s.Text)})
	if err != nil {
		return err
	}
	answer, err := w.call(ctx, &mask, http.MethodPost, address, http.Header{"Content-Type": {"application/json"}}, body)
	if err != nil {
		return err
	}
	if said := strings.TrimSpace(string(answer)); said != "ok" {
		return fmt.Errorf("the answer is not Slack's, which is ok: %.100q", mask.Text(said))
	}
	return nil
}

// addressOf is the address that a secret's text is. What no error may tell of it is learned: the parts of its path too.
func addressOf(text string, mask *secret.Mask) (string, error) {
	text = strings.TrimSpace(text)
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "127.0.0.1") {
		return "", fmt.Errorf("holds no address that begins with https://")
	}
	mask.Learn(u.RequestURI())
	for part := range strings.SplitSeq(u.Path, "/") {
		if part != "services" {
			mask.Learn(part)
		}
	}
	return text, nil
}
