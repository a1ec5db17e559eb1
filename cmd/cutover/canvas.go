package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// canvas is a terminal on which one picture replaces the one before.
type canvas struct {
	out   *os.File
	style func() style
	drawn int // lines
}

// style is what a terminal can show.
type style struct {
	width   int
	unicode bool
	colours bool
}

// newCanvas is a canvas on the output; false when that is no terminal that can be drawn on.
func newCanvas(out io.Writer) (*canvas, bool) {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" {
		return nil, false
	}
	return &canvas{out: f, style: func() style { return styleOf(f, os.Getenv) }}, true
}

// styleOf asks the terminal for its width and the environment for the rest: https://no-color.org, and the locale's
// character set as POSIX names it.
func styleOf(f *os.File, getenv func(string) string) style {
	s := style{width: 80, colours: getenv("NO_COLOR") == ""}
	if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
		s.width = w
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := getenv(name); locale != "" {
			s.unicode = strings.Contains(strings.ToUpper(strings.ReplaceAll(locale, "-", "")), "UTF8")
			break
		}
	}
	return s
}

// draw replaces the picture.
func (c *canvas) draw(lines []string) error {
	var b strings.Builder
	if c.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r\x1b[J", c.drawn)
	}
	for _, l := range lines {
		b.WriteString(l + "\n")
	}
	c.drawn = len(lines)
	_, err := c.out.WriteString(b.String())
	return err
}

// leave keeps the last picture where it is.
func (c *canvas) leave() { c.drawn = 0 }

// colours of words, in ANSI's codes.
const (
	red   = 31
	green = 32
	blue  = 34
	faint = 2
	bold  = 1
)

// paint colours a text, where colours are shown.
func (s style) paint(code int, text string) string {
	if !s.colours || text == "" {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", code, text)
}

// pick is the first text where the terminal shows more than ASCII, the second elsewhere.
func (s style) pick(unicode, ascii string) string {
	if s.unicode {
		return unicode
	}
	return ascii
}

// plain replaces what is not ASCII where the terminal shows nothing else.
func (s style) plain(text string) string {
	if s.unicode {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r > '~' {
			return '?'
		}
		return r
	}, strings.ReplaceAll(text, "…", "..."))
}

// fit cuts a text to the terminal's width, less what stands before it.
func (s style) fit(text string, before int) string {
	text = s.plain(text)
	room := max(s.width-before-1, 1)
	if r := []rune(text); len(r) > room {
		return string(r[:max(room-1, 0)]) + s.pick("…", "~")
	}
	return text
}

// bar is a part of a whole as a row of blocks.
func (s style) bar(part float64, width int) string {
	full := int(part*float64(width) + 0.5)
	full = min(max(full, 0), width)
	return strings.Repeat(s.pick("█", "#"), full) + strings.Repeat(s.pick("░", "-"), width-full)
}
