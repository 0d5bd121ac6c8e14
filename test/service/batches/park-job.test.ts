import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { ParkJob } from '../../support/park-job.ts';
import { PATIENT_WRITES, TestService } from '../../support/service.ts';

/** The script and the workflow of docs/how-to/park-and-restore.md, run as CI runs them. */
const COUNTS = { 'shop/mailer': 2, 'shop/report': 5, 'web/night': 0, 'web/shrink': 1 };
const PARKED = { 'shop/mailer': 0, 'shop/report': 0, 'web/night': 0, 'web/shrink': 0 };

/** A job starts dozens of processes. */
const LIMIT_MS = 600_000;

let api: FakeApiServer;
let service: TestService;
let job: ParkJob;

function jobAt({ authority, client, port }: TestService): Promise<ParkJob> {
  return ParkJob.create({
    url: `https://localhost:${port}`,
    secrets: { SCALER_CA: authority.cert, SCALER_CERT: client.cert, SCALER_KEY: client.key },
  });
}

beforeEach(async () => {
  const batch = Object.entries(COUNTS).map(([key, replicas]) => {
    const [namespace = '', name = ''] = key.split('/');
    return { namespace, name, replicas, marks: { labels: { tier: 'batch' } } };
  });
  const other = { namespace: 'shop', name: 'cart', replicas: 4, marks: { labels: { tier: 'web' } } };
  api = await FakeApiServer.start({ deployments: [...batch, other], rolloutDelayMs: 0 });
  api.roles.allow({ users: ['client'], verbs: ['*'], resources: ['*'] });
  service = await TestService.start({
    kubeconfig: api.kubeconfig,
    authorization: 'SubjectAccessReview',
    // Rights that change at night hold in the morning.
    decisionTimes: { allowedSeconds: 0, deniedSeconds: 0, outageSeconds: 0 },
    timing: PATIENT_WRITES,
  });
  await service.synced();
  job = await jobAt(service);
});
afterEach(async () => {
  await service.stop();
  await api.stop();
  await job.remove();
});

function counts(): Record<string, number | undefined> {
  return Object.fromEntries(
    Object.keys(COUNTS).map((key) => {
      const [namespace = '', name = ''] = key.split('/');
      return [key, api.deployments.get(namespace, name)?.replicas];
    }),
  );
}

it(
  'parks everything with the label, and restores all but what somebody has changed at night',
  async () => {
    const evening = await job.run('park', async (step) => {
      // The receipt is in the repository before anything is changed.
      if (step === './park.sh park')
        expect([counts(), await job.receipt()]).toEqual([COUNTS, expect.any(String)]);
      return true;
    });
    expect(evening.failed).toBeUndefined();
    expect(evening.stdout).toContain('default/shop/report: 5 -> 0\n');
    expect(evening.stdout).toContain('3 set, 1 unchanged, 0 left alone\n');
    expect([counts(), api.deployments.get('shop', 'cart')?.replicas]).toEqual([PARKED, 4]);
    api.deployments.scale('shop', 'report', 1, { manager: 'kubectl-edit' });
    const morning = await job.run('restore');
    expect(morning.failed).toBeUndefined();
    expect(morning.stdout).toContain('2 set, 1 unchanged, 1 left alone\n');
    expect(morning.stderr).toMatch(
      /^default\/shop\/report: leftAlone CHANGED_SINCE: .*kubectl-edit set it to 1$/m,
    );
    expect(counts()).toEqual({ ...COUNTS, 'shop/report': 1 });
    expect(await job.receipt()).toBeUndefined();
  },
  LIMIT_MS,
);

it(
  'goes on where a job died, with the counts that it found',
  async () => {
    await job.run('park', (step) => step !== './park.sh park');
    const kept = await job.receipt();
    api.deployments.scale('web', 'night', 3);
    expect(await job.run('park')).toMatchObject({ failed: undefined });
    expect(await job.receipt()).toBe(kept);
    // It came after the plan.
    expect(counts()).toEqual({ ...PARKED, 'web/night': 3 });
    expect(await job.run('park')).toMatchObject({ failed: undefined });
    expect(await job.run('restore')).toMatchObject({ failed: undefined });
    expect(counts()).toEqual({ ...COUNTS, 'web/night': 3 });
  },
  LIMIT_MS,
);

