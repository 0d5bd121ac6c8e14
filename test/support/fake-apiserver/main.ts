#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { FakeApiServer } from './fake-apiserver.ts';

const USAGE = `Starts a stand-in for a Kubernetes API server on 127.0.0.1 and writes a kubeconfig for it.

  npm exec -- node test/support/fake-apiserver/main.ts [--kubeconfig FILE] [--port N] [--deployments N]

  --kubeconfig FILE   where the kubeconfig goes (default demo-kubeconfig.yaml)
  --port N            default: a free one
  --deployments N     that many made-up Deployments instead of a dozen samples
`;

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string', default: 'demo-kubeconfig.yaml' },
    port: { type: 'string' },
    deployments: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) {
  process.stdout.write(USAGE);
} else {
  const cluster = await FakeApiServer.start({
    ...(values.port === undefined ? {} : { port: count('port', values.port) }),
    ...(values.deployments === undefined ? {} : { deployments: count('deployments', values.deployments) }),
  });
  await cluster.writeKubeconfig(values.kubeconfig);
  process.stdout.write(
    `${cluster.deployments.size} Deployments at ${cluster.url}; kubeconfig: ${values.kubeconfig}\n`,
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void cluster.stop());
}

function count(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${option} is not a number: ${text}`);
  return Number(text);
}
