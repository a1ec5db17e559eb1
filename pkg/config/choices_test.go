package config

import (
	"strings"
	"testing"
)

// aCertificate is the ARN of one.
const aCertificate = "arn:aws:acm:us-east-1:111122223333:certificate/0a1b"

func TestChoicesThatCannotBeAreRefusedInASentence(t *testing.T) {
	service := func(keys string) string { return `{"services": [{"name": "shop", ` + keys + `}]}` }
	for name, c := range map[string]struct{ document, want string }{
		"certificate":                 {service(`"loadBalancer": {"https": {"certificate": "cert"}}, "verify": {"serverName": "a.b"}`), "https.certificate: \"cert\" must be the ARN of a certificate"},
		"HTTPS without a name":        {service(`"loadBalancer": {"https": {"certificate": "` + aCertificate + `"}}`), "services[0].verify.serverName: is missing"},
		"no default certificate":      {service(`"loadBalancer": {"https": {"certificates": ["` + aCertificate + `"]}}`), "https.certificate: is missing"},
		"certificate twice":           {service(`"verify": {"serverName": "a.b"}, "loadBalancer": {"https": {"certificate": "` + aCertificate + `", "certificates": ["` + aCertificate + `"]}}`), "is shown already"},
		"TLS policy":                  {service(`"verify": {"serverName": "a.b"}, "loadBalancer": {"https": {"certificate": "` + aCertificate + `", "policy": "modern"}}`), "a security policy of ELB"},
		"redirect on the test port":   {service(`"verify": {"serverName": "a.b"}, "loadBalancer": {"testPort": 80, "https": {"certificate": "` + aCertificate + `"}}`), "80 is services[0].loadBalancer.testPort already"},
		"shared ports":                {`{"services": [{"name": "a", "loadBalancer": {"shared": true}}, {"name": "b", "loadBalancer": {"shared": true, "testPort": 9000}}]}`, "services[1].loadBalancer.productionPort: 80 is services[0].loadBalancer.productionPort already"},
		"shared and internal":         {service(`"loadBalancer": {"shared": true, "internal": true}`), "is platform.loadBalancer's to say"},
		"half a load balancer":        {`{"platform": {"loadBalancer": {"arn": "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/a/b"}}, "services": [{"name": "a"}]}`, "platform.loadBalancer.securityGroup: is missing"},
		"load balancer without ARN":   {`{"platform": {"loadBalancer": {"securityGroup": "sg-1"}}, "services": [{"name": "a"}]}`, "platform.loadBalancer.arn: is missing"},
		"network load balancer":       {`{"platform": {"loadBalancer": {"arn": "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/net/a/b"}}, "services": [{"name": "a"}]}`, "an application load balancer"},
		"egress":                      {`{"platform": {"vpc": {"egress": "vpn"}}, "services": [{"name": "a"}]}`, "one of [nat nat-per-zone endpoints]"},
		"endpoints and the internet":  {`{"platform": {"vpc": {"egress": "endpoints"}}, "services": [{"name": "a"}]}`, "services[0].loadBalancer.internal: must be true"},
		"endpoints and a placeholder": {`{"platform": {"vpc": {"egress": "endpoints"}}, "services": [{"name": "a", "loadBalancer": {"internal": true}}]}`, "platform.placeholder: is missing"},
		"placeholder elsewhere":       {`{"platform": {"placeholder": "caddy"}, "services": [{"name": "a"}]}`, "platform.placeholder"},
		"repository key alias":        {`{"platform": {"repositoryKey": "arn:aws:kms:us-east-1:111122223333:alias/a"}, "services": [{"name": "a"}]}`, "platform.repositoryKey"},
		"key alias":                   {`{"platform": {"key": "arn:aws:kms:us-east-1:111122223333:alias/a"}, "services": [{"name": "a"}]}`, "an alias does not do"},
		"boundary":                    {`{"platform": {"permissionsBoundary": "Boundary"}, "services": [{"name": "a"}]}`, "the ARN of an IAM policy"},
		"topic":                       {`{"platform": {"topic": "alerts"}, "services": [{"name": "a"}]}`, `"new" or the ARN of an SNS topic`},
		"environment file":            {service(`"task": {"environmentFiles": ["s3://bucket/a.env"]}`), "an object in S3 that ends in .env"},
		"container check":             {service(`"task": {"healthCheck": {"command": ["curl", "localhost"]}}`), `must begin with "CMD" or "CMD-SHELL"`},
		"container check of nothing":  {service(`"task": {"healthCheck": {"retries": 2}}`), "healthCheck.command: is missing"},
		"volume path":                 {service(`"task": {"volumes": [{"name": "a", "path": "data"}]}`), "begins with /"},
		"access point alone":          {service(`"task": {"volumes": [{"name": "a", "path": "/a", "accessPoint": "fsap-1"}]}`), "fileSystem: is missing"},
		"storage":                     {service(`"task": {"storage": 20}`), "21 to 200 GiB"},
		"sidecar name":                {service(`"task": {"sidecars": [{"name": "shop", "image": "a:1"}]}`), "of this container alone"},
		"sidecar image":               {service(`"task": {"sidecars": [{"name": "proxy"}]}`), "sidecars[0].image: is missing"},
		"sidecar of an image":         {service(`"images": [{"container": "shop"}, {"container": "proxy"}], "task": {"sidecars": [{"name": "proxy", "image": "a:1"}]}`), "is a container of images too"},
		"sidecar takes all":           {service(`"task": {"sidecars": [{"name": "proxy", "image": "a:1", "memory": 512}]}`), "leave none for the container"},
		"sidecar's volume":            {service(`"task": {"sidecars": [{"name": "proxy", "image": "a:1", "volumes": {"x": "/x"}}]}`), "is not one of task.volumes"},
		"capacity provider":           {service(`"task": {"capacity": [{"provider": "my-asg", "weight": 1}]}`), "must be FARGATE or FARGATE_SPOT"},
		"two bases":                   {service(`"task": {"capacity": [{"provider": "FARGATE", "weight": 1, "base": 1}, {"provider": "FARGATE_SPOT", "weight": 1, "base": 1}]}`), "has 2 bases"},
		"no weight":                   {service(`"task": {"capacity": [{"provider": "FARGATE", "base": 1}]}`), "no weight above 0"},
		"canary percentage":           {service(`"deployment": {"canary": {"percentage": 100, "interval": "5m"}}`), "100 must be 1 to 99"},
		"canary interval":             {service(`"deployment": {"canary": {"percentage": 10, "interval": "90s"}}`), "whole minutes"},
		"linear too long":             {service(`"deployment": {"linear": {"percentage": 1, "interval": "1h"}}`), "longer than the 48h"},
		"canary and linear":           {service(`"deployment": {"canary": {"percentage": 10, "interval": "5m"}, "linear": {"percentage": 10, "interval": "5m"}}`), "traffic moves in one way"},
		"canary and a configuration":  {service(`"deployment": {"config": "mine", "canary": {"percentage": 10, "interval": "5m"}}`), "leave one out"},
		"approval wait":               {service(`"deployment": {"approvalWait": "49h"}`), "approvalWait: 49h0m0s must be a multiple of 1m0s"},
		"the verification's hook":     {service(`"deployment": {"hooks": {"AfterAllowTestTraffic": "mine"}}`), "is the verification's event"},
		"hook of no event":            {service(`"deployment": {"hooks": {"AfterDeploy": "mine"}}`), "is not an event with a hook"},
		"hook elsewhere":              {service(`"deployment": {"hooks": {"AfterInstall": "arn:aws:lambda:us-east-1:444455556666:function:a"}}`), "a function's name in this account"},
		"keep alive":                  {service(`"deployment": {"blue": "KEEP_ALIVE"}`), "blue's targets would stay in the target group that the next green uses"},
		"long tag":                    {`{"platform": {"tags": {"a": "` + strings.Repeat("x", 257) + `"}}, "services": [{"name": "a"}]}`, "platform.tags.a: has 257 characters"},
		"hook where a suite is":       {service(`"deployment": {"hooks": {"BeforeInstall": "mine"}}, "stages": {"BeforeInstall": {"checks": [{"path": "/"}]}}`), "has a suite in stages already"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse([]byte(c.document), ranges); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
