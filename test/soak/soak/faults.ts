import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import { arrayAt, at } from '../../support/kube-requests.ts';
import type { User } from './clients.ts';
import type { SoakedCluster } from './cluster.ts';
import type { Phase } from './expected.ts';
import { ALLOWED_SECONDS, DENIED_SECONDS, newServerCertificate, type Soak } from './soak.ts';

/** Files are looked at every 2 s. */
const RELOAD_MS = 20_000;
/** A review or a request that was under way when a right changed may still end as before. */
const UNDER_WAY_MS = 3_000;
const RECOVERY_MS = 60_000;
/** The state of a cluster is true within 15 s, and the clients share the machine. */
const SHOWN_MS = 20_000;
/** Until a frozen API server has certainly done, or forgotten, what it was sent before. */
const LATE_WRITES_MS = 5_000;
/** Decisions that an API server without its roles has made are forgotten by then. */
const RESTART_GRACE_MS = DENIED_SECONDS * 1000 + LATE_WRITES_MS;
const READ = { method: 'GET', path: '/replica-count?namespace=soak-0&deployment=foreign' } as const;

type Fault = (soak: Soak) => Promise<void>;

/** All faults, each of which the service must survive and recover from. Each is undone even if a limit is not met. */
export const FAULTS: Readonly<Partial<Record<Phase, Fault>>> = {
  'kube-apiserver restarted': (soak) =>
    outage(soak, 'kube-apiserver restarted', async ({ apiserver }) => {
      await apiserver.killApiserver();
      return await lasting(soak, [0, 10_000], () => apiserver.startApiserver());
    }),
  'kube-apiserver frozen': (soak) =>
    outage(soak, 'kube-apiserver frozen', async ({ apiserver }) => {
      await apiserver.pauseApiserver();
      return await lasting(soak, [5_000, 30_000], () => apiserver.resumeApiserver());
    }),
  'etcd restarted': (soak) =>
    outage(soak, 'etcd restarted', async ({ apiserver }) => {
      await apiserver.killEtcd();
      return await lasting(soak, [0, 10_000], async () => {
        await apiserver.startEtcd();
        await apiserver.apiserverReady();
      });
    }),
  'etcd paused': (soak) =>
    outage(soak, 'etcd paused', async ({ apiserver }) => {
      await apiserver.pauseEtcd();
      return await lasting(soak, [5_000, 25_000], async () => {
        await apiserver.resumeEtcd();
        await apiserver.apiserverReady();
      });
    }),
  /** The watch cannot go on where it was: the API server answers 410 and everything is read again. */
  'history compacted': (soak) =>
    outage(soak, 'history compacted', async ({ apiserver }) => {
      await apiserver.killApiserver();
      await apiserver.compactEtcd().finally(() => apiserver.startApiserver());
      return undefined;
    }),
  'right to ask for reviews withdrawn': (soak) =>
    soak.during(
      'right to ask for reviews withdrawn',
      async () => {
        const lastingMs = 2 * ALLOWED_SECONDS * 1000;
        await soak.cluster.withdrawReviews();
        return await lasting(soak, [lastingMs, lastingMs], () => soak.cluster.grantReviews());
      },
      async () =>
        void (await soak.within(RECOVERY_MS, 'the service may ask again', () => answers(soak, 'guest'))),
      DENIED_SECONDS * 1000,
    ),
  'right of a client withdrawn': (soak) =>
    soak.during(
      'right of a client withdrawn',
      async () => {
        await soak.within(UNDER_WAY_MS, 'guest may read', () => answers(soak, 'guest'));
        await soak.cluster.withdraw('soak-guest');
        try {
          const lets = () => soak.cluster.lets({ user: 'guest' });
          await soak.within(RECOVERY_MS, 'RBAC denies', async () => !(await lets()));
          const limitMs = ALLOWED_SECONDS * 1000 + UNDER_WAY_MS;
          return await soak.within(limitMs, 'guest is refused', async () => !(await answers(soak, 'guest')));
        } finally {
          await soak.cluster.grant('guest', 'soak-guest');
        }
      },
      async () => {
        await soak.within(RECOVERY_MS, 'RBAC allows', () => soak.cluster.lets({ user: 'guest' }));
        const limitMs = DENIED_SECONDS * 1000 + UNDER_WAY_MS;
        await soak.within(limitMs, 'guest may read again', () => answers(soak, 'guest'));
      },
    ),
  /** Nobody may notice this. */
  'credentials of the service renewed': (soak) =>
    soak.during(
      'credentials of the service renewed',
      async () => {
        await soak.service.replaceFile('KUBECONFIG', await soak.cluster.newCredentials());
        await sleep(RELOAD_MS / 4);
        return undefined;
      },
      () => shown(soak),
    ),
  'server certificate rotated': (soak) =>
    soak.during(
      'server certificate rotated',
      async () => {
        const { cert, key, serial } = await newServerCertificate(soak.serverAuthority);
        await soak.service.replaceFile('TLS_CERT_FILE', cert);
        await soak.service.replaceFile('TLS_KEY_FILE', key);
        return await soak.within(RELOAD_MS, 'the new certificate is shown', async () => {
          const shownSerial = await serverSerial(soak);
          return BigInt(`0x${shownSerial}`) === BigInt(`0x${serial}`);
        });
      },
      () => shown(soak),
    ),
  'client revoked': (soak) =>
    soak.during(
      'client revoked',
      async () => {
        await soak.within(UNDER_WAY_MS, 'the client may read', () => answers(soak, 'revocable'));
        const before = soak.clients.tls('revocable');
        const serial = await soak.clients.renewOne('revocable');
        const crl = await soak.clients.authority.createCrl(serial === undefined ? [] : [serial]);
        await soak.service.replaceFile('TLS_CRL_FILE', crl);
        return await soak.within(
          RELOAD_MS,
          'the revoked certificate is refused',
          async () => !(await isAccepted(before)),
        );
      },
      async () =>
        void (await soak.within(RELOAD_MS, 'the new one is accepted', () => answers(soak, 'revocable'))),
    ),
  /** First both CAs, then all clients get certificates of the new one, then the old one goes. */
  'client CA rotated': (soak) =>
    soak.during(
      'client CA rotated',
      async () => {
        const [old, next] = [
          soak.clients.authority,
          await CertificateAuthority.create({ commonName: 'soak client CA' }),
        ];
        const crls = [await old.createCrl([]), await next.createCrl([])];
        const before = soak.clients.tls('operator');
        await soak.service.replaceFile('TLS_CRL_FILE', crls.join('\n'));
        await soak.service.replaceFile('TLS_CLIENT_CA_FILE', [old.cert, next.cert].join('\n'));
        const { cert, key } = await next.issue({ commonName: 'operator', usages: ['clientAuth'] });
        await soak.within(RELOAD_MS, 'the next CA is trusted', () => isAccepted({ ...before, cert, key }));
        await soak.clients.renew(next);
        await soak.service.replaceFile('TLS_CRL_FILE', crls[1] ?? '');
        await soak.service.replaceFile('TLS_CLIENT_CA_FILE', next.cert);
        return await soak.within(RELOAD_MS, 'the old CA is refused', async () => !(await isAccepted(before)));
      },
      () => shown(soak),
    ),
};

