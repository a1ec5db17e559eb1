package stackupdate

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestReferencesAreThoseOfEveryIntrinsicFunction(t *testing.T) {
	for text, want := range map[string]string{
		`"Name"`:                                          "",
		`{"Ref": "A"}`:                                    "A",
		`{"Fn::GetAtt": "A.Outputs.X"}`:                   "A",
		`{"Fn::GetAtt": ["A", "Arn"]}`:                    "A",
		`{"Fn::GetAtt": ["A.B", "Arn"]}`:                  "A",
		`{"Fn::Sub": "${A}/${B.Arn}/${A}"}`:               "A A B",
		`{"Fn::Sub": "${!A} $B {C}"}`:                     "",
		`{"Fn::Sub": ["${A}/${B}", {"B": {"Ref": "C"}}]}`: "A C",
		`{"Fn::Join": ["", [{"Ref": "A"}, "x", {"Fn::If": ["c", {"Ref": "B"}]}]]}`: "A B",
		`{"Environment": {"Variables": {"Ref": {"Ref": "A"}}}}`:                    "A",
	} {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		got := References(value)
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s refers to %q, want %q", text, got, want)
		}
	}
}
