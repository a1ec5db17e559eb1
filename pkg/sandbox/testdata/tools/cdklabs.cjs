// Deploys with the functions that AWS Labs' construct library puts behind its custom resource EcsDeployment:
// node cdklabs.cjs GOOD-REVISION BAD-REVISION HOOK
const assert = require("node:assert");
const { setTimeout: pause } = require("node:timers/promises");
const provider = "@cdklabs/cdk-ecs-codedeploy/assets/ecs-deployment-provider";
const onEvent = require(`${provider}/on-event.lambda/index.js`).handler;
const isComplete = require(`${provider}/is-complete.lambda/index.js`).handler;

const [good, bad, hook] = process.argv.slice(2);

// ask asks for a change of the custom resource, as CloudFormation does.
const ask = (RequestType, taskDefinition, description, PhysicalResourceId) => onEvent({
  RequestType, PhysicalResourceId,
  ResourceProperties: {
    applicationName: "web", deploymentGroupName: "web", deploymentConfigName: "CodeDeployDefault.ECSAllAtOnce", description,
    autoRollbackConfigurationEnabled: "true", autoRollbackConfigurationEvents: "DEPLOYMENT_FAILURE,DEPLOYMENT_STOP_ON_REQUEST",
    // YAML, as the library's appspec writes it
    revisionAppSpecContent: `version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: ${taskDefinition}
        LoadBalancerInfo:
          ContainerName: web
          ContainerPort: 80
Hooks:
  - AfterAllowTestTraffic: ${hook}
`,
  },
});

// complete waits as the custom resource's provider does, for a minute.
async function complete(RequestType, PhysicalResourceId) {
  for (let i = 0; i < 600; i++, await pause(100)) {
    if ((await isComplete({ RequestType, PhysicalResourceId })).IsComplete) return;
  }
  throw new Error(`${RequestType} of ${PhysicalResourceId} is never complete`);
}

async function main() {
  const { PhysicalResourceId: first } = await ask("Create", good, "pass");
  await complete("Create", first);
  const { PhysicalResourceId: second } = await ask("Update", bad, "fail", first);
  assert.notEqual(second, first);
  await assert.rejects(complete("Update", second), /Deployment Failed: \[HOOK_EXECUTION_FAILURE\]/);
  const { PhysicalResourceId: third } = await ask("Create", bad, "silent");
  await ask("Delete", bad, "silent", third);
  await complete("Delete", third);
}

main().catch((err) => { console.error(err); process.exit(1); });
