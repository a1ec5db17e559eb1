package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/sandbox/iam"
)

const (
	roleARN    = "arn:aws:iam::111122223333:role/deploy"
	sessionARN = "arn:aws:sts::111122223333:assumed-role/deploy/fn"
)

// read is a policy of the holder "h" under the name "p".
func read(t *testing.T, text string, kind iam.Kind) []iam.Policy {
	t.Helper()
	if text == "" {
		return nil
	}
	d, err := iam.ReadDocument(text, kind)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return []iam.Policy{{Holder: "h", Name: "p", Document: d}}
}

// policy with statements, of the current version.
func policy(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func session() iam.Principal {
	return iam.Principal{ARN: sessionARN, Role: roleARN, Account: account}
}

func TestStatementsDecideAsAWSDocumentsIt(t *testing.T) {
	allow := func(action, resource string) string {
		return fmt.Sprintf(`{"Effect":"Allow","Action":%s,"Resource":%s}`, action, resource)
	}
	const bucket = `"arn:aws:s3:::confidential-data/*"`
	for name, c := range map[string]struct {
		policy, action, resource, want string
	}{
		"nothing said is a denial":               {policy(allow(`"s3:Get*"`, `"*"`)), "s3:PutObject", "arn:aws:s3:::b/k", "no"},
		"a wildcard stands within the action":    {policy(allow(`"iam:*AccessKey*"`, `"*"`)), "iam:DeleteAccessKey", "*", "yes #1"},
		"actions are compared whatever the case": {policy(allow(`"S3:getobject"`, `"*"`)), "s3:GetObject", "arn:aws:s3:::b/k", "yes #1"},
		"resources are not":                      {policy(allow(`"*"`, `"arn:aws:s3:::B/*"`)), "s3:GetObject", "arn:aws:s3:::b/k", "no"},
		"a question mark is one character":       {policy(allow(`"*"`, `"arn:aws:s3:::b/k?"`)), "s3:GetObject", "arn:aws:s3:::b/k", "no"},
		"a star passes slashes":                  {policy(allow(`"*"`, `"arn:aws:s3:::b/*/test/*"`)), "s3:GetObject", "arn:aws:s3:::b/1/2/test/object.jpg", "yes #1"},
		"a star stays in its part":               {policy(allow(`"*"`, `"arn:aws:sqs:*:q"`)), "sqs:SendMessage", "arn:aws:sqs:eu-central-2:111122223333:q", "no"},
		"missing parts are anything":             {policy(allow(`"*"`, `"arn:aws:sqs"`)), "sqs:SendMessage", "arn:aws:sqs:eu-central-2:111122223333:q", "yes #1"},
		"an ARN is not every resource":           {policy(allow(`"*"`, `"arn:aws:ecs:*:*:*"`)), "ecs:DescribeTaskDefinition", "*", "no"},
		"the first that allows is named": {policy(allow(`"a:b"`, `"*"`), `{"Sid":"Mine","Effect":"Allow","Action":"a:*","Resource":"*"}`),
			"a:c", "*", "yes Mine"},
		"a denial wins over what came before": {policy(allow(`"*"`, `"*"`), `{"Sid":"Never","Effect":"Deny","Action":"s3:*","Resource":`+bucket+`}`),
			"s3:GetObject", "arn:aws:s3:::confidential-data/k", "denied Never"},
		"NotAction is all others":                 {policy(`{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`), "ec2:RunInstances", "*", "yes #1"},
		"NotAction leaves its own out":            {policy(`{"Effect":"Allow","NotAction":["iam:*","sts:*"],"Resource":"*"}`), "iam:CreateUser", "*", "no"},
		"Deny with NotResource keeps to one":      {policy(allow(`"*"`, `"*"`), `{"Effect":"Deny","Action":"s3:*","NotResource":`+bucket+`}`), "s3:GetObject", "arn:aws:s3:::other/k", "denied #2"},
		"and lets that one be":                    {policy(allow(`"*"`, `"*"`), `{"Effect":"Deny","Action":"s3:*","NotResource":`+bucket+`}`), "s3:GetObject", "arn:aws:s3:::confidential-data/k", "yes #1"},
		"a resource that is unknown is allowed":   {policy(allow(`"s3:*"`, bucket)), "s3:GetObject", "", "yes #1"},
		"and denied only by a star":               {policy(allow(`"s3:*"`, bucket), `{"Effect":"Deny","Action":"s3:*","Resource":`+bucket+`}`), "s3:GetObject", "", "yes #1"},
		"variables take the request's values":     {policy(allow(`"s3:*"`, `"arn:aws:s3:::b/${aws:userid}/*"`)), "s3:GetObject", "arn:aws:s3:::b/me/k", "yes #1"},
		"wildcards in a value are plain":          {policy(allow(`"s3:*"`, `"arn:aws:s3:::b/${aws:wild}/*"`)), "s3:GetObject", "arn:aws:s3:::b/you/k", "no"},
		"a variable without a value matches none": {policy(allow(`"s3:*"`, `"arn:aws:s3:::b/${aws:none}*"`)), "s3:GetObject", "arn:aws:s3:::b/", "no"},
		"but may have a default":                  {policy(allow(`"s3:*"`, `"arn:aws:s3:::b/${aws:none, 'home'}/*"`)), "s3:GetObject", "arn:aws:s3:::b/home/k", "yes #1"},
		"an escaped star is a star":               {policy(allow(`"s3:*"`, `"arn:aws:s3:::b/${*}"`)), "s3:GetObject", "arn:aws:s3:::b/k", "no"},
		"old versions know no variables": {`{"Version":"2008-10-17","Statement":` + allow(`"s3:*"`, `"arn:aws:s3:::b/${aws:userid}"`) + `}`,
			"s3:GetObject", "arn:aws:s3:::b/me", "no"},
	} {
		q := iam.Request{Principal: session(), Action: c.action, Resource: c.resource, Keys: map[string][]string{"aws:userid": {"me"}, "aws:wild": {"*"}}}
		if got := told(iam.Evaluate(q, read(t, c.policy, iam.Identity), nil)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// told is a verdict in a word and its statement.
func told(v iam.Verdict) string {
	switch {
	case v.Allowed:
		return "yes " + v.By.Label
	case v.By.Label != "":
		return "denied " + v.By.Label
	}
	return "no"
}

func TestAResourcesPolicyAddsToThePrincipalsOwn(t *testing.T) {
	const queue = "arn:aws:sqs:eu-central-2:111122223333:q"
	resource := func(effect, principal string) string {
		return fmt.Sprintf(`{"Effect":%q,%s,"Action":"sqs:SendMessage","Resource":%q}`, effect, principal, queue)
	}
	own := policy(`{"Effect":"Allow","Action":"sqs:*","Resource":"*"}`)
	service := iam.Principal{Service: "events.amazonaws.com", Account: account}
	for name, c := range map[string]struct {
		who                iam.Principal
		identity, resource string
		want               string
	}{
		"a service needs the resource's":        {service, "", "", "no"},
		"which names it":                        {service, "", resource("Allow", `"Principal":{"Service":"events.amazonaws.com"}`), "yes #1"},
		"with its region too":                   {service, "", resource("Allow", `"Principal":{"Service":["sns.amazonaws.com","events.eu-central-2.amazonaws.com"]}`), "yes #1"},
		"and not another":                       {service, "", resource("Allow", `"Principal":{"Service":"sns.amazonaws.com"}`), "no"},
		"everybody is a service too":            {service, "", resource("Allow", `"Principal":"*"`), "yes #1"},
		"however it is written":                 {service, "", resource("Allow", `"Principal":{"AWS":"*"}`), "yes #1"},
		"a role may be named":                   {session(), "", resource("Allow", `"Principal":{"AWS":"`+roleARN+`"}`), "yes #1"},
		"or its session":                        {session(), "", resource("Allow", `"Principal":{"AWS":["`+sessionARN+`"]}`), "yes #1"},
		"an account leaves it to its policies":  {session(), "", resource("Allow", `"Principal":{"AWS":"111122223333"}`), "no"},
		"which then decide":                     {session(), own, resource("Allow", `"Principal":{"AWS":"arn:aws:iam::111122223333:root"}`), "yes #1"},
		"but denies for all of it":              {session(), own, resource("Deny", `"Principal":{"AWS":"arn:aws:iam::111122223333:root"}`), "denied #1"},
		"everybody but one is denied":           {session(), own, resource("Deny", `"NotPrincipal":{"AWS":"arn:aws:iam::111122223333:role/other"}`), "denied #1"},
		"and that one is not":                   {session(), own, resource("Deny", `"NotPrincipal":{"AWS":"`+roleARN+`"}`), "yes #1"},
		"its own may do without the resource's": {session(), own, "", "yes #1"},
	} {
		q := iam.Request{Principal: c.who, Action: "sqs:SendMessage", Resource: queue}
		text := ""
		if c.resource != "" {
			text = policy(c.resource)
		}
		if got := told(iam.Evaluate(q, read(t, c.identity, iam.Identity), read(t, text, iam.Resource))); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestWhatIsNoPolicyIsRefused(t *testing.T) {
	statement := func(s string) string { return policy(`{"Effect":"Allow",` + s + `}`) }
	for _, c := range []struct {
		kind       iam.Kind
		text, want string
	}{
		{iam.Identity, `{`, "read policy"},
		{iam.Identity, `{} {}`, "after its end"},
		{iam.Identity, `{"Version":"2012-10-17"}`, "no statement"},
		{iam.Identity, `{"Version":"2013-01-01","Statement":[]}`, "unknown version"},
		{iam.Identity, `{"Statements":[]}`, "unknown field"},
		{iam.Identity, policy(`{"Effect":"Maybe","Action":"*","Resource":"*"}`), "unknown effect"},
		{iam.Identity, statement(`"Resource":"*"`), "neither Action nor NotAction"},
		{iam.Identity, statement(`"Action":[],"Resource":"*"`), "neither Action nor NotAction"},
		{iam.Identity, statement(`"Action":"*"`), "neither Resource nor NotResource"},
		{iam.Identity, statement(`"Action":"*","NotAction":"a:b","Resource":"*"`), "cannot stand together"},
		{iam.Identity, statement(`"Action":"RunTask","Resource":"*"`), "names no service"},
		{iam.Identity, statement(`"Action":"*","Resource":"bucket"`), "neither an ARN nor *"},
		{iam.Identity, statement(`"Action":{"a":1},"Resource":"*"`), "not a string"},
		{iam.Identity, statement(`"Action":"*","Resource":"*","Principal":"*"`), "cannot name a principal"},
		{iam.Identity, statement(`"Action":"*","Resource":"*","Condition":{"StringMatches":{"a":"b"}}`), "unknown condition operator"},
		{iam.Identity, statement(`"Action":"*","Resource":"*","Condition":{"ForSome:StringLike":{"a":"b"}}`), "unknown condition operator"},
		{iam.Identity, statement(`"Action":"*","Resource":"*","Condition":{"NullIfExists":{"a":"true"}}`), "unknown condition operator"},
		{iam.Identity, statement(`"Action":"*","Resource":"*","Condition":{"StringLike":{"a":[]}}`), "no value"},
		{iam.Resource, statement(`"Action":"*","Resource":"*"`), "neither Principal nor NotPrincipal"},
		{iam.Resource, statement(`"Action":"*","Resource":"*","Principal":"me"`), "unknown principal"},
		{iam.Resource, statement(`"Action":"*","Resource":"*","Principal":{"Person":"me"}`), "unknown kind"},
		{iam.Identity, strings.Repeat(" ", 1<<17), "more than"},
	} {
		if _, err := iam.ReadDocument(c.text, c.kind); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.200s: %v, want %q", c.text, err, c.want)
		}
	}
}

// Whatever a policy says: reading it ends, one that cannot be read allows nothing, and a denial of everything wins.
func FuzzReadDocument(f *testing.F) {
	f.Add(policy(`{"Effect":"Allow","Action":"*","Resource":"*"}`), "ecs:RunTask", "arn:aws:ecs:a:b:c/d")
	f.Add(policy(`{"Sid":"x","Effect":"Deny","NotAction":["a:*","b:?"],"NotResource":["arn:aws:s3:::${aws:userid}*"]}`), "a:b", "*")
	f.Add(policy(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAllValues:StringLikeIfExists":{"aws:TagKeys":["a*",true,3]}}}`), "a:b", "")
	f.Add(policy(`{"Effect":"Allow","Principal":{"AWS":"*","Service":["a"]},"Action":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}`), "a:b", "*")
	f.Fuzz(func(t *testing.T, text, action, resource string) {
		for _, kind := range []iam.Kind{iam.Identity, iam.Resource} {
			d, err := iam.ReadDocument(text, kind)
			if err != nil {
				continue
			}
			q := iam.Request{Principal: session(), Action: action, Resource: resource, Keys: map[string][]string{
				"aws:userid": {text}, "aws:tagkeys": {action, resource}, "aws:sourceip": {"10.1.1.1"},
			}}
			asked := []iam.Policy{{Document: d}}
			if kind == iam.Resource {
				iam.Evaluate(q, nil, asked)
				continue
			}
			iam.Evaluate(q, asked, nil)
			never := read(t, policy(`{"Sid":"Never","Effect":"Deny","Action":"*","Resource":"*"}`), iam.Identity)
			if v := iam.Evaluate(q, append(asked, never...), nil); v.Allowed || v.By.Label == "" {
				t.Errorf("%+v", v)
			}
		}
	})
}
