package config

import (
	"strings"
	"testing"
)

func adoptedShop(t *testing.T) Service {
	t.Helper()
	c, err := Parse([]byte(stood(`, "image": {"tag": "v*"}`)), ranges)
	if err != nil {
		t.Fatal(err)
	}
	return Service{Name: "shop", Existing: c.Services[0].Existing, Image: Image{Tag: "v*"}}
}

func TestAServiceIsAddedToWhatStands(t *testing.T) {
	const cdk = `{"app": "go run ./infra", "watch": {"include": ["a<b"]}, "context": {"z": 1.50, "cutover": {"services": [{"name": "site", "tags": {"b": "1", "a": "2"}}]}, "@aws": true}}`
	out, err := Merge([]byte(cdk), adoptedShop(t), VPC{}, ranges)
	if err != nil {
		t.Fatal(err)
	}
	last := 0
	for _, part := range []string{`"app": "go run ./infra"`, `"a<b"`, `"z": 1.50`, `"name": "site"`, `"b": "1"`, `"a": "2"`, `"name": "shop"`, `"service": "Shop_Web"`, `"@aws": true`} {
		at := strings.Index(string(out), part)
		if at < last {
			t.Errorf("%s is lost or moved:\n%s", part, out)
		}
		last = at
	}
	if _, err := Merge(out, adoptedShop(t), VPC{}, ranges); err == nil || !strings.Contains(err.Error(), `services[1] is called "shop" already`) {
		t.Errorf("a service of that name is overwritten: %v", err)
	}
}

func TestANetworkIsWrittenWhereNoneIsNamed(t *testing.T) {
	network := VPC{ID: "vpc-1", PrivateSubnets: []string{"subnet-1"}}
	for cdk, want := range map[string]string{
		`{"app": "x"}`: `"id": "vpc-1"`,
		`{"context": {"cutover": {"platform": {"name": "ours"}}}}`:                                         `"id": "vpc-1"`,
		`{"context": {"cutover": {"platform": {"vpc": {"id": "vpc-2", "privateSubnets": ["subnet-2"]}}}}}`: `"id": "vpc-2"`,
	} {
		if out, err := Merge([]byte(cdk), adoptedShop(t), network, ranges); err != nil || !strings.Contains(string(out), want) || strings.Count(string(out), `"vpc"`) != 1 {
			t.Errorf("%v: %s", err, out)
		}
	}
	for _, cdk := range []string{`[]`, `{"context": []}`, `{"context": {"cutover": 1}}`, `{"context": {"cutover": {"services": {}}}}`, `{"context": {"cutover": {"platform": 1}}}`} {
		if out, err := Merge([]byte(cdk), adoptedShop(t), network, ranges); err == nil {
			t.Errorf("%s becomes %s", cdk, out)
		}
	}
}
