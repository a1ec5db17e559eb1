package recent

import (
	"slices"
	"testing"
)

func TestARingRemembersTheLastAndTellsWhatIsNew(t *testing.T) {
	r := New[int](3)
	if values, next := r.Since(0); values != nil || next != 0 {
		t.Error(values, next)
	}
	for i := range 10 {
		r.Add(i)
		whole := []int{i - 2, i - 1, i}
		whole = whole[max(0, 2-i):]
		for _, c := range []struct {
			seen int
			want []int
		}{{0, whole}, {i, []int{i}}, {i + 1, nil}, {i + 5, nil}} {
			if values, next := r.Since(c.seen); !slices.Equal(values, c.want) || next != i+1 {
				t.Errorf("after %d values, of which %d were seen: %v, next %d; want %v", i+1, c.seen, values, next, c.want)
			}
		}
	}
	if cap(r.values) > 4 {
		t.Errorf("a ring of 3 takes the room of %d", cap(r.values))
	}
}

func TestARingHasRoomForOne(t *testing.T) {
	r := New[string](0)
	r.Add("a")
	r.Add("b")
	if values, _ := r.Since(0); !slices.Equal(values, []string{"b"}) {
		t.Error(values)
	}
}
