//go:build !race

package main

// maximal says everything that the smaller documents of these tests do not: HTTPS, sidecars, volumes, capacity, canary,
// approval, hooks, and an operator's own key, boundary and topic.
const maximal = `{
	"platform": {"account": "111122223333", "region": "us-east-1", "tags": {"owner": "platform"}, "keepLogs": true, "topic": "new",
		"notify": {"destinations": [{"name": "ends", "slack": {"webhook": "arn:aws:secretsmanager:us-east-1:111122223333:secret:incoming-AbCdEf"}}]},
		"key": "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-11ee-8c99-0242ac120002", "reports": {},
		"permissionsBoundary": "arn:aws:iam::111122223333:policy/boundary", "placeholder": "placeholder:2",
		"vpc": {"egress": "nat-per-zone"}},
	"services": [{"name": "sample-website", "image": {"tag": "v*", "existing": false},
		"task": {"cpu": 1024, "memory": 2048, "environmentFiles": ["arn:aws:s3:::settings/web.env"], "storage": 40, "readOnly": true, "exec": true,
			"environment": {"LEVEL": "info"}, "secrets": {"TOKEN": "arn:aws:secretsmanager:us-east-1:111122223333:secret:token-AbCdEf"},
			"healthCheck": {"command": ["CMD-SHELL", "true"], "interval": "10s", "timeout": "3s", "retries": 2, "startPeriod": "5s"},
			"volumes": [{"name": "data", "path": "/data", "readOnly": true, "fileSystem": "fs-0a", "accessPoint": "fsap-0a"}, {"name": "scratch", "path": "/tmp"}],
			"sidecars": [{"name": "proxy", "image": "public.ecr.aws/envoy/envoy:1", "optional": true, "command": ["envoy"], "environment": {"A": "b"},
				"secrets": {"KEY": "arn:aws:ssm:us-east-1:111122223333:parameter/key"}, "volumes": {"scratch": "/tmp"}, "cpu": 128, "memory": 256}],
			"capacity": [{"provider": "FARGATE", "weight": 3, "base": 1}]},
		"loadBalancer": {"internal": false, "https": {"certificate": "arn:aws:acm:us-east-1:111122223333:certificate/one",
			"certificates": ["arn:aws:acm:us-east-1:111122223333:certificate/two"], "policy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "redirectPort": 80}},
		"deployment": {"canary": {"percentage": 10, "interval": "5m"}, "approvalWait": "30m", "hooks": {"BeforeInstall": "migrate"}, "blue": "terminate"},
		"verify": {"serverName": "shop.example"}, "tags": {"team": "web"},
		"observe": {"dashboard": true, "traces": true, "alarms": ["deadLetters", "unanswered", "refused", "busy", "errors", "throttles", "durations"]}}]}`

// together are two services on one load balancer, each on its own pair of ports.
const together = `{
	"platform": {"notify": {"destinations": [{"name": "hook", "webhook": {"url": "https://hooks.example/cutover", "secret": "arn:aws:ssm:us-east-1:111122223333:parameter/team/hook"}}]},
		"repositoryKey": "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-11ee-8c99-0242ac120003", "existingCluster": false, "loadBalancer": {"internal": true}, "vpc": {"egress": "nat"}},
	"services": [
		{"name": "sample-website", "loadBalancer": {"shared": true}, "deployment": {"linear": {"percentage": 20, "interval": "1m"}}},
		{"name": "shop", "loadBalancer": {"shared": true, "productionPort": 81, "testPort": 8081}}]}`

// brought are services on a load balancer that stood before.
const brought = `{
	"platform": {"notify": {"destinations": [{"name": "team", "slack": {"channel": "C0123456789", "token": "arn:aws:secretsmanager:us-east-1:111122223333:secret:slack-AbCdEf", "api": "https://slack-gov.com/api"}}]}, "existingCluster": true, "loadBalancer": {"internal": true, "dnsName": "old.example", "securityGroup": "sg-0a",
			"arn": "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/old/0a1b"},
		"vpc": {"id": "vpc-1", "availabilityZones": ["us-east-1a", "us-east-1b"], "publicSubnets": ["subnet-1", "subnet-2"], "privateSubnets": ["subnet-3", "subnet-4"],
			"natAddresses": ["192.0.2.1"]}},
	"services": [{"name": "sample-website", "loadBalancer": {"shared": true}, "image": {"existing": true}}]}`

// enclosed is a network without a way to the internet.
const enclosed = `{"platform": {"placeholder": "caddy:2", "vpc": {"egress": "endpoints"}}, "services": [{"name": "sample-website", "loadBalancer": {"internal": true}}]}`

// adopted is a service that stood before, on an internal load balancer and in a cluster of its own.
const adopted = `{
	"platform": {"topic": "arn:aws:sns:us-east-1:111122223333:alarms", "vpc": {"id": "vpc-0a1b2c3d", "privateSubnets": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"]}},
	"services": [{"name": "shop", "image": {"repository": "shop/web", "tag": "v*"}, "task": {"container": "web", "port": 3000},
		"loadBalancer": {"internal": true, "productionPort": 80, "testPort": 9000},
		"deployment": {"config": "CodeDeployDefault.ECSCanary10Percent5Minutes", "terminationWait": "30m", "hooks": {"BeforeInstall": "migrate"}},
		"existing": {"cluster": "prod", "service": "shop-web", "application": "shop-app", "deploymentGroup": "shop-group", "family": "shop-web-task",
			"roles": ["arn:aws:iam::111122223333:role/shop-task", "arn:aws:iam::111122223333:role/ecsTaskExecutionRole"], "logGroup": "/shop/web",
			"productionListener": "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/shop/0a1b/1c",
			"testListener": "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/shop/0a1b/2d",
			"targetGroups": ["arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/shop-blue/3e", "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/shop-green/4f"],
			"securityGroup": "sg-0a1b2c3d", "scaled": true}}]}`
