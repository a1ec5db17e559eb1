// Package recent remembers the last of what happened, in memory that does not grow.
package recent

// Ring is the last values of a series, as many as its size. Its memory is bounded by that, once it is full, however
// long the series goes on. Use New; a Ring is not safe for concurrent use.
type Ring[T any] struct {
	size   int
	values []T // the oldest stands at count modulo size, once it is full
	count  int // values that were added, ever
}

// New returns an empty ring of this size, which is at least 1.
func New[T any](size int) Ring[T] { return Ring[T]{size: max(size, 1)} }

// Add adds a value, for which the oldest is forgotten when the ring is full.
func (r *Ring[T]) Add(v T) {
	if len(r.values) < r.size {
		r.values = append(r.values, v)
	} else {
		r.values[r.count%r.size] = v
	}
	r.count++
}

// Since is what came after the first seen values, oldest first, as far back as it is remembered. next is what to ask
// with afterwards.
func (r *Ring[T]) Since(seen int) (values []T, next int) {
	for i := max(seen, r.count-len(r.values)); i < r.count; i++ {
		values = append(values, r.values[i%r.size])
	}
	return values, r.count
}
