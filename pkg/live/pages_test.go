package live

import (
	"strings"
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/docs/transcript"
)

// tagsOf are the tags that a block of a page shows, a line each.
func tagsOf(t *testing.T, page, first string) map[string]string {
	t.Helper()
	block, err := transcript.Find("../../docs/"+page, first)
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]string{}
	for line := range strings.Lines(block.Text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		tags[key] = strings.NewReplacer("<64 digits>", strings.Repeat("0", 64), "<12 or 64 digits>", strings.Repeat("0", 12)).Replace(strings.TrimSpace(value))
	}
	return tags
}

func TestTheOrdersOfThePageAreRead(t *testing.T) {
	tags := tagsOf(t, "operator.md", "cutover:suspend")
	hand := ReadHand(tags, time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))
	for key, order := range map[string]*Order{TagSuspend: hand.Suspend, TagThaw: hand.Thaw, TagPin: hand.Pin, TagBlocked: hand.Blocked, TagDeploy: hand.Deploy} {
		if order == nil {
			t.Errorf("%s is not read: %q", key, tags[key])
			continue
		}
		if order.By != "alice" || order.Because == "" {
			t.Errorf("%s: %+v", key, order)
		}
		if value, err := order.Value(); err != nil || value != tags[key] {
			t.Errorf("%s is written %q, not %q: %v", key, value, tags[key], err)
		}
		delete(tags, key)
	}
	if len(tags) > 0 {
		t.Errorf("no orders: %v", tags)
	}

	held := tagsOf(t, "scaling.md", TagHold)
	if h, ok := ReadHold(held); !ok || h.Value() != held[TagHold] {
		t.Errorf("the mark %v is read as %+v", held, h)
	}
}
