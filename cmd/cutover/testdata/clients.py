"""What boto3 sees of a service with v1 live, and what it does to it: each answer is judged by what it means.

Arguments: names as JSON. Exits 0 when all is as AWS would answer, else with a traceback."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError
from botocore.waiter import WaiterModel, create_waiter_with_client

names = json.loads(sys.argv[1])
once = Config(retries={"total_max_attempts": 1})
cluster, service = names["Cluster"], names["Service"]


def client(name):
    return boto3.client(name, config=once)


def refused(code, call, **args):
    try:
        call(**args)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e
        return e.response["Error"]["Message"]
    raise AssertionError(f"{code} was to be answered")


def tasks():
    ecs = client("ecs")
    s = ecs.describe_services(cluster=cluster, services=[service, "nobody"], include=["TAGS"])
    assert [f["reason"] for f in s["failures"]] == ["MISSING"], s["failures"]
    (one,) = s["services"]
    assert (one["status"], one["runningCount"], one["launchType"]) == ("ACTIVE", 1, "FARGATE"), one
    assert one["createdAt"].tzinfo is not None
    (primary,) = one["taskSets"]
    assert primary["status"] == "PRIMARY" and primary["stabilityStatus"] == "STEADY_STATE", primary
    revision = ecs.describe_task_definition(taskDefinition=primary["taskDefinition"], include=["TAGS"])
    image = revision["taskDefinition"]["containerDefinitions"][0]["image"]
    assert "/sample-website@sha256:" in image, image
    tags = {t["key"]: t["value"] for t in revision["tags"]}
    assert tags["Name"] == "Sample Website" and ":v1@sha256:" in tags["cutover:image"], tags
    pages = ecs.get_paginator("list_task_definitions").paginate(familyPrefix=names["Family"], PaginationConfig={"PageSize": 1})
    arns = [a for p in pages for a in p["taskDefinitionArns"]]
    assert len(arns) == 2 and arns[-1] == primary["taskDefinition"], arns
    (running,) = ecs.describe_tasks(cluster=cluster, tasks=ecs.list_tasks(cluster=cluster, serviceName=service)["taskArns"])["tasks"]
    assert running["lastStatus"] == "RUNNING" and running["containers"][0]["image"] == image, running
    assert "ListAccountSettings" in refused("UnknownOperationException", ecs.list_account_settings)
    refused("ClusterNotFoundException", ecs.describe_services, cluster="nowhere", services=[service])
    refused("InvalidParameterException", ecs.update_service, cluster=cluster, service=service, taskDefinition=arns[0])
    return image


def deployments():
    cd = client("codedeploy")
    group = {"applicationName": names["Application"], "deploymentGroupName": names["DeploymentGroup"]}
    (d,) = cd.list_deployments(**group)["deployments"]
    (info,) = cd.batch_get_deployments(deploymentIds=[d])["deploymentsInfo"]
    assert info["status"] == "Succeeded" and info["completeTime"] > info["createTime"], info
    assert info["description"].startswith("cutover "), info["description"]
    cd.get_waiter("deployment_successful").wait(deploymentId=d, WaiterConfig={"MaxAttempts": 1})
    (target,) = cd.list_deployment_targets(deploymentId=d)["targetIds"]
    t = cd.get_deployment_target(deploymentId=d, targetId=target)["deploymentTarget"]["ecsTarget"]
    assert [e["status"] for e in t["lifecycleEvents"]].count("Failed") == 0, t
    green = [s for s in t["taskSetsInfo"] if s["taskSetLabel"] == "Green"][0]
    assert green["trafficWeight"] == 100.0 and green["status"] == "PRIMARY", green
    g = cd.get_deployment_group(**group)["deploymentGroupInfo"]
    assert g["autoRollbackConfiguration"]["enabled"] and g["deploymentStyle"]["deploymentType"] == "BLUE_GREEN", g
    assert [s["serviceName"] for s in g["ecsServices"]] == [service], g
    assert names["DeploymentGroup"] in cd.list_deployment_groups(applicationName=names["Application"])["deploymentGroups"]
    refused("DeploymentAlreadyCompletedException", cd.stop_deployment, deploymentId=d)
    try:
        cd.get_deployment(deploymentId="d-AAAAAAAAA")
        raise AssertionError("found a deployment that does not exist")
    except cd.exceptions.DeploymentDoesNotExistException:
        pass


def balancers():
    elb = client("elbv2")
    (lb,) = elb.describe_load_balancers(Names=[names["LoadBalancer"]])["LoadBalancers"]
    assert lb["State"]["Code"] == "active" and lb["Type"] == "application", lb
    listeners = elb.describe_listeners(LoadBalancerArn=lb["LoadBalancerArn"])["Listeners"]
    assert sorted(l["Port"] for l in listeners) == [80, 8080], listeners
    weights = [{g["TargetGroupArn"]: g.get("Weight") for g in l["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]} for l in listeners]
    live = {arn for w in weights for arn, weight in w.items() if weight != 0}
    assert len(live) == 1 and "targetgroup/" + names["TargetGroups"][1] in live.pop(), weights
    groups = elb.describe_target_groups(LoadBalancerArn=lb["LoadBalancerArn"])["TargetGroups"]
    assert {g["TargetType"] for g in groups} == {"ip"}, groups
    refused("ListenerNotFound", elb.describe_listeners, ListenerArns=[listeners[0]["ListenerArn"][:-4] + "0000"])


def images():
    ecr = client("ecr")
    found = [i for p in ecr.get_paginator("describe_images").paginate(repositoryName=names["Repository"]) for i in p["imageDetails"]]
    assert [i["imageTags"] for i in found] == [["v1"]] and found[0]["imageSizeInBytes"] > 1 << 20, found
    got = ecr.batch_get_image(repositoryName=names["Repository"], imageIds=[{"imageTag": "v1"}, {"imageTag": "v9"}])
    assert got["images"][0]["imageId"]["imageDigest"] == found[0]["imageDigest"]
    assert got["failures"][0]["failureCode"] == "ImageNotFound", got["failures"]
    refused("RepositoryNotFoundException", ecr.describe_images, repositoryName="nothing")
    return found[0]["imageDigest"]


def functions():
    lam = client("lambda")
    event = {"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {}}
    answer = lam.invoke(FunctionName=names["ReleaseFunction"], Payload=json.dumps(event))
    outcome = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer and outcome["decision"] == "Current", outcome
    function = lam.get_function(FunctionName=names["VerifyFunction"])["Configuration"]
    assert function["Runtime"] == "provided.al2023" and function["State"] == "Active", function
    assert lam.get_function_concurrency(FunctionName=names["ReleaseFunction"])["ReservedConcurrentExecutions"] == 1
    refused("ResourceNotFoundException", lam.invoke, FunctionName="nobody")
    logs = client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/" + names["VerifyFunction"], filterPattern="verdict")
    site = logs.filter_log_events(logGroupName="/ecs/" + names["Stack"], filterPattern="listens")["events"]
    assert "version v1 listens on" in site[0]["message"], site
    verdicts = [json.loads(e["message"])["verdict"] for p in pages for e in p["events"]]
    assert [v["outcome"] for v in verdicts] == ["Succeeded"], verdicts
    assert verdicts[0]["checks"][0]["status"] == 200 and verdicts[0]["version"]["got"] == "v1", verdicts


def events():
    ev = client("events")
    (pushes,) = ev.list_rules(NamePrefix=names["Stack"] + "-pushes")["Rules"]
    pattern = json.loads(pushes["EventPattern"])
    assert pattern["detail"]["repository-name"] == [names["Repository"]], pattern
    assert ev.test_event_pattern(EventPattern=pushes["EventPattern"], Event=json.dumps({
        "id": "1", "account": "1", "source": "aws.ecr", "time": "2026-11-23T05:00:00Z", "region": "eu-central-2", "resources": [],
        "detail-type": "ECR Image Action",
        "detail": {"action-type": "PUSH", "result": "SUCCESS", "repository-name": names["Repository"], "image-tag": "v2"}}))["Result"]
    (target,) = ev.list_targets_by_rule(Rule=pushes["Name"])["Targets"]
    assert target["Arn"].endswith(":function:" + names["ReleaseFunction"]) and "DeadLetterConfig" in target, target
    put = ev.put_events(Entries=[{"Source": "aws.ecr", "DetailType": "x", "Detail": "{}"}, {"Source": "mine", "DetailType": "x", "Detail": "{}"}])
    assert put["FailedEntryCount"] == 1 and put["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException", put
    schedule = client("scheduler").get_schedule(Name=names["Schedule"])
    assert schedule["ScheduleExpression"] == "rate(5 minutes)" and schedule["State"] == "ENABLED", schedule
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=names["Stack"] + "-events-dlq")["QueueUrl"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"] == "0"
    try:
        sqs.get_queue_url(QueueName="nobody")
        raise AssertionError("found a queue that does not exist")
    except sqs.exceptions.QueueDoesNotExist:
        pass


def stacks():
    cfn = client("cloudformation")
    (stack,) = cfn.describe_stacks(StackName=names["Stack"])["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
    assert outputs["RepositoryUri"] == "111122223333.dkr.ecr.eu-central-2.amazonaws.com/" + names["Repository"], outputs
    made = [r for p in cfn.get_paginator("list_stack_resources").paginate(StackName=names["Stack"]) for r in p["StackResourceSummaries"]]
    assert {r["ResourceStatus"] for r in made} == {"CREATE_COMPLETE"}, made
    assert names["VerifyFunction"] in [r["PhysicalResourceId"] for r in made]
    assert {"cutover", names["Stack"]} == {s["StackName"] for p in cfn.get_paginator("describe_stacks").paginate() for s in p["Stacks"]}
    alarms = client("cloudwatch").describe_alarms(AlarmNames=names["Alarms"])["MetricAlarms"]
    assert {a["MetricName"] for a in alarms} == {"HTTPCode_Target_5XX_Count"} and len(alarms) == 2, alarms
    assert client("sts").get_caller_identity()["Account"] == "111122223333"
    refused("ValidationError", cfn.describe_stacks, StackName="nothing")


def keys():
    kms, sqs, logs = client("kms"), client("sqs"), client("logs")
    key = kms.create_key(Description="by boto3")["KeyMetadata"]
    assert (key["KeyState"], key["KeySpec"], key["Enabled"]) == ("Enabled", "SYMMETRIC_DEFAULT", True), key
    about = {"for": "boto3"}
    sealed = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"secret", EncryptionContext=about)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed, EncryptionContext=about)["Plaintext"] == b"secret"
    refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=sealed)
    assert len(kms.generate_data_key(KeyId=key["Arn"], KeySpec="AES_256")["Plaintext"]) == 32
    assert key["Arn"] in [k["KeyArn"] for p in kms.get_paginator("list_keys").paginate() for k in p["Keys"]]
    (allowed,) = json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])["Statement"]
    assert allowed["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}, allowed
    message = refused("AccessDeniedException", logs.create_log_group, logGroupName="/boto3", kmsKeyId=key["Arn"])
    assert message.startswith("The specified KMS key does not exist or is not allowed to be used with Arn "), message
    queue = sqs.create_queue(QueueName="boto3", Attributes={"KmsMasterKeyId": key["Arn"]})["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="under the key")
    kms.disable_key(KeyId=key["KeyId"])
    refused("KMS.DisabledException", sqs.send_message, QueueUrl=queue, MessageBody="under no key")
    refused("NotFoundException", kms.describe_key, KeyId="none")
    sqs.delete_queue(QueueUrl=queue)
    deleted = kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    assert deleted["KeyState"] == "PendingDeletion" and deleted["DeletionDate"].tzinfo is not None, deleted


def waiters():
    """Those that wait for what is so already, at their first look."""
    ecs, elb, lam, cfn = client("ecs"), client("elbv2"), client("lambda"), client("cloudformation")
    groups = elb.describe_target_groups(Names=names["TargetGroups"])["TargetGroups"]
    live = [g["TargetGroupArn"] for g in groups if g["TargetGroupName"] == names["TargetGroups"][1]][0]
    for c, waiter, args in (
        (ecs, "tasks_running", {"cluster": cluster, "tasks": ecs.list_tasks(cluster=cluster, serviceName=service)["taskArns"]}),
        (elb, "load_balancer_available", {"Names": [names["LoadBalancer"]]}),
        (elb, "target_in_service", {"TargetGroupArn": live}),
        (lam, "function_active_v2", {"FunctionName": names["ReleaseFunction"]}),
        (lam, "function_updated_v2", {"FunctionName": names["VerifyFunction"]}),
        (cfn, "stack_create_complete", {"StackName": names["Stack"]}),
        (client("cloudwatch"), "alarm_exists", {"AlarmNames": names["Alarms"]}),
    ):
        c.get_waiter(waiter).wait(**args, WaiterConfig={"MaxAttempts": 1})


def deploying():
    """Two deployments by hand: one to its good end, one stopped and rolled back."""
    ecs, cd = client("ecs"), client("codedeploy")
    (now,) = ecs.describe_services(cluster=cluster, services=[service])["services"][0]["taskSets"]
    old = ecs.describe_task_definition(taskDefinition=now["taskDefinition"])["taskDefinition"]
    kept = ("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "requiresCompatibilities", "cpu", "memory", "runtimePlatform")
    fields = {k: v for k, v in old.items() if k in kept}
    fields["containerDefinitions"][0]["environment"] = [{"name": "SITE_VERSION", "value": "v8"}]
    revision = ecs.register_task_definition(**fields)["taskDefinition"]["taskDefinitionArn"]
    appspec = json.dumps({"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {
        "TaskDefinition": revision, "LoadBalancerInfo": {"ContainerName": names["Container"], "ContainerPort": 80}}}}]})

    def create(**more):
        return cd.create_deployment(applicationName=names["Application"], deploymentGroupName=names["DeploymentGroup"],
                                    revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": appspec}}, **more)["deploymentId"]

    ended = cd.get_waiter("deployment_successful")
    good = create(description="by boto3")
    refused("DeploymentLimitExceededException", create)
    lingers = WaiterModel({"version": 2, "waiters": {"Lingers": {"operation": "GetDeployment", "delay": 1, "maxAttempts": 60, "acceptors": [
        {"matcher": "path", "argument": "deploymentInfo.instanceTerminationWaitTimeStarted", "expected": True, "state": "success"}]}}})
    create_waiter_with_client("Lingers", lingers, cd).wait(deploymentId=good)
    cd.continue_deployment(deploymentId=good, deploymentWaitType="TERMINATION_WAIT")
    ended.wait(deploymentId=good, WaiterConfig={"Delay": 1})
    (set_,) = [s for s in ecs.describe_services(cluster=cluster, services=[service])["services"][0]["taskSets"] if s["status"] == "PRIMARY"]
    assert (set_["taskDefinition"], set_["externalId"]) == (revision, good), set_
    sha = cd.get_deployment(deploymentId=good)["deploymentInfo"]["revision"]["appSpecContent"]["sha256"]
    known = cd.get_application_revision(applicationName=names["Application"], revision={"revisionType": "AppSpecContent", "appSpecContent": {"sha256": sha}})
    assert known["revision"]["appSpecContent"]["content"] == appspec, known

    bad = create()
    assert cd.stop_deployment(deploymentId=bad, autoRollbackEnabled=True)["status"] == "Pending"
    try:
        ended.wait(deploymentId=bad, WaiterConfig={"Delay": 1})
        raise AssertionError("a stopped deployment succeeded")
    except WaiterError as e:
        info = e.last_response["deploymentInfo"]
        assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "MANUAL_STOP"), info
    assert cd.stop_deployment(deploymentId=bad)["status"] == "Succeeded"


with ThreadPoolExecutor(4) as pool:
    runs = pool.submit(tasks), pool.submit(images), *[pool.submit(f) for f in (deployments, balancers, functions, events, stacks, keys, waiters)]
    results = [r.result() for r in runs]
assert results[0].endswith(results[1]), results
deploying()
