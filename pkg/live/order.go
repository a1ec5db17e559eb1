package live

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// mostTag is how long AWS lets a tag's value be
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html), counted in bytes to be safe.
const mostTag = 256

// tagMarks are what a tag's value may hold beside letters, digits and spaces.
const tagMarks = "+-=._:/@"

// Value is the order as a tag's value; ReadHand reads it back. What a tag cannot hold in the reason is written as a
// space, and a reason that is too long is cut. An error says that even without a reason it is too long, or that
// who or an image cannot be written as one word.
func (o Order) Value() (string, error) {
	words := slices.Clone(o.Subjects)
	add := func(word, what string) {
		if what != "" {
			words = append(words, word, what)
		}
	}
	add("to", o.To)
	add("by", o.By)
	if !o.Until.IsZero() {
		add("until", o.Until.UTC().Format(time.RFC3339))
	}
	for _, w := range words {
		if w != writable(w) || strings.Contains(w, " ") {
			return "", fmt.Errorf("%q cannot be written into a tag: letters, digits and %s can", w, tagMarks)
		}
	}
	text := strings.Join(words, " ")
	if len(text) > mostTag {
		return "", fmt.Errorf("the order is %d characters long and a tag holds %d", len(text), mostTag)
	}
	why := strings.Join(strings.Fields(writable(o.Because)), " ")
	if room := mostTag - len(strings.TrimSpace(text+" because ")) - 1; why != "" && room > 0 {
		text = strings.TrimSpace(text + " because " + cut(why, room))
	}
	return text, nil
}

// writable has spaces where a tag's value cannot have what is there.
func writable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(tagMarks, r) {
			return r
		}
		return ' '
	}, s)
}

// cut shortens to so many bytes, between two words where it can.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := 0
	for i := range s {
		if i > most {
			break
		}
		end = i
	}
	s = s[:end]
	if i := strings.LastIndexByte(s, ' '); i > 0 {
		s = s[:i]
	}
	return s
}

// Block adds an image to the blocked ones, which To then stands in for; the zero Image is none. The oldest are
// dropped when a tag cannot hold all.
func (o *Order) Block(blocked, to Image, by, because string) Order {
	b := Order{By: by, Because: because}
	if o != nil {
		b.Subjects = slices.Clone(o.Subjects)
	}
	if !b.Names(blocked) {
		b.Subjects = append(b.Subjects, blocked.Digest[:min(len(blocked.Digest), len("sha256:")+12)])
	}
	if to.Digest != "" {
		b.To = to.Ordered()
	}
	for len(b.Subjects) > 1 {
		if _, err := b.Value(); err == nil {
			break
		}
		b.Subjects = b.Subjects[1:]
	}
	return b
}

// Ordered is how an order names the image: "<tag>@<digest>", or the digest alone where there is no tag or it is
// long.
func (i Image) Ordered() string {
	if i.Tag == "" || len(i.Tag) > 64 {
		return i.Digest
	}
	return i.Tag + "@" + i.Digest
}
