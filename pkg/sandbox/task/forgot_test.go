package task

import (
	"os"
	"strings"
	"testing"
)

func TestAnInitThatForgotMainStartsNoOther(t *testing.T) {
	name := os.Args[0]
	os.Args[0] = initName
	defer func() { os.Args[0] = name }()
	if _, err := New(Options{Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "task.Main must be the first statement") {
		t.Errorf("got %v", err)
	}
}
