import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { StubCommands } from '../../support/hack/stub-commands.ts';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import { until } from '../../support/until.ts';

/** The shell functions that an incident begins with, with a kubectl that forwards to servers of the test. */

let folder: string;
let commands: StubCommands;
let management: Server;
let service: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'incident-'));
  commands = new StubCommands(folder);
  management = createServer(({ method, url, headers }, response) =>
    response.end(`${method} ${url} of ${headers.host?.replace(/:.*/, '')}\n`),
  );
  const authority = await CertificateAuthority.create({ commonName: 'test CA' });
  const server = await authority.issue({
    commonName: 'scaler',
    sans: ['localhost'],
    usages: ['serverAuth'],
  });
  const oncall = await authority.issue({ commonName: 'oncall', usages: ['clientAuth'] });
  service = createTlsServer(
    { ...server, ca: authority.cert, requestCert: true },
    ({ url, socket }, response) => {
      const user = socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : undefined;
      response.end(`${url} for ${user}`);
    },
  );
  await mkdir(join(folder, 'certs'));
  for (const [file, text] of [
    ['ca-cert.pem', authority.cert],
    ['oncall-cert.pem', oncall.cert],
    ['oncall-key.pem', oncall.key],
  ] as const)
    await writeFile(join(folder, 'certs', file), text);
  for (const each of [management, service]) await once(each.listen(0, '127.0.0.1'), 'listening');
  commands.add(
    'kubectl',
    `case "$1 $4" in
      get*) printf 'pod/one\\npod/two\\n' ;;
      *gone) echo 'Error from server (NotFound): pods "gone" not found' >&2; exit 1 ;;
      *) [ "$5" = :8443 ] && port=${portOf(service)} || port=${portOf(management)}
        echo $$ >>"${join(folder, 'pids')}"
        echo "Forwarding from 127.0.0.1:$port -> \${5#:}"
        echo "Forwarding from [::1]:$port -> \${5#:}"
        exec sleep 60 ;;
    esac`,
  );
});

afterAll(async () => {
  management?.close();
  service?.close();
  await rm(folder, { recursive: true });
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : Number.NaN;
}

/** The output of a command after the first block of functions in a document. */
async function said(document: string, command: string): Promise<string> {
  const text = await readFile(resolve(import.meta.dirname, '../../../docs', document), 'utf8');
  const block = /^ {4}NS=(?:.*\n)(?: {4}.*\n)+/m.exec(text)?.[0] ?? '';
  const env = { ...process.env, PATH: `${commands.folder}:${process.env.PATH}` };
  return new Promise((done) => {
    execFile('bash', ['-c', `${block}\n${command}`], { cwd: folder, env }, (_, stdout, stderr) =>
      done(stdout + stderr),
    );
  });
}

it('manage asks the management listener of a pod, through a kubectl that has ended afterwards', async () => {
  const answer = await said('how-to/first-hour.md', 'manage one /log-level -X PUT -d debug');
  expect(answer).toBe('PUT /log-level of localhost\n');
  expect(commands.calls).toContain('kubectl port-forward -n k8s-deployment-scaler pod/one :8081\n');
  const [pid = Number.NaN] = await forwarding();
  await until(() => !isRunning(pid));
});

it('ask sends what a client asks, with the certificate of the person on call', async () => {
  expect(await said('how-to/first-hour.md', 'ask one /clusters')).toBe('/clusters for oncall 200\n');
});

it('a pod that is gone has the message of kubectl, and no answer of something else', async () => {
  expect(await said('how-to/first-hour.md', 'manage gone /readyz; ask gone /healthz')).toBe(
    'Error from server (NotFound): pods "gone" not found\n'.repeat(2),
  );
});

it('metrics of the runbook asks all pods', async () => {
  expect(await said('runbook.md', 'metrics')).toBe(
    ['one', 'two'].map((pod) => `# pod/${pod}\nGET /metrics of 127.0.0.1\n`).join(''),
  );
});

/** The processes of `kubectl port-forward` that were started. */
async function forwarding(): Promise<number[]> {
  const lines = await readFile(join(folder, 'pids'), 'utf8');
  return lines.trim().split('\n').map(Number);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
