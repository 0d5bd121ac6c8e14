import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { isObject, parseJson } from '../json.ts';
import type { ClusterFields, ExecFields } from './kubeconfig-file.ts';
import { type ClientCertificate, clientCertificate } from './tls-files.ts';

/** The credential that a plugin returns: a token, or a certificate with its key, or both. */
export interface ExecCredential {
  readonly token: string | undefined;
  readonly client: ClientCertificate | undefined;
}

/** A plugin that does not finish within this time is killed, with all processes that it started. */
const DEADLINE_MS = 15_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
/** How long the error of a failed run is reused, so that a broken plugin is not run for every request. */
const FAILED_MS = 2_000;
/** The plugin runs again this long before its credential expires, because the credential must outlive the request. */
const EXPIRY_MARGIN_MS = 10_000;
const MAX_REASON_LENGTH = 300;

/**
 * A credential plugin of a kubeconfig (`users[].user.exec`, such as those of aws, gke and azure). It runs when a
 * credential is needed; the credential is kept until it expires or `forget` is called. The implementation in
 * client-node has no deadline and does not validate credentials.
 */
export class ExecPlugin {
  readonly #exec: ExecFields;
  readonly #cluster: ClusterFields;
  readonly #closing: AbortSignal | undefined;
  #credential: { readonly value: ExecCredential; readonly expiresAt: number } | undefined;
  #failure: { readonly error: unknown; readonly until: number } | undefined;
  #running: Promise<ExecCredential> | undefined;

  /**
   * @param exec the plugin, whose command is absolute or in PATH
   * @param cluster its API server, which a plugin may ask for (`provideClusterInfo`)
   * @param closing when it aborts, a running plugin is killed and no further one is started
   */
  constructor(exec: ExecFields, cluster: ClusterFields, closing?: AbortSignal) {
    this.#exec = exec;
    this.#cluster = cluster;
    this.#closing = closing;
  }

  /** Whether this is still the plugin, for the same API server. Most changes of a kubeconfig leave it as it was. */
  serves(exec: ExecFields, cluster: ClusterFields): boolean {
    return isDeepStrictEqual([exec, cluster], [this.#exec, this.#cluster]);
  }

  /** @throws Error whose message names the plugin */
  get(): Promise<ExecCredential> {
    if (this.#credential !== undefined && Date.now() < this.#credential.expiresAt)
      return Promise.resolve(this.#credential.value);
    if (this.#failure !== undefined && performance.now() < this.#failure.until)
      return Promise.reject(this.#failure.error);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Call it when the API server has refused the credential. */
  forget(): void {
    this.#credential = undefined;
  }

  async #run(): Promise<ExecCredential> {
    const { command, installHint } = this.#exec;
    try {
      const text = await output(this.#exec, await infoFor(this.#exec, this.#cluster), this.#closing);
      const { value, expiresAt } = credentialIn(text, this.#exec.apiVersion);
      this.#credential = { value, expiresAt: expiresAt - EXPIRY_MARGIN_MS };
      return value;
    } catch (cause) {
      const hint = isNotFound(cause) && installHint !== undefined ? ` (${installHint})` : '';
      const reason = cause instanceof Error ? cause.message : String(cause);
      const error = new Error(`exec plugin ${command}: ${reason}${hint}`, { cause });
      this.#failure = { error, until: performance.now() + FAILED_MS };
      throw error;
    }
  }
}

/** What a plugin is told in KUBERNETES_EXEC_INFO. */
async function infoFor(exec: ExecFields, cluster: ClusterFields): Promise<string> {
  const about = exec.provideClusterInfo === true ? { cluster: await infoAbout(cluster) } : {};
  const spec = { ...about, interactive: false };
  return JSON.stringify({ apiVersion: exec.apiVersion, kind: 'ExecCredential', spec });
}

/** The API server in the form of client.authentication.k8s.io: the CA always as data, and the cluster's extension. */
async function infoAbout(cluster: ClusterFields): Promise<object> {
  const { extensions = [], 'certificate-authority': caFile, ...fields } = cluster;
  const extension = extensions.find(({ name }) => name === 'client.authentication.k8s.io/exec');
  const ca = caFile === undefined ? {} : { 'certificate-authority-data': await readFile(caFile, 'base64') };
  return { ...fields, ...ca, config: extension?.extension ?? null };
}

/** Runs the plugin in its own process group, so that killing the group leaves no process behind. */
function output(
  { command = '', args = [], env = [] }: ExecFields,
  info: string,
  closing: AbortSignal | undefined,
): Promise<string> {
  const variables = Object.fromEntries(env.map(({ name = '', value = '' }) => [name, value]));
  return new Promise((resolve, reject) => {
    closing?.throwIfAborted();
    const child = spawn(command, args, {
      env: { ...process.env, ...variables, KUBERNETES_EXEC_INFO: info },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    child.on('error', reject);
    // The plugin could not be started. If file descriptors ran out, the child has no streams to read either.
    if (child.pid === undefined) return;
    const chunks = { stdout: '', stderr: '' };
    const end = (reason: string) => {
      reject(new Error(reason));
      endGroup(child.pid);
      // A helper process that moved to another group would hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const close = () => end('was killed because it is no longer needed');
    closing?.addEventListener('abort', close, { once: true });
    const timer = setTimeout(() => end(`did not end within ${DEADLINE_MS / 1000} s`), DEADLINE_MS);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        chunks[name] += text;
        if (chunks[name].length > MAX_OUTPUT_BYTES) end('printed more than 1 MiB');
      });
    }
    // Kill processes that the plugin left running: they would keep its output open.
    child.on('exit', () => endGroup(child.pid));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      closing?.removeEventListener('abort', close);
      if (code === 0) return resolve(chunks.stdout);
      const said = chunks.stderr.trim().slice(0, MAX_REASON_LENGTH);
      reject(new Error(`ended with ${signal ?? `status ${code}`}${said && `: ${said}`}`));
    });
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has ended already.
  }
}

/**
 * @param apiVersion the version that the plugin was asked for
 * @throws Error if the text is not an ExecCredential with a usable credential
 */
function credentialIn(
  text: string,
  apiVersion: string | undefined,
): { value: ExecCredential; expiresAt: number } {
  let answer: unknown;
  try {
    answer = parseJson(text);
  } catch {
    throw new Error('did not print JSON');
  }
  if (!isObject(answer) || answer.kind !== 'ExecCredential') throw new Error('printed no ExecCredential');
  if (answer.apiVersion !== apiVersion)
    throw new Error(`printed an ExecCredential that is not of the apiVersion ${apiVersion}`);
  if (!isObject(answer.status)) throw new Error('printed an ExecCredential without status');
  const { status } = answer;
  const [token, cert, key] = [status.token, status.clientCertificateData, status.clientKeyData].map(
    (value) => (typeof value === 'string' && value !== '' ? value : undefined),
  );
  if ((cert === undefined) !== (key === undefined))
    throw new Error('printed an ExecCredential with only one of certificate and key');
  if (token === undefined && cert === undefined)
    throw new Error('printed an ExecCredential with neither token nor certificate and key');
  const expiry = status.expirationTimestamp ?? undefined;
  const expiresAt = expiry === undefined ? Number.POSITIVE_INFINITY : Date.parse(String(expiry));
  if (Number.isNaN(expiresAt)) throw new Error('printed an expirationTimestamp that is not a time');
  const client =
    cert === undefined || key === undefined
      ? undefined
      : clientCertificate({ name: 'its certificate', text: cert }, { name: 'its key', text: key });
  return { value: { token, client }, expiresAt };
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