async function outage(
  soak: Soak,
  phase: Phase,
  make: (cluster: SoakedCluster) => Promise<number | undefined>,
): Promise<void> {
  const makeAndUndo = async () => {
    soak.isApiserverFaulty = true;
    try {
      return await make(soak.cluster);
    } finally {
      soak.isApiserverFaulty = false;
    }
  };
  await soak.during(phase, makeAndUndo, () => shown(soak), RESTART_GRACE_MS);
}

/** Lets a fault last for a random time, then undoes it. @returns after which time it was noticed */
async function lasting(
  soak: Soak,
  [leastMs, mostMs]: readonly [number, number],
  undo: () => Promise<void>,
): Promise<number | undefined> {
  try {
    return await noticedWithin(soak, soak.random.between(leastMs, mostMs));
  } finally {
    await undo();
  }
}

/** Resolves once the service shows a change that is made now, and says that it is healthy. */
async function shown(soak: Soak): Promise<void> {
  let value: number | undefined;
  await soak.within(RECOVERY_MS, 'the API server takes a change', async () => {
    value = await soak.cluster.setForeign().catch(() => undefined);
    return value !== undefined;
  });
  await soak.within(RECOVERY_MS, `the service shows ${value} and is healthy`, async () => {
    const count = await soak.askAnyway('count', 'operator', READ);
    const health = await soak.askAnyway('health', 'operator', { method: 'GET', path: '/healthz' });
    return at(count.answer.body, 'replicaCount') === value && health.answer.status === 200;
  });
}

/**
 * Returns after which time /clusters showed a fault. One that lasts long enough has to be shown, and stays shown until it
 * ends. A busy machine can keep the service from both.
 */
async function noticedWithin(soak: Soak, milliseconds: number): Promise<number | undefined> {
  const startedAt = performance.now();
  let noticed: number | undefined;
  while (performance.now() - startedAt < milliseconds) {
    const answer = await soak.ask('clusters', 'operator', { method: 'GET', path: '/clusters' });
    const [cluster] = answer === undefined ? [] : arrayAt(answer.body, 'clusters');
    const state = at(cluster, 'state');
    const after = performance.now() - startedAt;
    if (cluster !== undefined && state !== 'ready') noticed ??= after;
    else if (noticed !== undefined && soak.busyMs(startedAt - SHOWN_MS) === 0)
      soak.problem(`the cluster is ${state} ${after} ms after the fault began`);
    await sleep(200);
  }
  const counted = (noticed ?? milliseconds) - soak.busyMs(startedAt);
  if (milliseconds > SHOWN_MS)
    soak.check(counted < SHOWN_MS, () => `shown after ${noticed ?? `more than ${milliseconds}`} ms`);
  return noticed;
}

/** Whether this client may read a count. */
async function answers(soak: Soak, user: User): Promise<boolean> {
  const answer = await soak.ask('changing right', user, READ, [undefined, 'FORBIDDEN']);
  return answer?.status === 200;
}

type Login = ReturnType<Soak['clients']['tls']>;

/** Whether the service accepts this certificate on a new connection. TLS 1.3 tells it after the handshake. */
async function isAccepted(login: Login): Promise<boolean> {
  const socket = connect({ ...login, host: '127.0.0.1', servername: 'localhost', timeout: RELOAD_MS });
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  socket.on('error', () => {}); // 'close' follows
  socket.on('timeout', () => socket.destroy());
  socket.write('GET /clusters HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await once(socket, 'close');
  return answer.startsWith('HTTP/1.1 200');
}

/** The serial number of the certificate that the service shows now, hexadecimal. */
async function serverSerial(soak: Soak): Promise<string> {
  const socket = connect({ ...soak.clients.tls('operator'), host: '127.0.0.1', servername: 'localhost' });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().serialNumber;
  } finally {
    socket.destroy();
  }
}
