package main

import (
	"encoding/json"
	"path/filepath"
	"testing"
)

func TestBoto3WorksUnchanged(t *testing.T) {
	needs(t, "python3", "-c", "import boto3")
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	names, err := json.Marshal(r.names)
	if err != nil {
		t.Fatal(err)
	}
	if out, errs, code := r.run("python3", filepath.Join("testdata", "clients.py"), string(names)); code != 0 {
		t.Errorf("it ended with %d: %s%s", code, out, errs)
	}
}
