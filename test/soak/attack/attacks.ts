import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { CROWD, DEPLOYMENTS, FOREIGN, type IdentityName, placeIn } from './scenery.ts';
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
/** The maximum of items in a batch, and of bytes in its body. */
const MAX_ITEMS = 1_000;
const BATCH_BYTES = 786_432;
const DRIP_MS = 500;
const DRIP_BYTES = 1_024;
const SIP_BYTES = 512;
const SIP_MS = 2_000;
/** The pace of opening bare sockets: 10,000 per second. */
const OPEN_TICK_MS = 5;
const OPENED_PER_TICK = 50;
/** The source addresses of bare sockets, and of refused handshakes. */
const FIRST_ADDRESS = 20;
const ADDRESSES = 20;
const FOREIGN_ADDRESS = 50;

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const post = (path: string, body: object) => {
  const text = JSON.stringify(body);
  return `${postHead(path, text.length)}${text}`;
};
const postHead = (path: string, bytes: number) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`;
const scale = (namespace: string, deployment: string, replicas: number) =>
  post(count(namespace, deployment), { replicas });
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
/** Each of another count, so that the service remembers it apart from the others. */
const otherWrite = (number: number) => scale('flooded', 'target', 10 + number);
/** With a trace that is recorded, and as much `tracestate` as is kept. */
const traced = (path: string) =>
  get(path).replace(
    '\r\n\r\n',
    `\r\nTraceparent: 00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01\r\nTracestate: a=${'x'.repeat(250)},b=${'y'.repeat(250)}\r\n\r\n`,
  );
const inTurn = [review, directRead, write];

const NEVER = '9007199254740000';
const aRolloutWait = get(
  `/deployments/${placeIn(0).namespace}/${placeIn(0).deployment}?wait=300&replicas=1&minResourceVersion=${NEVER}`,
);
/** A thousand items, of other Deployments for each of ten numbers. */
const items = (number: number) => {
  const first = (number % 10) * MAX_ITEMS;
  return DEPLOYMENTS.slice(first, first + MAX_ITEMS).map(({ namespace, name }) => ({
    namespace,
    deployment: name,
    replicas: number,
  }));
};
/** Takes its place for 5 minutes: no rollout ends in the cluster of the attacks. */
const aBatch = (number: number) => post('/scale?wait=300&force=true', { items: items(number) });
const aPlan = (number: number) =>
  number % 2 === 0
    ? post('/scale?dryRun=true', { items: items(number) })
    : post('/scale?dryRun=true', { select: placed(number), replicas: number });
const placed = (number: number) => ({ namespace: placeIn(number).namespace, labelSelector: unlike(number) });
/** A selector that nobody has sent before, and that all Deployments match. */
const unlike = (number: number) => `app!=x${number},tier notin (${'a'.repeat(60)},b${number})`;
const selected = (number: number) =>
  get(`${number % 2 === 0 ? '/deployments' : '/scale'}?labelSelector=${encodeURIComponent(unlike(number))}`);
const oddments = [
  '/deployments/flooded/target/changes',
  '/limits?namespace=flooded&deployment=target',
  '/deployments/flooded/target',
  '/openapi.json',
  '/',
];

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
  /** As many at a time as the service sends for two clients. */
  otherWrites: (attacker: Attacker) => {
    for (const identity of ['scaler', 'writer'] as const)
      attacker.flood(identity, 2, otherWrite, { inFlight: 8 });
  },
  traces: (attacker: Attacker) =>
    attacker.flood('browser', 100, (number) => {
      const { namespace, deployment } = placeIn(number);
      return traced(count(namespace, deployment));
    }),
  refusals: (attacker: Attacker) => {
    for (const [index, identity] of FOREIGN.entries())
      attacker.comeAndGo(identity, 2, `127.0.0.${FOREIGN_ADDRESS + index}`);
  },
  /** 13 connections have 104 requests: as many waits as a client may have, and some that are refused. */
  rolloutWaits: (attacker: Attacker) => {
    for (const identity of CROWD) attacker.flood(identity, 13, () => aRolloutWait, { inFlight: 8 });
  },
  streams: (attacker: Attacker) => {
    for (const identity of CROWD)
      attacker.flood(identity, 50, () => get('/events'), { read: false, inFlight: 1 });
  },
  batches: (attacker: Attacker) => {
    for (const identity of ['batcher-1', 'batcher-2'] as const)
      attacker.flood(identity, 8, aBatch, { inFlight: 1 });
  },
  slowBatches: (attacker: Attacker) => attacker.drip('planner', 100, postHead('/scale', BATCH_BYTES)),
  plans: (attacker: Attacker) => attacker.flood('planner', 20, aPlan, { inFlight: 1 }),
  states: (attacker: Attacker) => attacker.flood('lister', 200, () => get('/scale'), { read: false }),
  selectors: (attacker: Attacker) => attacker.flood('lister', 200, selected),
  unreadSelectors: (attacker: Attacker) => attacker.flood('lister', 200, selected, { read: false }),
  oddments: (attacker: Attacker) =>
    attacker.flood('browser', 200, (number) => get(oddments[number % oddments.length] ?? ''), {
      read: false,
    }),
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
  readonly #share: number;
  readonly #onDone: () => void;
  readonly #contexts = new Map<IdentityName, SecureContext>();
  readonly #open = new Set<{ destroy(): unknown }>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopping = false;

  /**
   * @param share of the connections of each attack, so that several fit into those of the service
   * @param onDone called when an attack with a fixed number of requests has received its last answer
   */
  constructor(target: AttackTarget, share: number, onDone: () => void) {
    this.#target = target;
    this.#share = share;
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
    this.#times(connections, open);
  }

  /** Reads one answer on each of this many connections, 512 bytes every 2 s. */
  sip(identity: IdentityName, connections: number, request: string): void {
    const open = () => {
      const slow = new SippedSocket({ port: this.#target.port, host: HOST }, SIP_BYTES);
      const socket = this.#connect(identity, { slow });
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
    this.#times(connections, open);
  }

  /** Sends a head on each of this many connections, and then its body, 1 KiB every half second. */
  drip(identity: IdentityName, connections: number, head: string): void {
    const open = () => {
      const socket = this.#connect(identity);
      socket.once('secureConnect', () => {
        this.tally.requests += 1;
        socket.write(head, 'latin1');
      });
      this.#countAnswers(socket, () => {});
      const timer = this.#every(DRIP_MS, () => socket.writable && socket.write(' '.repeat(DRIP_BYTES)));
      this.#reopenWhenCut(socket, () => {
        clearInterval(timer);
        this.#timers.delete(timer);
        open();
      });
    };
    this.#times(connections, open);
  }

  /** Keeps this many handshakes running, and closes each connection as soon as it is established. */
  comeAndGo(identity: IdentityName, connections: number, localAddress?: string): void {
    const open = () => {
      const socket = this.#connect(identity, { localAddress });
      socket.once('secureConnect', () => socket.end());
      socket.resume();
      this.#reopenWhenCut(socket, open);
    };
    this.#times(connections, open);
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

  #connect(
    identity: IdentityName,
    { slow, localAddress }: { slow?: SippedSocket; localAddress?: string | undefined } = {},
  ): TLSSocket {
    this.tally.connections += 1;
    const { port } = this.#target;
    const secureContext = this.#contexts.get(identity) ?? createSecureContext(tlsOf(this.#target, identity));
    this.#contexts.set(identity, secureContext);
    const where = slow === undefined ? { port, host: HOST, localAddress } : { socket: slow };
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

  #times(connections: number, open: () => void): void {
    for (let index = 0; index < Math.ceil(connections * this.#share); index += 1) open();
  }

  #every(milliseconds: number, action: () => void): NodeJS.Timeout {
    const timer = setInterval(action, milliseconds);
    this.#timers.add(timer);
    return timer;
  }
}
