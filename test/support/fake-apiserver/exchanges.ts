import type { IncomingMessage, ServerResponse } from 'node:http';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import { ANONYMOUS, type User } from './access.ts';
import { answer } from './api.ts';
import type { ApiState } from './call.ts';
import { type Denial, type Fault, Faults } from './faults.ts';
import { Gone, Reply } from './reply.ts';
import { RequestLog } from './requests.ts';
import { route, type Target } from './routes.ts';
import {
  deniedByPolicy,
  deniedByWebhook,
  expiredContinue,
  StatusError,
  statusOfCode,
  tooLargeResourceVersion,
  unauthorized,
} from './status.ts';

/** Handles requests: finds the user, applies faults and logs the request. */
export class Exchanges {
  readonly log = new RequestLog();
  readonly faults = new Faults();
  readonly #users: ReadonlyMap<string, User>;
  readonly #state: () => ApiState;
  /** Requests that have not been answered yet. */
  readonly #open = new Map<Reply, { kind: Target['kind']; done: Promise<void> }>();
  #frozen = false;

  /**
   * @param users by bearer token
   * @param state returns the current state, which is replaced together with etcd
   */
  constructor(users: ReadonlyMap<string, User>, state: () => ApiState) {
    this.#users = users;
    this.#state = state;
  }

  /** The number of requests of this kind that are being answered. */
  open(kind: Target['kind']): number {
    return [...this.#open.values()].filter((exchange) => exchange.kind === kind).length;
  }

  /** Handles a request. It never throws. */
  take(request: IncomingMessage, response: ServerResponse, reset: () => void): void {
    const url = new URL(`https://demo${request.url ?? '/'}`);
    const method = request.method ?? 'GET';
    const target = route(method, url);
    const { kind } = target;
    const { 'user-agent': userAgent = '', accept = '' } = request.headers;
    const { pathname: path, searchParams: query } = url;
    this.log.add({ kind, method, path, query, userAgent, accept, at: Date.now() });
    const rule = this.faults.take(kind, url.searchParams);
    const reply = new Reply(response, reset, rule?.fault);
    const done = this.#exchange(request, reply, target, url, rule?.fault, rule?.delayMs ?? 0)
      .catch((error: unknown) => {
        // Any other error is a bug of this stand-in, which a test must see at once.
        if (!(error instanceof Gone)) throw error;
      })
      .finally(() => this.#open.delete(reply));
    this.#open.set(reply, { kind, done });
  }

  /** Stops handling requests and sending answers under way. */
  freeze(): void {
    this.#frozen = true;
    for (const reply of this.#open.keys()) reply.silence();
  }

  thaw(): void {
    this.#frozen = false;
  }

  /** Resolves once no handler is running. Connections must be broken first. */
  async settled(): Promise<void> {
    await Promise.all([...this.#open.values()].map((exchange) => exchange.done));
  }

  async #exchange(
    request: IncomingMessage,
    reply: Reply,
    target: Target,
    url: URL,
    fault: Fault | undefined,
    delayMs: number,
  ): Promise<void> {
    try {
      if (this.#frozen) await reply.finish('silence');
      if (delayMs > 0) await reply.pause(delayMs);
      await this.#beforehand(reply, target, fault);
      const user = this.#authenticate(request);
      await answer(this.#state(), { request, reply, target, query: url.searchParams, user, fault });
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      await reply.status(error);
    }
  }

  /** Faults that replace the answer. */
  async #beforehand(reply: Reply, target: Target, fault: Fault | undefined): Promise<void> {
    const now = this.#state().store.resourceVersion;
    if (fault?.type === 'call') await fault.action();
    if (fault?.type === 'tooLargeResourceVersion') throw tooLargeResourceVersion(now + 1_000, now);
    if (fault?.type === 'expiredContinue') throw expiredContinue('');
    if (fault?.type === 'status') throw statusOfCode(fault.code, fault.retryAfterSeconds);
    if (fault?.type === 'deny') throw denial(target, fault);
    if (fault?.type === 'drop' && fault.when === 'before') await reply.finish('reset');
    if (fault?.type === 'cut' && fault.afterBytes === undefined && fault.afterEvents === undefined) {
      await reply.finish(fault.how);
    }
  }

  /** @throws StatusError 401 for an unknown token */
  #authenticate(request: IncomingMessage): User {
    const header = request.headers.authorization;
    if (header !== undefined) {
      const user = this.#users.get(header.replace(/^Bearer /i, ''));
      if (user === undefined) throw unauthorized();
      return user;
    }
    const { socket } = request;
    if (!(socket instanceof TLSSocket) || !socket.authorized) return ANONYMOUS;
    // Except in the newest versions of Node, a resumed session counts as authorized without a certificate.
    const { subject }: Partial<PeerCertificate> = socket.getPeerCertificate();
    if (subject === undefined) return ANONYMOUS;
    const { CN, O } = subject;
    const groups = O === undefined ? [] : [O].flat();
    return { name: [CN].flat()[0] ?? '', groups: [...groups, 'system:authenticated'] };
  }
}

function denial({ name }: Target, { by, message }: Denial): StatusError {
  if (by === 'policy') return deniedByPolicy(name, message);
  return deniedByWebhook(by === 'webhook403' ? 403 : 400, message);
}
