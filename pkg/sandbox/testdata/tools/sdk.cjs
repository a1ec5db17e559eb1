// Deploys with AWS's SDK for JavaScript and its own waiters: node sdk.cjs HOOK
const assert = require("node:assert");
const ecs = require("@aws-sdk/client-ecs");
const cd = require("@aws-sdk/client-codedeploy");

const [hook] = process.argv.slice(2);
const [services, deployments] = [new ecs.ECSClient({}), new cd.CodeDeployClient({})];
const group = { applicationName: "web", deploymentGroupName: "web" };
const patience = { maxWaitTime: 60, minDelay: 0.1, maxDelay: 0.5 };

// register registers what runs as another version.
async function register(version) {
  const { services: [service] } = await services.send(new ecs.DescribeServicesCommand({ cluster: "main", services: ["web"] }));
  const primary = service.taskSets.find((set) => set.status === "PRIMARY");
  const { taskDefinition } = await services.send(new ecs.DescribeTaskDefinitionCommand({ taskDefinition: primary.taskDefinition }));
  const { taskDefinitionArn, revision, status, requiresAttributes, compatibilities, registeredAt, registeredBy, ...input } = taskDefinition;
  assert(registeredAt instanceof Date && Math.abs(Date.now() - registeredAt) < 600_000, `registered at ${registeredAt}`);
  input.containerDefinitions[0].environment = [{ name: "VERSION", value: version }];
  return (await services.send(new ecs.RegisterTaskDefinitionCommand(input))).taskDefinition.taskDefinitionArn;
}

async function create(taskDefinition, description) {
  const content = JSON.stringify({
    version: 0.0,
    Resources: [{ TargetService: { Type: "AWS::ECS::Service", Properties: { TaskDefinition: taskDefinition, LoadBalancerInfo: { ContainerName: "web", ContainerPort: 80 } } } }],
    Hooks: [{ AfterAllowTestTraffic: hook }],
  });
  const { deploymentId } = await deployments.send(new cd.CreateDeploymentCommand({
    ...group, description, deploymentConfigName: "CodeDeployDefault.ECSCanary10Percent5Minutes", revision: { revisionType: "AppSpecContent", appSpecContent: { content } },
  }));
  return deploymentId;
}

const wait = (deploymentId) => cd.waitUntilDeploymentSuccessful({ client: deployments, ...patience }, { deploymentId });
const get = async (deploymentId) => (await deployments.send(new cd.GetDeploymentCommand({ deploymentId }))).deploymentInfo;

async function main() {
  const good = await create(await register("from JavaScript"), "pass");
  assert.equal((await wait(good)).state, "SUCCESS");
  const { deploymentTargets: [{ deploymentTargetType, ecsTarget }] } = await deployments.send(
    new cd.BatchGetDeploymentTargetsCommand({ deploymentId: good, targetIds: ["main:web"] }));
  assert.equal(deploymentTargetType, "ECSTarget");
  assert.deepEqual(ecsTarget.lifecycleEvents.map((e) => e.status), Array(8).fill("Succeeded"));
  assert(ecsTarget.lifecycleEvents.every((e) => e.startTime <= e.endTime), "the events' times");
  const { taskArns } = await services.send(new ecs.ListTasksCommand({ cluster: "main", serviceName: "web" }));
  assert.equal((await ecs.waitUntilTasksRunning({ client: services, ...patience }, { cluster: "main", tasks: taskArns })).state, "SUCCESS");

  const bad = await create(await register("never"), "fail");
  await assert.rejects(create(await register("too early"), "pass"), (err) =>
    err instanceof cd.DeploymentLimitExceededException && err.message.includes(`already has an active Deployment '${bad}'`));
  await assert.rejects(wait(bad), /FAILURE/);
  let info = await get(bad);
  assert.equal(info.errorInformation.code, "HOOK_EXECUTION_FAILURE");
  while (!info.rollbackInfo?.rollbackDeploymentId) info = await get(bad); // it follows a moment later
  assert.equal((await wait(info.rollbackInfo.rollbackDeploymentId)).state, "SUCCESS");
  await assert.rejects(get("d-AAAAAAAAA"), cd.DeploymentDoesNotExistException);
  await assert.rejects(services.send(new ecs.UpdateServiceCommand({ cluster: "main", service: "web", forceNewDeployment: true })), ecs.InvalidParameterException);
}

main().catch((err) => { console.error(err); process.exit(1); });
