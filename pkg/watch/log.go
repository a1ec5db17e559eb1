package watch

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/cloudwatchlogs"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/secret"
)

// How much of a container's log is told.
const (
	mostLines = 10
	mostLine  = 300 // bytes
)

// lastWords are the last lines of a container's log, secrets masked; none where it has no log that can be read, and
// then why.
func (w *Watcher) lastWords(ctx context.Context, revision *live.Revision, container, task string) (lines []string, missing string) {
	c := revision.Container(container)
	if c == nil || c.LogConfiguration == nil || c.LogConfiguration.LogDriver != types.LogDriverAwslogs {
		return nil, "the container writes no log to CloudWatch"
	}
	options := c.LogConfiguration.Options
	stream := options["awslogs-stream-prefix"] + "/" + container + "/" + last(task)
	out, err := w.clients.Logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
		LogGroupName: options["awslogs-group"], LogStreamName: stream, Limit: mostLines,
	})
	if err != nil {
		return nil, "its log cannot be read: " + err.Error()
	}
	m := maskOf(c)
	for _, e := range out.Events {
		if line := printable(m.Text(cut(e.Message, 8*mostLine))); strings.TrimSpace(line) != "" {
			lines = append(lines, cut(line, mostLine))
		}
	}
	return lines, ""
}

// maskOf knows the values of the container's own variables whose names tell of a secret. Values that ECS reads from a
// secret store are not known here; only their form tells them.
func maskOf(c *types.ContainerDefinition) *secret.Mask {
	m := &secret.Mask{}
	for _, v := range c.Environment {
		if secret.Named(aws.ToString(v.Name)) {
			m.Learn(aws.ToString(v.Value))
		}
	}
	return m
}

// printable has no control characters, which could move a terminal's cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// cut shortens to so many bytes.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := most - len("…")
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
