package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
)

// request is what a gate is asked, as far as this one reads it.
type request struct {
	Service string `json:"service"`
	Images  []struct {
		Reference string `json:"reference"`
		Tag       string `json:"tag"`
		Live      string `json:"live"`
	} `json:"images"`
}

type answer struct {
	Open   bool   `json:"open"`
	Reason string `json:"reason"`
}

func decide(_ context.Context, r request) (answer, error) {
	approved := strings.FieldsFunc(os.Getenv("APPROVED"), func(r rune) bool { return r == ',' || r == ' ' })
	for _, i := range r.Images {
		_, digest, _ := strings.Cut(i.Reference, "@")
		if i.Reference == i.Live || slices.Contains(approved, i.Tag) || slices.Contains(approved, digest) {
			continue
		}
		return answer{Reason: fmt.Sprintf("nobody has approved %s of %s (%s)", i.Tag, r.Service, digest)}, nil
	}
	return answer{Open: true}, nil
}
