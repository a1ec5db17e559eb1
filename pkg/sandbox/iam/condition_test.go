package iam_test

import (
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/sandbox/iam"
)

func TestConditionsCompareAsAWSDocumentsIt(t *testing.T) {
	keys := map[string][]string{
		"aws:username": {"Ann"}, "aws:principaltag/team": {"blue*"}, "aws:sourcearn": {"arn:aws:events:eu-central-2:111122223333:rule/pushes"},
		"s3:max-keys": {"10"}, "aws:currenttime": {"2026-11-23T05:00:00Z"}, "aws:epochtime": {"1795410000"},
		"aws:securetransport": {"true"}, "aws:sourceip": {"203.0.113.7"}, "key:bytes": {"QmluYXJ5"},
		"aws:tagkeys": {"cost", "owner"}, "none:given": {}, "team:name": {"blue*"},
	}
	for _, c := range []struct {
		condition string
		want      bool
	}{
		{`"StringEquals":{"aws:UserName":"Ann"}`, true},
		{`"StringEquals":{"aws:UserName":"ann"}`, false},
		{`"StringEquals":{"aws:username":["Bob","Ann"]}`, true},
		{`"StringEquals":{"aws:username":"A*"}`, false},
		{`"StringEqualsIgnoreCase":{"aws:username":"ANN"}`, true},
		{`"StringNotEqualsIgnoreCase":{"aws:username":"ANN"}`, false},
		{`"StringNotEquals":{"aws:username":["Bob","Cid"]}`, true},
		{`"StringNotEquals":{"aws:username":["Bob","Ann"]}`, false},
		{`"StringLike":{"aws:username":["B*","A?n"]}`, true},
		{`"StringNotLike":{"aws:username":"A*"}`, false},
		{`"StringEquals":{"aws:missing":"x"}`, false},
		{`"StringNotEquals":{"aws:missing":"x"}`, true},
		{`"StringEqualsIfExists":{"aws:missing":"x"}`, true},
		{`"StringEqualsIfExists":{"aws:username":"x"}`, false},
		{`"StringEquals":{"aws:username":"Ann"},"Bool":{"aws:SecureTransport":"false"}`, false},
		{`"StringEquals":{"aws:username":"Ann","team:name":"red"}`, false},
		{`"StringEquals":{"team:name":"${aws:PrincipalTag/team}"}`, true},
		{`"StringLike":{"aws:username":"${aws:PrincipalTag/team}"}`, false},
		{`"StringEquals":{"aws:username":"${aws:missing}"}`, false},
		{`"StringNotEquals":{"aws:username":"${aws:missing}"}`, true},
		{`"ArnEquals":{"aws:SourceArn":"arn:aws:events:*:111122223333:rule/*"}`, true},
		{`"ArnLike":{"AWS:SourceArn":"arn:aws:events:eu-central-2:111122223333:rule/p*"}`, true},
		{`"ArnLike":{"aws:SourceArn":"arn:aws:*:rule/pushes"}`, false},
		{`"ArnLike":{"aws:username":"*"}`, false},
		{`"ArnNotLike":{"aws:SourceArn":"arn:aws:events:*:*:*"}`, false},
		{`"ArnNotEquals":{"aws:SourceArn":"arn:aws:sns:*:*:*"}`, true},
		{`"NumericLessThanEquals":{"s3:max-keys":10}`, true},
		{`"NumericLessThan":{"s3:max-keys":"10"}`, false},
		{`"NumericGreaterThan":{"s3:max-keys":"9.5"}`, true},
		{`"NumericGreaterThanEquals":{"s3:max-keys":"11"}`, false},
		{`"NumericEquals":{"s3:max-keys":"10.0"}`, true},
		{`"NumericNotEquals":{"s3:max-keys":"10"}`, false},
		{`"NumericEquals":{"aws:username":"10"}`, false},
		{`"NumericEquals":{"s3:max-keys":"NaN"}`, false},
		{`"DateGreaterThan":{"aws:CurrentTime":"2026-11-01T00:00:00Z"}`, true},
		{`"DateLessThan":{"aws:CurrentTime":"2026-11-23"}`, false},
		{`"DateLessThanEquals":{"aws:EpochTime":"1795410000"}`, true},
		{`"DateGreaterThanEquals":{"aws:CurrentTime":"2026-11-23T05:00:00+00:00"}`, true},
		{`"DateEquals":{"aws:CurrentTime":"soon"}`, false},
		{`"DateNotEquals":{"aws:CurrentTime":"2026-11-23T05:00:00Z"}`, false},
		{`"Bool":{"aws:SecureTransport":true}`, true},
		{`"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`, true},
		{`"Bool":{"aws:MultiFactorAuthPresent":"false"}`, false},
		{`"BinaryEquals":{"key:bytes":"QmluYXJ5"}`, true},
		{`"BinaryEquals":{"key:bytes":"!"}`, false},
		{`"IpAddress":{"aws:SourceIp":["10.0.0.0/8","203.0.113.0/24"]}`, true},
		{`"IpAddress":{"aws:SourceIp":"203.0.113.7"}`, true},
		{`"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}`, false},
		{`"IpAddress":{"aws:username":"0.0.0.0/0"}`, false},
		{`"Null":{"aws:missing":"true"}`, true},
		{`"Null":{"aws:username":"true"}`, false},
		{`"Null":{"aws:username":false}`, true},
		{`"Null":{"none:given":"true"}`, true},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["cost","owner","more"]}`, true},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["cost"]}`, false},
		{`"ForAllValues:StringEquals":{"aws:missing":["cost"]}`, true},
		{`"ForAllValues:StringNotLike":{"aws:TagKeys":["secret*"]}`, true},
		{`"ForAnyValue:StringLike":{"aws:TagKeys":["c*"]}`, true},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":["x"]}`, false},
		{`"ForAnyValue:StringEquals":{"aws:missing":["x"]}`, false},
		{`"ForAnyValue:StringNotEquals":{"aws:TagKeys":["cost"]}`, true},
		{`"StringNotEquals":{"aws:TagKeys":["cost"]}`, false},
	} {
		text := policy(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{` + c.condition + `}}`)
		q := iam.Request{Principal: session(), Action: "s3:ListBucket", Resource: "arn:aws:s3:::b", Keys: keys}
		if got := iam.Evaluate(q, read(t, text, iam.Identity), nil).Allowed; got != c.want {
			t.Errorf("%s: %v", c.condition, got)
		}
	}
}

func TestAMatchOfManyStarsEndsSoon(t *testing.T) {
	pattern := strings.Repeat("*a", 2_000) + "b"
	text := policy(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::` + pattern + `"}`)
	q := iam.Request{Principal: session(), Action: "a:b", Resource: "arn:aws:s3:::" + strings.Repeat("a", 4_000)}
	if iam.Evaluate(q, read(t, text, iam.Identity), nil).Allowed {
		t.Error("allowed")
	}
}
