import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { tool } from '../support/chart/helm.ts';
import { certificatesFolder } from '../support/clients/certificates.ts';
import { run } from '../support/clients/command.ts';
import { ControlPlane } from '../support/integration/control-plane.ts';
import { chartIn } from '../support/integration/writers.ts';
import { TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/** The commands of docs/how-to/make-it-stick.md, on a real control plane, as a reader would run them. */
const DOCUMENT = resolve(import.meta.dirname, '../../docs/how-to/make-it-stick.md');
/** The service may see it only after the next command. */
const ALLOW_8 = `kubectl patch hpa cart --type=merge -p '{"spec":{"maxReplicas":8}}'`;
/** After it, the HPA sets the bound by itself. */
const HOLD_5 = `kubectl patch hpa cart --type=merge -p '{"spec":{"minReplicas":5,"maxReplicas":5}}'`;
const MANIFEST = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
spec:
  replicas: 3
  selector:
    matchLabels: {app: cart}
  template:
    metadata:
      labels: {app: cart}
    spec:
      containers: [{name: web, image: nginx}]
`;

let plane: ControlPlane;
let service: TestService;
/** The working folder of the commands. */
let folder: string;

beforeAll(async () => {
  await tool('helm');
  plane = await ControlPlane.start();
  service = await (await TestService.start({ kubeconfig: plane.apiserver.kubeconfig })).synced();
  folder = await certificatesFolder(service);
  await chartIn({ folder });
}, 600_000);

afterAll(async () => {
  await service?.stop();
  await plane?.stop();
  await rm(folder, { recursive: true });
});

beforeEach(() => writeFile(join(folder, 'cart.yaml'), MANIFEST));

afterEach(async () => {
  await plane.run('kubectl', 'delete', 'deployment,hpa', 'cart', '--ignore-not-found');
  await serviceAnswers(404);
});

/** Resolves once the service answers reads of the Deployment with this status. */
function serviceAnswers(status: number): Promise<void> {
  return until(async () => (await service.count('default', 'cart')).status === status);
}

/** A command of the document, and the lines of output below it. */
interface Step {
  readonly command: string;
  readonly output: readonly string[];
}

/** The commands of the section with this title, without those of its subsections. */
async function stepsOf(title: string): Promise<readonly Step[]> {
  const [, section = ''] = (await readFile(DOCUMENT, 'utf8')).split(`# ${title}\n`);
  const [own = ''] = section.split('\n#');
  const steps = own.split(/^ {4}\$ /m).slice(1);
  return steps.map((step) => {
    const [command = '', ...rest] = step.split('\n');
    const end = rest.findIndex((line) => !line.startsWith('    '));
    return { command, output: rest.slice(0, end).map((line) => line.trim()) };
  });
}

/** Runs a command as bash does in the folder of the reader, with the function `scale`. */
async function bash(command: string) {
  const [definition] = await stepsOf('Make a count stick');
  const script = `${definition?.command}\n${command}`.replace('localhost:8443', `localhost:${service.port}`);
  const tools = await Promise.all([tool('kubectl'), tool('helm')]);
  const PATH = [...tools.map((file) => dirname(file)), process.env.PATH].join(':');
  return run(['bash', '-c', script], { cwd: folder, env: { ...plane.environment, PATH }, limitMs: 110_000 });
}

/** Runs the commands of a section. Each must print what the document shows, and then fulfil its condition in `after`. */
async function follow(title: string, after: Readonly<Record<string, () => Promise<unknown>>> = {}) {
  await serviceAnswers(200);
  const steps = await stepsOf(title);
  expect(steps.length).toBeGreaterThan(2);
  for (const { command, output } of steps) {
    const { exitCode, stdout, stderr } = await bash(command);
    expect(`${stdout}${stderr}`, command).toContain(output.join('\n'));
    expect(exitCode, `${command}: ${stderr}`).toBe(/^error/i.test(output[0] ?? '') ? 1 : 0);
    await after[command]?.();
  }
}

const counts = () => expect.poll(() => plane.count('cart'));

it('kubectl apply leaves the count alone once it is in neither the file nor the annotation', async () => {
  await bash('kubectl apply -f cart.yaml');
  await follow('kubectl apply');
  expect(await plane.count('cart')).toBe(5);
  await bash('scale 6');
  await bash('kubectl apply -f cart.yaml');
  expect(await plane.count('cart')).toBe(6);
});

it('kubectl apply --server-side fails, and leaves the count alone once it is not in the file', async () => {
  await bash('kubectl apply --server-side -f cart.yaml');
  await follow('Server-side');
  expect(await plane.count('cart')).toBe(5);
});

it('Helm 4 fails, passes with the present count, and leaves the count alone without one', async () => {
  await bash('helm install cart ./chart');
  await follow('Helm 4', {
    'helm upgrade cart ./chart --set replicas=5': async () => expect(await plane.count('cart')).toBe(5),
  });
  expect(await plane.count('cart')).toBe(6);
  await plane.succeed('helm', 'uninstall', 'cart');
});

it('an HPA lets a count be once its bounds do, and does nothing at 0', async () => {
  await bash('kubectl apply -f cart.yaml');
  await plane.autoscale('cart', { minReplicas: 2, maxReplicas: 4 });
  await follow('HorizontalPodAutoscaler', {
    [ALLOW_8]: () => until(() => service.cluster.autoscalers.of('default', 'cart')[0]?.max === 8),
    'scale 7': () => plane.decided('cart', 7),
    'scale 0': async () => {
      await plane.decided('cart', 0);
      expect(await plane.count('cart')).toBe(0);
    },
    [HOLD_5]: () => counts().toBe(5),
  });
  await plane.decided('cart', 5);
  expect(await plane.count('cart')).toBe(5);
});
