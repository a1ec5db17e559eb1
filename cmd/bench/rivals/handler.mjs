// What teams write today: a release handler in Node.js, reduced to its clients and three reads of one event.
import { ECSClient, DescribeServicesCommand, DescribeTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { CodeDeployClient, ListDeploymentsCommand } from "@aws-sdk/client-codedeploy";

const ecs = new ECSClient({}), codedeploy = new CodeDeployClient({});
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/`;

async function handle() {
  const { services } = await ecs.send(new DescribeServicesCommand({ cluster: "cutover", services: ["Sample-Website"] }));
  const primary = services[0].taskSets.find((t) => t.status === "PRIMARY");
  const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: primary.taskDefinition }));
  await codedeploy.send(new ListDeploymentsCommand({}));
  return { revision: taskDefinition.taskDefinitionArn };
}

for (;;) {
  const given = await fetch(api + "next");
  await given.json();
  const answer = JSON.stringify(await handle());
  await fetch(`${api}${given.headers.get("Lambda-Runtime-Aws-Request-Id")}/response`, { method: "POST", body: answer });
}
