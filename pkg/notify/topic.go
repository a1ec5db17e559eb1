package notify

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/call/sns"
)

// topic is SNS: text for people, the step as JSON for machines.
type topic struct {
	arn    string
	topics Topics
}

var _ destination = topic{}

// mostSubject is how long a subject may be (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html).
const mostSubject = 100

func (t topic) tell(ctx context.Context, s Step) error {
	document, err := json.Marshal(s)
	if err != nil {
		return err
	}
	forms := map[string]string{"default": s.Text, "email": s.Title + "\n\n" + s.Text}
	for _, machine := range []string{"sqs", "lambda", "http", "https", "firehose", "email-json"} {
		forms[machine] = string(document)
	}
	message, err := json.Marshal(forms)
	if err != nil {
		return err
	}
	_, err = t.topics.Publish(ctx, &sns.PublishInput{
		TopicArn: t.arn, Subject: subject(s.Title), Message: string(message), MessageStructure: "json",
		MessageAttributes: map[string]string{"service": s.Service, "stage": string(s.Stage), "id": s.ID},
	})
	return err
}

// subject is a line of ASCII without control characters, as SNS asks for.
func subject(title string) string {
	title = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, title)
	return title[:min(len(title), mostSubject)]
}
