package call

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

type odd struct {
	Count   int32
	Ratio   float64
	At      *time.Time
	Flag    *bool
	Name    *string
	Names   []string
	Set     types.TaskSet
	Labels  map[string]string
	Kind    types.SortOrder
	Members []Member
}

func TestAnAnswerThatIsNotOfItsShapeIsToldWithItsPlace(t *testing.T) {
	for body, want := range map[string]string{
		`{"count": "1"}`:                   "count of the answer is a string, which is no int32",
		`{"count": 1.5}`:                   "count of the answer is a float64, which is no int32",
		`{"count": 3000000000}`:            "count of the answer is a float64, which is no int32",
		`{"at": "2026-11-29"}`:             "at of the answer is a string, which is no time.Time",
		`{"flag": 1}`:                      "flag of the answer is a float64, which is no bool",
		`{"name": {}}`:                     "name of the answer is a map[string]interface {}, which is no string",
		`{"names": ["a", 2]}`:              "names[1] of the answer is a float64, which is no string",
		`{"names": "a"}`:                   "names of the answer is a string, which is no []string",
		`{"set": []}`:                      "set of the answer is a []interface {}, which is no types.TaskSet",
		`{"labels": {"a": 1}}`:             "labels.a of the answer is a float64, which is no string",
		`{"labels": "a"}`:                  "labels of the answer is a string, which is no map[string]string",
		`{"set": {"tags": [{"key": {}}]}}`: "set.tags[0].key of the answer is a map[string]interface {}, which is no string",
		`{"kind": true}`:                   "kind of the answer is a bool, which is no types.SortOrder",
		`[]`:                               "of the answer is a []interface {}, which is no call.odd",
		`{"count": `:                       "unexpected end of JSON input",
		``:                                 "unexpected end of JSON input",
	} {
		if err := new(reader).readInto(new(odd), []byte(body)); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestNullAndWhatNobodyKnowsAreNothing(t *testing.T) {
	var got odd
	text := `{"count": null, "at": null, "flag": null, "names": null, "set": null, "labels": null, "kind": null, "members": [], "novelty": {"a": 1}, "ratio": 1e3}`
	if err := new(reader).readInto(&got, []byte(text)); err != nil || !reflect.DeepEqual(got, odd{Ratio: 1000}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestMembersThatATypeDoesNotHaveAreKeptAsTheyStandInTheOrderOfTheirPlaces(t *testing.T) {
	body := []byte(`{"zeta": 12345678901234567890.50, "set": {"tags": [{"key": "a"}, {"key": "b", "since": [1, {"x": null}]}], "gone": null}, "alpha": {"deep": true}}`)
	r := reader{keeps: true}
	if err := r.readInto(new(odd), body); err != nil {
		t.Fatal(err)
	}
	found, err := exactly(r.unknown, body)
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, m := range found {
		places = append(places, m.String())
	}
	if d := cmp.Diff([]string{"alpha", "set.tags[1].since", "zeta"}, places); d != "" {
		t.Fatal(d)
	}
	request := map[string]any{"set": map[string]any{"tags": []any{map[string]any{}, map[string]any{"key": "b"}}}}
	for _, m := range found {
		m.putInto(request)
	}
	tags := request["set"].(map[string]any)["tags"].([]any)
	if d := cmp.Diff(map[string]any{"key": "b", "since": found[1].Value}, tags[1]); d != "" || len(tags[0].(map[string]any)) > 0 {
		t.Error(d, tags[0])
	}
	if text := cmp.Diff(request["zeta"], found[2].Value); text != "" || reflect.ValueOf(request["zeta"]).String() != "12345678901234567890.50" {
		t.Errorf("%v", request["zeta"])
	}
}

func TestAMemberWithoutWhatIsAroundItIsNotSent(t *testing.T) {
	request := map[string]any{"containers": []any{"a"}}
	for _, path := range [][]Step{{{Name: "gone"}, {Name: "x"}}, {{Name: "containers"}, {Index: 4}, {Name: "x"}}, {{Name: "containers"}, {Index: 0}, {Name: "x"}}} {
		Member{Path: path, Value: 1}.putInto(request)
	}
	if d := cmp.Diff(map[string]any{"containers": []any{"a"}}, request); d != "" {
		t.Error(d)
	}
}
