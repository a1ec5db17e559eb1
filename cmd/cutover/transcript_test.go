package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/docs/transcript"
)

// play runs a command of a page in the repository's directory, as a person with a shell does, and holds what it answers
// against the page. Where the page names something of its own run, that is changed first.
func (r *room) play(s transcript.Step, instead ...string) {
	r.t.Helper()
	command := strings.NewReplacer(slices.Concat(instead, []string{
		"bin/cutover", "cutover", "sandbox push", "sandbox push --bin " + r.bin, "http://127.0.0.1:10080/", r.url(80), "http://127.0.0.1:18080/", r.url(8080),
	})...).Replace(s.Command)
	out, _, _ := r.run("bash", "-c", "exec 2>&1; cd ../..; "+command)
	if !transcript.Says(s.Answer, out) {
		r.t.Fatalf("$ %s\nthe page says\n%s\nbut it is\n%s", command, strings.Join(s.Answer, "\n"), out)
	}
}

// quoted holds a text against the block of a page that begins so.
func quoted(t testing.TB, page, first, text string) {
	t.Helper()
	block, err := transcript.Find(page, first)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Split(strings.TrimRight(block.Text, "\n"), "\n"); !transcript.Says(want, strings.TrimRight(text, "\n")+"\n") {
		t.Errorf("%s:%d says\n%s\nbut it is\n%s", page, block.Line, block.Text, text)
	}
}

// answersAs holds what a command answered against the page that shows it.
func answersAs(t testing.TB, page, command, text string) {
	t.Helper()
	answer, err := transcript.Answer(page, command)
	if err != nil {
		t.Fatal(err)
	}
	if !transcript.Says(answer, text) {
		t.Errorf("$ %s\n%s says\n%s\nbut it is\n%s", command, page, strings.Join(answer, "\n"), text)
	}
}

func TestEveryCommandOfTheTutorialAnswersAsThePageSays(t *testing.T) {
	t.Parallel()
	blocks, err := transcript.Read("../../docs/tutorial.md")
	if err != nil {
		t.Fatal(err)
	}
	r := enter(t, 60, nil)
	played := 0
	for _, b := range blocks {
		for _, s := range b.Steps() {
			if s.Command == "make build" || s.Command == "bin/cutover sandbox" || strings.HasPrefix(s.Command, "eval ") {
				continue // done, in this process
			}
			played++
			r.play(s)
		}
	}
	if played < 10 {
		t.Errorf("the page's commands were not found: %d", played)
	}
}
