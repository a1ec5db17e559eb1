package elb

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
)

func TestAListenerTellsWhatItAnsweredOutOfEachTargetGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		blue, green, empty := s.group("blue"), s.group("green"), s.group("empty")
		production, test := s.listener(80, to(blue, 1)), s.listener(8080, to(green, 1))
		s.serve("10.0.0.1", says("blue"))
		s.serve("10.0.0.2", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/broken" {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		s.register(blue, "10.0.0.1")
		s.register(green, "10.0.0.2")
		synctest.Wait()
		c := s.client()
		for range 3 {
			get(t, c, "http://web:80/")
		}
		get(t, c, "http://web:8080/")
		get(t, c, "http://web:8080/broken")
		s.shift(test, to(empty, 1))
		if status, _ := get(t, c, "http://web:8080/"); status != http.StatusServiceUnavailable {
			t.Fatalf("a group without targets answers %d", status)
		}
		want := []Seen{
			{Listener: production, TargetGroup: "blue", Answered: 3},
			{Listener: test, TargetGroup: "empty", Answered: 1, Failed: 1},
			{Listener: test, TargetGroup: "green", Answered: 2, Failed: 1},
		}
		if got := s.elb.Seen(); !slices.Equal(got, want) {
			t.Errorf("seen is %+v, not %+v", got, want)
		}
	})
}
