import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../fake-apiserver/fake-apiserver.ts';
import { TestService } from '../service.ts';
import { until } from '../until.ts';
import { build, type ClientProgram, ROOT } from './build.ts';
import { certificatesFolder } from './certificates.ts';
import { type Outcome, run } from './command.ts';
import { documentedCode, markedPart } from './documented-code.ts';

/** A program that takes the arguments of the programs in examples/, and prints what they print. */
export interface RunnableProgram extends ClientProgram {
  /** The title of its section in docs/how-to/languages.md. */
  readonly title: string;
  /** The file whose marked part docs/how-to/languages.md shows. */
  readonly source: string;
  /** Whether it also plans a batch, and sends the receipt as it has read it: with its checksum. */
  readonly plans?: boolean;
  /** The command that runs it, from the folder that contains certs/. build/clients/ means that of the repository. */
  readonly run: string;
}

const RUN_LIMIT_MS = 60_000;

/** Tests a program in examples/, and that examples/README.md says how to build it. */
export function testExample(example: RunnableProgram): void {
  testProgram({ ...example, plans: true });

  it(`${example.folder} is built and run with the commands that examples/README.md shows`, async () => {
    const readme = await readFile(join(ROOT, 'examples/README.md'), 'utf8');
    expect(readme).toContain(`    cd build/clients/${basename(example.folder)}\n`);
    for (const command of [...example.build, example.run]) expect(readme).toContain(`    ${command}\n`);
  });
}

