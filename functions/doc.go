// Package functions holds the functions' front doors, one directory each, and the benchmark of their start.
//
// `go test -run '^$' -bench Start ./functions/` builds each function as the Makefile does and starts it beside an
// empty aws-lambda-go handler, the floor for any function on that runtime. Figures are ratios to that floor, because
// milliseconds differ between machines and ratios hardly do.
package functions
