package contract_test

import (
	"slices"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/task"
)

func TestMain(m *testing.M) {
	task.Main()
	m.Run()
}

// start runs a composed sandbox, an empty account.
func start(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.Start(t.Context(), sandbox.Options{Clock: 1000, Isolation: "process"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// registered are the operations of a composed sandbox by service.
func registered(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, op := range start(t).Operations() {
		all[op.Service] = append(all[op.Service], op.Action)
	}
	for _, actions := range all {
		slices.Sort(actions)
	}
	return all
}