/** Tests that a program uses all operations of the API and handles errors correctly, and that the documentation has it. */
export function testProgram(program: RunnableProgram): void {
  describe(`the program in ${program.folder}`, () => {
    let demo: FakeApiServer;
    let other: FakeApiServer;
    /** Where no pods come or go. */
    let halted: FakeApiServer;
    let service: TestService;
    let folder: string;
    /** The counts that the received writes name as the current ones. */
    const preconditions: (string | null)[] = [];

    beforeAll(async () => {
      await build(program);
      demo = await FakeApiServer.start();
      demo.autoscalers.add({
        namespace: 'shop',
        name: 'checkout',
        spec: { minReplicas: 2, maxReplicas: 9 },
      });
      other = await FakeApiServer.start({ deployments: [{ namespace: 'shop', name: 'cart', replicas: 2 }] });
      halted = await FakeApiServer.start({
        deployments: [{ namespace: 'shop', name: 'cart', replicas: 2 }],
        rolloutDelayMs: Number.POSITIVE_INFINITY,
      });
      const kubeconfig = { main: demo.kubeconfig, other: other.kubeconfig, halted: halted.kubeconfig };
      service = await (await TestService.start({ kubeconfig })).synced();
      service.app.server.on('request', ({ method, url = '' }) => {
        if (method === 'POST' && url.includes('/replica-count'))
          preconditions.push(new URL(url, 'https://localhost').searchParams.get('currentReplicas'));
      });
      await until(async () =>
        JSON.stringify((await service.get('/deployments/shop/checkout')).body).includes('HorizontalPod'),
      );
      folder = await certificatesFolder(service);
    });
    beforeEach(() => {
      preconditions.length = 0;
    });
    afterAll(async () => {
      await service?.stop();
      await demo?.stop();
      await other?.stop();
      await halted?.stop();
      if (folder !== undefined) await rm(folder, { recursive: true });
    });

    function start(args: readonly string[], basePath = ''): Promise<Outcome> {
      const command = program.run.split(' ').map((word) => word.replace(/^build\/clients\//, `${ROOT}/$&`));
      const env = { BASE_URL: `https://localhost:${service.port}${basePath}` };
      return run([...command, ...args], { cwd: folder, env, limitMs: RUN_LIMIT_MS });
    }

    const count = () => demo.deployments.get('shop', 'cart')?.replicas;

    it('reads a state, sets the count if it is still that one, waits for the pods, lists, and reads the health', async () => {
      const { exitCode, stdout, stderr } = await start(['shop', 'cart', '6']);
      expect({ exitCode, stderr, lines: stdout.trimEnd().split('\n') }).toEqual({
        exitCode: 0,
        stderr: '',
        lines: [
          'shop/cart: 4 -> 6',
          'forecast: holds',
          'warning: none',
          'outcome: ready, 6 replicas',
          expect.stringMatching(
            /^all: default\/my-deployment ingress\/gateway .* shop\/recommendations-batch$/,
          ),
          'in shop: shop/cart shop/catalog shop/checkout shop/recommendations-batch',
          'health: OK',
          ...(program.plans ? ['plan: 3 of 4 would be set to 0'] : []),
        ],
      });
      expect(preconditions).toEqual(['4']);
      expect(count()).toBe(6);
    });

    it('shows who else sets the count, the forecast of a write, and its warning', async () => {
      const { stdout } = await start(['shop', 'catalog', '6']);
      expect(stdout.split('\n').slice(0, 4)).toEqual([
        'Helm/catalog: its next upgrade fails with a conflict if the count is not 5',
        'shop/catalog: 5 -> 6',
        'forecast: blocksUpgrade; by="Helm/catalog"',
        expect.stringMatching(/^warning: 299 - "The next helm upgrade of release catalog fails .*"$/),
      ]);
    });

    it.each([
      [
        '404',
        ['shop', 'nope', '6'],
        '404 DEPLOYMENT_NOT_FOUND: There is no Deployment nope in namespace shop',
      ],
      ['400', ['shop', 'cart', '-1'], '400 INVALID_BODY: field replicas must be >= 0'],
      [
        '409',
        ['shop', 'checkout', '10'],
        '409 REPLICAS_MANAGED: Nothing was changed, because the count would not stay. HorizontalPodAutoscaler shop/checkout keeps 2 to 9',
      ],
      [
        '412',
        ['shop', 'cart', '7', '1'],
        '412 PRECONDITION_FAILED: Deployment cart in namespace shop is no longer',
      ],
    ])('splits a %s into status, code and message', async (_status, args, message) => {
      const countOf = () => demo.deployments.get('shop', args[1] ?? '')?.replicas;
      const before = countOf();
      const { exitCode, stdout, stderr } = await start(args);
      expect(stderr).toContain(message);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: expect.not.stringContaining('->') });
      expect(countOf()).toBe(before);
    });

    it('reaches another cluster by a change of the base URL only', async () => {
      const before = count();
      const { exitCode, stdout, stderr } = await start(['shop', 'cart', '9'], '/other');
      expect({ exitCode, stdout, stderr }).toEqual({
        exitCode: 0,
        stdout:
          'shop/cart: 2 -> 9\nforecast: holds\nwarning: none\noutcome: ready, 9 replicas\nall: shop/cart\nin shop: shop/cart\nhealth: OK\n' +
          (program.plans ? 'plan: 1 of 1 would be set to 0\n' : ''),
        stderr: '',
      });
      expect(other.deployments.get('shop', 'cart')?.replicas).toBe(9);
      expect(count()).toBe(before);
    });

    it('shows how the rollout ended if not as asked', async () => {
      const ended = start(['shop', 'cart', '9'], '/halted');
      await until(() => halted.deployments.get('shop', 'cart')?.replicas === 9);
      halted.deployments.scale('shop', 'cart', 3, { manager: 'kubectl' });
      const { exitCode, stderr } = await ended;
      expect(stderr).toContain('409 REPLICAS_OVERRIDDEN: ');
      expect(exitCode).toBe(1);
    });

    it('contains the code in docs/how-to/languages.md', async () => {
      const shown = await markedPart(join(ROOT, program.folder, program.source));
      expect(shown).not.toBe('');
      expect(await documentedCode(program.title)).toBe(shown);
    });
  });
}
