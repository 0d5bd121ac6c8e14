import { Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { type IdentityName, placeIn } from './scenery.ts';
import { SippedSocket } from './sipped-socket.ts';

/** The service to attack, and the certificates of the attackers. */
export interface AttackTarget {
  readonly port: number;
  readonly managementPort: number;
  readonly ca: string;
  readonly certificates: ReadonlyMap<IdentityName, { readonly cert: string; readonly key: string }>;
}

/** The TLS options of a client with this identity. */
export function tlsOf({ ca, certificates }: AttackTarget, identity: IdentityName) {
  const { cert = '', key = '' } = certificates.get(identity) ?? {};
  return { ca, cert, key };
}

/** The actions of an attack, and the answers it received. */
export interface Tally {
  connections: number;
  requests: number;
  /** Answers per status. */
  answers: Record<string, number>;
}

const HOST = '127.0.0.1';
/** How long an attacker waits after a cut before it reconnects. */
const REOPEN_MS = 20;
/** The maximum of requests per write. */
const BATCH = 16;
const SIP_BYTES = 512;
const SIP_MS = 2_000;
/** The pace of opening bare sockets: 10,000 per second. */
const OPEN_TICK_MS = 5;
const OPENED_PER_TICK = 50;
/** The source addresses of bare sockets. */
const FIRST_ADDRESS = 20;
const ADDRESSES = 20;

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const scale = (namespace: string, deployment: string, replicas: number) => {
  const body = JSON.stringify({ replicas });
  return `POST ${count(namespace, deployment)} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};
const count = (namespace: string, deployment: string) =>
  `/replica-count?namespace=${namespace}&deployment=${deployment}`;

const longUrl = get(`/replica-count?deployment=${'a'.repeat(16_000)}`);
const aWait = get(
  `${count(placeIn(0).namespace, placeIn(0).deployment)}&minResourceVersion=9007199254740000`,
);
const aList = get('/deployments?maxAge=0');
const review = (number: number) => get(count('flooded-too', `name-${number}`));
const directRead = (number: number) => get(`${count('flooded', `name-${number}`)}&maxAge=0`);
const write = (number: number) => scale('flooded', 'target', number % 10);
const inTurn = [review, directRead, write];

/** The attacks. Each lasts until the attacker is stopped. */
const ATTACKS = {
  longUrls: (attacker: Attacker) => attacker.flood('stranger', 200, () => longUrl),
  waitsOnOne: (attacker: Attacker) => attacker.flood('reader', 1, () => aWait),
  waits: (attacker: Attacker) => attacker.flood('reader', 200, () => aWait),
  lists: (attacker: Attacker) => attacker.flood('lister', 200, () => aList, { read: false }),
  sips: (attacker: Attacker) => {
    for (const identity of ['sipper-1', 'sipper-2'] as const)
      attacker.sip(identity, 200, get('/docs/swagger-ui-bundle.js'));
  },
  /** Fills each connection with unread answers and with requests that the service does not begin. */
  unread: (attacker: Attacker) =>
    attacker.flood('holder', 200, () => get('/docs/swagger-ui-bundle.js'), { read: false, inFlight: 4_000 }),
  comeAndGo: (attacker: Attacker) => attacker.comeAndGo('holder', 20),
  bareSockets: (attacker: Attacker) => attacker.squat('port', 12_000), // more than MAX_CONNECTIONS
  sockets: (attacker: Attacker) => attacker.squat('port', 1_000), // twice MAX_HANDSHAKES
  managementSockets: (attacker: Attacker) => attacker.squat('managementPort', 1_000),
  reviews: (attacker: Attacker) => attacker.flood('scaler', 100, review),
  directReads: (attacker: Attacker) => attacker.flood('scaler', 100, directRead),
  writes: (attacker: Attacker) => attacker.flood('scaler', 100, write),
  mixed: (attacker: Attacker) =>
    attacker.flood('scaler', 100, (number) => inTurn[number % inTurn.length]?.(number) ?? ''),
  /** Requests each of 21,500 names once. */
  deniedNames: (attacker: Attacker) =>
    attacker.flood('prober', 100, (number) => get(count('private', `name-${number}`)), {
      inFlight: 1,
      total: 21_500,
    }),
  tooManyWrites: (attacker: Attacker) => attacker.flood('writer', 50, write),
} satisfies Record<string, (attacker: Attacker) => void>;

export type AttackName = keyof typeof ATTACKS;

export interface FloodOptions {
  /** Whether to read the answers. Default: true. */
  readonly read?: boolean;
  /** Unanswered requests per connection. Default: as many as the connection accepts. */
  readonly inFlight?: number;
  /** The total number of requests. Default: unlimited. */
  readonly total?: number;
}

/** A hostile client. It discards everything that it receives. */
export class Attacker {
  readonly tally: Tally = { connections: 0, requests: 0, answers: {} };
  readonly #target: AttackTarget;
  readonly #onDone: () => void;
  readonly #contexts = new Map<IdentityName, SecureContext>();
  readonly #open = new Set<{ destroy(): unknown }>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopping = false;

  /** @param onDone called when an attack with a fixed number of requests has received its last answer */
  constructor(target: AttackTarget, onDone: () => void) {
    this.#target = target;
    this.#onDone = onDone;
  }

  start(attack: AttackName): void {
    ATTACKS[attack](this);
  }

  /** Ends all its connections at once. */
  stop(): void {
    this.#stopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const connection of this.#open) connection.destroy();
  }

  /** Sends requests without waiting for answers on this many connections, and reopens those that are cut. */
  flood(
    identity: IdentityName,
    connections: number,
    next: (number: number) => string,
    options: FloodOptions = {},
  ): void {
    const { read = true, inFlight = Number.POSITIVE_INFINITY, total = Number.POSITIVE_INFINITY } = options;
    let asked = 0;
    let answered = 0;
    const open = () => {
      const socket = this.#connect(identity);
      let waiting = 0;
      const send = () => {
        for (let goesOn = true; goesOn && waiting < inFlight && asked < total; ) {
          const size = Math.min(BATCH, inFlight - waiting, total - asked);
          const requests = Array.from({ length: size }, () => next(asked++));
          waiting += size;
          this.tally.requests += size;
          goesOn = socket.write(requests.join(''), 'latin1');
        }
      };
      socket.once('secureConnect', send);
      socket.on('drain', send);
      this.#reopenWhenCut(socket, () => {
        answered += waiting;
        if (answered >= total) this.#onDone();
        else open();
      });
      if (!read) return; // without a listener nothing is read after the handshake
      this.#countAnswers(socket, (answers) => {
        answered += answers;
        waiting -= answers;
        if (answered >= total) this.#onDone();
        else send();
      });
    };
    for (let index = 0; index < connections; index += 1) open();
  }

  /** Reads one answer on each of this many connections, 512 bytes every 2 s. */
  sip(identity: IdentityName, connections: number, request: string): void {
    const open = () => {
      const slow = new SippedSocket({ port: this.#target.port, host: HOST }, SIP_BYTES);
      const socket = this.#connect(identity, slow);
      socket.once('secureConnect', () => {
        this.tally.requests += 1;
        socket.write(request);
        slow.sipping = true;
      });
      this.#countAnswers(socket, () => {});
      const timer = this.#every(SIP_MS, () => slow.sip());
      this.#reopenWhenCut(socket, () => {
        clearInterval(timer);
        this.#timers.delete(timer);
        open();
      });
    };
    for (let index = 0; index < connections; index += 1) open();
  }

  /** Keeps this many handshakes running, and closes each connection as soon as it is established. */
  comeAndGo(identity: IdentityName, connections: number): void {
    const open = () => {
      const socket = this.#connect(identity);
      socket.once('secureConnect', () => socket.end());
      socket.resume();
      this.#reopenWhenCut(socket, open);
    };
    for (let index = 0; index < connections; index += 1) open();
  }

  /** Holds this many silent sockets from several addresses, and replaces each socket that is cut. */
  squat(port: 'port' | 'managementPort', sockets: number): void {
    let wanted = sockets;
    const open = () => {
      this.tally.connections += 1;
      const localAddress = `127.0.0.${FIRST_ADDRESS + (this.tally.connections % ADDRESSES)}`;
      const socket = new Socket();
      socket.connect({ port: this.#target[port], host: HOST, localAddress });
      socket.on('error', () => {});
      socket.resume();
      this.#open.add(socket);
      socket.on('close', () => {
        this.#open.delete(socket);
        wanted += 1;
      });
    };
    this.#every(OPEN_TICK_MS, () => {
      for (let opened = 0; opened < OPENED_PER_TICK && wanted > 0; opened += 1) {
        wanted -= 1;
        open();
      }
    });
  }

  #connect(identity: IdentityName, slow?: SippedSocket): TLSSocket {
    this.tally.connections += 1;
    const { port } = this.#target;
    const secureContext = this.#contexts.get(identity) ?? createSecureContext(tlsOf(this.#target, identity));
    this.#contexts.set(identity, secureContext);
    const where = slow === undefined ? { port, host: HOST } : { socket: slow };
    return connect({ ...where, servername: 'localhost', secureContext });
  }

  #reopenWhenCut(socket: TLSSocket, open: () => void): void {
    this.#open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#open.delete(socket);
      if (this.#stopping) return;
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        open();
      }, REOPEN_MS);
      this.#timers.add(timer);
    });
  }

  #countAnswers(socket: TLSSocket, then: (answers: number) => void): void {
    let rest = '';
    socket.on('data', (chunk: Buffer) => {
      const text = rest + chunk.toString('latin1');
      const found = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)];
      for (const [, status = ''] of found) this.tally.answers[status] = (this.tally.answers[status] ?? 0) + 1;
      rest = text.slice(-('HTTP/1.1 200'.length - 1));
      if (found.length > 0) then(found.length);
    });
  }

  #every(milliseconds: number, action: () => void): NodeJS.Timeout {
    const timer = setInterval(action, milliseconds);
    this.#timers.add(timer);
    return timer;
  }
}
