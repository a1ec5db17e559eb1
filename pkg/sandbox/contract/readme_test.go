package contract_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox/contract"
)

const (
	readme     = "../README.md"
	tableBegin = "<!-- table: go test ./pkg/sandbox/contract -update -->\n"
	tableEnd   = "<!-- end of table -->\n"
)

func TestTheTableHasEveryRegisteredOperationOnceAndNoOther(t *testing.T) {
	have := map[string][]string{}
	for _, s := range contract.Sections() {
		have[s.Service] = s.Operations()
		if len(slices.Compact(s.Operations())) != len(have[s.Service]) {
			t.Errorf("%s: an operation stands twice", s.Name)
		}
	}
	if d := cmp.Diff(registered(t), have); d != "" {
		t.Errorf("sections.go (-registered +table):\n%s", d)
	}
}

func TestTheReadmesTableIsThatOfTheCode(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableBegin)
	have, after, ended := strings.Cut(rest, tableEnd)
	if !ok || !ended {
		t.Fatal("the README has no marks around its table")
	}
	if *update {
		if err := os.WriteFile(readme, []byte(before+tableBegin+contract.Table()+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(contract.Table(), have); d != "" {
		t.Errorf("the README's table (-code +README); run with -update:\n%s", d)
	}
}