it(
  'tries again what failed, and fails with the receipt in the repository if that does not help',
  async () => {
    const fault = { type: 'deny', by: 'policy', message: 'not now' } as const;
    api.faults.add({ on: 'patchScale', times: 1, fault });
    const parked = await job.run('park');
    expect(parked).toMatchObject({ failed: undefined });
    expect(parked.stderr).toMatch(/failed ADMISSION_REFUSED: .*not now\nattempt 1 did not do everything\n$/);
    expect(parked.stdout).toContain('1 set, 3 unchanged, 0 left alone\n');
    api.faults.add({ on: 'patchScale', fault });
    expect(await job.run('restore')).toMatchObject({ failed: './park.sh restore' });
    expect(counts()).toEqual(PARKED);
    expect(await job.receipt()).toBeDefined();
    api.faults.clear();
    expect(await job.run('restore')).toMatchObject({ failed: undefined });
    expect(counts()).toEqual(COUNTS);
  },
  LIMIT_MS,
);

it(
  'keeps no receipt of only those Deployments whose rights are known',
  async () => {
    await job.remove();
    await service.stop();
    // With the default times, so that the rights that are known stay known.
    service = await TestService.start({ kubeconfig: api.kubeconfig, authorization: 'SubjectAccessReview' });
    await service.synced();
    job = await jobAt(service);
    // The first reviews are of the list and of one namespace.
    const fault = api.faults.add({ on: 'review', skip: 2, fault: { type: 'status', code: 500 } });
    const evening = await job.run('park');
    expect(evening.failed).toBe('./park.sh plan tier=batch');
    expect(evening.stderr).toMatch(/refused AUTHORIZER_UNAVAILABLE: .*\nattempt 5 did not do everything\n$/s);
    expect([counts(), await job.receipt()]).toEqual([COUNTS, undefined]);
    fault.remove();
    expect(await job.run('park')).toMatchObject({ failed: undefined });
    expect(counts()).toEqual(PARKED);
  },
  LIMIT_MS,
);

const PROTECTED = 'k8s-deployment-scaler/protected';
/** What keeps those of `shop` from being restored, each with how it begins and ends. */
const OBSTACLES: Readonly<Record<string, () => () => void>> = {
  FORBIDDEN: () =>
    api.roles.withdraw({
      users: ['client'],
      verbs: ['patch'],
      resources: ['deployments/scale'],
      namespaces: ['shop'],
    }),
  RAIL: () => {
    for (const name of ['mailer', 'report'])
      api.deployments.annotate('shop', name, { [PROTECTED]: 'not before noon' });
    return () => {
      for (const name of ['mailer', 'report']) api.deployments.annotate('shop', name, {});
    };
  },
};

it.each(Object.entries(OBSTACLES))(
  'fails and keeps the receipt while Deployments stay at zero because of %s, and restores them once that has ended',
  async (code, begin) => {
    expect(await job.run('park')).toMatchObject({ failed: undefined });
    const kept = await job.receipt();
    const end = begin();
    const morning = await job.run('restore');
    expect(morning).toMatchObject({ failed: './park.sh restore' });
    expect(morning.stderr).toMatch(new RegExp(`^default/shop/mailer: leftAlone ${code}: `, 'm'));
    expect(counts()).toEqual({ ...COUNTS, 'shop/mailer': 0, 'shop/report': 0 });
    expect(await job.receipt()).toBe(kept);
    end();
    expect(await job.run('restore')).toMatchObject({ failed: undefined });
    expect(counts()).toEqual(COUNTS);
    expect(await job.receipt()).toBeUndefined();
  },
  LIMIT_MS,
);

it(
  'restores a count that an autoscaler will correct, because at zero the autoscaler would rest',
  async () => {
    expect(await job.run('park')).toMatchObject({ failed: undefined });
    api.autoscalers.add({ namespace: 'shop', name: 'mailer', spec: { minReplicas: 4, maxReplicas: 9 } });
    await service.autoscalersKnown('shop');
    expect(await job.run('restore')).toMatchObject({ failed: undefined });
    expect(counts()).toEqual(COUNTS);
  },
  LIMIT_MS,
);

it(
  'says in a morning without a receipt that nothing was parked',
  async () => {
    const morning = await job.run('restore');
    expect(morning).toEqual({ failed: undefined, stdout: 'nothing was parked\n', stderr: '' });
    expect(counts()).toEqual(COUNTS);
  },
  LIMIT_MS,
);

it(
  'plans again while the API server does not say what the user may scale',
  async () => {
    // After the review of the right to list.
    const fault = { type: 'status', code: 500 } as const;
    const undecided = api.faults.add({ on: 'review', skip: 1, times: 1, fault });
    expect(await job.run('park')).toMatchObject({ failed: undefined });
    expect(undecided.hits).toBe(1);
    expect(counts()).toEqual(PARKED);
  },
  LIMIT_MS,
);
