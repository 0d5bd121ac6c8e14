#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { FakeApiServer } from './fake-apiserver.ts';
import { followOrders } from './orders.ts';
import { generateDeployments, HELM_RELEASES } from './samples.ts';

const USAGE = `Starts a stand-in for a Kubernetes API server on 127.0.0.1 and writes a kubeconfig for it.

  npm exec -- node test/support/fake-apiserver/main.ts [--kubeconfig FILE] [--port N] [--deployments N] [--namespaces N]
      [--helm] [--autoscalers N] [--client NAME] [--no-rollouts]

  --kubeconfig FILE   where the kubeconfig goes (default demo-kubeconfig.yaml)
  --port N            default: a free one
  --deployments N     that many made-up Deployments instead of a dozen samples
  --namespaces N      the namespaces of those (default 20)
  --helm              those as Helm 4 installs them, instead of kubectl
  --autoscalers N     HPAs for the first Deployments, one each
  --client NAME       a user who may read and scale all Deployments
  --no-rollouts       a cluster without controllers: a status never changes

A process that starts it with an IPC channel can order changes: see test/support/fake-apiserver/orders.ts.
`;

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string', default: 'demo-kubeconfig.yaml' },
    port: { type: 'string' },
    deployments: { type: 'string' },
    namespaces: { type: 'string', default: '20' },
    helm: { type: 'boolean', default: false },
    autoscalers: { type: 'string', default: '0' },
    client: { type: 'string' },
    'no-rollouts': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) {
  process.stdout.write(USAGE);
} else {
  const cluster = await FakeApiServer.start({
    ...(values.port === undefined ? {} : { port: count('port', values.port) }),
    ...(values.deployments === undefined ? {} : { deployments: generated(values.deployments) }),
    ...(values['no-rollouts'] ? { rolloutDelayMs: Number.POSITIVE_INFINITY } : {}),
  });
  const scaled = cluster.deployments.list().slice(0, count('autoscalers', values.autoscalers));
  for (const { namespace, name } of scaled) cluster.autoscalers.add({ namespace, name });
  if (values.client !== undefined) {
    const resources = ['deployments', 'deployments/scale'];
    cluster.roles.allow({ users: [values.client], verbs: ['get', 'list', 'patch'], resources });
  }
  await cluster.writeKubeconfig(values.kubeconfig);
  process.stdout.write(
    `${cluster.deployments.size} Deployments at ${cluster.url}; kubeconfig: ${values.kubeconfig}\n`,
  );
  if (process.send !== undefined) {
    followOrders(cluster.deployments);
    process.once('disconnect', () => void cluster.stop());
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void cluster.stop());
}

function generated(deployments: string) {
  const namespaces = count('namespaces', values.namespaces);
  return generateDeployments(count('deployments', deployments), namespaces, values.helm ? HELM_RELEASES : {});
}

function count(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${option} is not a number: ${text}`);
  return Number(text);
}
