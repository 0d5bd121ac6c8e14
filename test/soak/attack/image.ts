import { readFileSync } from 'node:fs';

const SERVER = 'dist/src/server.js';

/** The arguments of Node and the environment with which the image starts the service, from the Dockerfile. */
export function imageCommand(): { arguments: string[]; environment: Record<string, string> } {
  const text = readFileSync('Dockerfile', 'utf8');
  const lastStage = text.slice(text.lastIndexOf('\nFROM '));
  const [, list = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(lastStage) ?? [];
  const [, ...words]: string[] = JSON.parse(list);
  if (!words.includes(SERVER)) throw new Error(`the ENTRYPOINT of the Dockerfile does not start ${SERVER}`);
  const pairs = [...lastStage.matchAll(/^ENV (.+)$/gm)].flatMap(([, line = '']) => line.split(' '));
  return {
    arguments: words,
    environment: Object.fromEntries(pairs.map((pair) => pair.split('=', 2))),
  };
}

/** The memory limit of the chart, in MiB. */
export function chartLimitMib(): number {
  const values = readFileSync('charts/k8s-deployment-scaler/values.yaml', 'utf8');
  const [, mib] = /^ {2}limits:\n(?: {4}.*\n)*? {4}memory: (\d+)Mi$/m.exec(values) ?? [];
  if (mib === undefined) throw new Error('the chart has no resources.limits.memory in Mi');
  return Number(mib);
}
