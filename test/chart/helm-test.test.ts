import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { template } from '../support/chart/helm.ts';
import { SERVICE_USER } from '../support/fake-apiserver/access.ts';
import { FakeApiServer } from '../support/fake-apiserver/fake-apiserver.ts';
import { freePorts } from '../support/free-ports.ts';
import { TestService } from '../support/service.ts';
import { metricLines } from '../support/service-metrics.ts';
import { until } from '../support/until.ts';

/** The script of `helm test`, as the chart renders it, against the service: most of all, how it fails. */

interface Container {
  readonly command: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}
interface Answer {
  readonly status: number;
  readonly text: string;
}

let folder: string;
let container: Container;
let demo: FakeApiServer;
let service: TestService;
let management: Server;
/** What the management port answers. */
let answer: () => Promise<Answer>;
let variables: Record<string, string>;

const metrics = async () => ({ status: 200, text: (await metricLines(service)).join('\n') });

beforeAll(async () => {
  const { stdout } = await template(join(import.meta.dirname, 'cases/defaults.yaml'));
  const objects = parseAllDocuments(stdout).map((document) => document.toJS());
  container = objects.find(({ kind }) => kind === 'Pod').spec.containers[0];
  folder = await mkdtemp(join(tmpdir(), 'helm-test-'));
  demo = await FakeApiServer.start();
  service = await TestService.start({
    kubeconfig: demo.kubeconfig,
    authorization: 'SubjectAccessReview',
    timing: { health: { lookMs: 20, contactMs: 40, reviewMs: 40, watchMs: 40 } },
  });
  await writeFile(join(folder, 'tls.crt'), await servedBy(service));
  management = createServer((_, response) => {
    void answer().then(({ status, text }) => response.writeHead(status).end(text));
  });
  await once(management.listen(0, '127.0.0.1'), 'listening');
}, 1_200_000);

beforeEach(async () => {
  demo.roles.reset();
  await until(() => service.cluster.state === 'ready');
  answer = metrics;
  variables = {
    SERVICE: '127.0.0.1',
    PORT: `${service.port}`,
    PODS: '127.0.0.1',
    MANAGEMENT_PORT: `${portOf(management)}`,
    CERTIFICATE: join(folder, 'tls.crt'),
    LIMIT_SECONDS: '0',
  };
});

afterAll(async () => {
  management?.close();
  await service?.stop();
  await demo?.stop();
  await rm(folder, { recursive: true });
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : Number.NaN;
}

/** The certificate of a service, as a client gets it. */
async function servedBy({ authority, client: { cert, key }, port }: TestService): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, ca: authority.cert, cert, key });
  await once(socket, 'secureConnect');
  const served = socket.getPeerX509Certificate();
  socket.destroy();
  return `${served}`;
}

/** The exit code and the output of the script. */
function run(): Promise<string> {
  const [, ...args] = container.command;
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: variables }, (error, stdout, stderr) =>
      resolve(`${error?.code ?? 0}: ${stdout}${stderr}`),
    );
  });
}

/** An attempt gives up after some seconds, which a machine that stands still may take, so that the script is run again. */
const says = (text: string) => expect.poll(run).toBe(text);

it('the pod sets each variable that the script reads', () => {
  const [, , script = ''] = container.command;
  const read = /const \{ ([\w, ]+) \} = process\.env/.exec(script)?.[1]?.split(', ') ?? [];
  expect(read.length).toBeGreaterThan(4);
  expect(container.env.map(({ name }) => name).sort()).toEqual(read.sort());
});

describe('helm test passes', () => {
  const OK =
    '0: ok: the pods can serve every cluster, with the certificate of the Secret, and refuse clients without a certificate\n';

  it('where all is well', async () => {
    await says(OK);
  });

  it('once a pod has become able to serve its clusters', async () => {
    variables.LIMIT_SECONDS = '600';
    let asked = 0;
    answer = async () => {
      asked += 1;
      return asked === 1 ? { status: 503, text: '' } : await metrics();
    };
    expect(await run()).toBe(OK);
    expect(asked).toBeGreaterThan(1);
  });
});

describe('helm test fails', () => {
  it('with the right to grant where a cluster does not decide what clients may do', async () => {
    demo.roles.set([{ users: [SERVICE_USER.name], verbs: ['*'], resources: ['deployments'] }]);
    await until(() => service.cluster.state === 'blocked');
    await says(
      '1: cluster default is blocked: its API server does not decide what clients may do: grant the account of the service create on subjectaccessreviews.authorization.k8s.io, unless the line "cluster blocked" in the log of the pods names another cause\n',
    );
  });

  it('with the line of the log that has the cause where the Deployments may not be listed', async () => {
    demo.roles.set([{ users: [SERVICE_USER.name], verbs: ['create'], resources: ['*'] }]);
    demo.dropConnections();
    await until(() => service.cluster.state === 'unreachable');
    await says(
      '1: cluster default is unreachable: its API server does not answer, or refuses to list Deployments: the line "cluster unreachable" in the log of the pods has the cause\n',
    );
  });

  it('where the metrics of a pod have no state of a cluster', async () => {
    answer = async () => ({ status: 200, text: '' });
    await says('1: the metrics of pod 127.0.0.1 name no cluster\n');
  });

  it('where a pod answers with an error, whatever its text says', async () => {
    answer = async () => ({ ...(await metrics()), status: 500 });
    await says('1: the management port of pod 127.0.0.1 answers with 500\n');
  });

  it('where nothing listens on the management port', async () => {
    const [port] = await freePorts(1);
    variables.MANAGEMENT_PORT = `${port}`;
    await says('1: the management port of pod 127.0.0.1 does not answer\n');
  });

  it('where nothing listens at the address of the Service', async () => {
    const [port] = await freePorts(1);
    variables.PORT = `${port}`;
    await says(`1: no TLS connection to 127.0.0.1:${port}\n`);
  });

  it('where the certificate is not that of the Secret', async () => {
    variables.CERTIFICATE = join(folder, 'other.crt');
    await writeFile(variables.CERTIFICATE, service.client.cert);
    await says(`1: 127.0.0.1:${service.port} serves a certificate other than that of the Secret\n`);
  });

  it('where a client without a certificate gets an answer', async () => {
    const { cert, key } = service.client;
    variables.CERTIFICATE = join(folder, 'open.crt');
    await writeFile(variables.CERTIFICATE, cert);
    const open = createTlsServer({ cert, key }, (_, response) => response.end());
    await once(open.listen(0, '127.0.0.1'), 'listening');
    variables.PORT = `${portOf(open)}`;
    try {
      await says(`1: 127.0.0.1:${variables.PORT} answers a client without a certificate\n`);
    } finally {
      open.closeAllConnections();
      open.close();
    }
  });
});
