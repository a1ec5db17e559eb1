"""What teams write today: a release handler in Python, reduced to its clients and four reads of one event."""
import json
import os
import urllib.request

import boto3

ecs, codedeploy, ecr = boto3.client("ecs"), boto3.client("codedeploy"), boto3.client("ecr")
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"


def handle(event):
    service = ecs.describe_services(cluster="cutover", services=["Sample-Website"])["services"][0]
    primary = next(t for t in service["taskSets"] if t["status"] == "PRIMARY")
    revision = ecs.describe_task_definition(taskDefinition=primary["taskDefinition"])["taskDefinition"]
    ecr.describe_repositories(repositoryNames=["sample-website"])
    codedeploy.list_deployments()
    return {"revision": revision["taskDefinitionArn"]}


while True:
    with urllib.request.urlopen(api + "next") as given:
        request_id, event = given.headers["Lambda-Runtime-Aws-Request-Id"], json.load(given)
    answer = json.dumps(handle(event)).encode()
    urllib.request.urlopen(urllib.request.Request(api + request_id + "/response", data=answer)).close()
