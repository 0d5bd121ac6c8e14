import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../../../src/cluster/deployment.ts';
import type { CountChange } from '../../../../src/cluster/ownership/count-history.ts';
import { changesOf } from '../../../../src/cluster/state/deployment-changes.ts';
import { applier, SERVICE, scaler } from '../../../support/count-writers.ts';
import { deployment } from '../../../support/deployment-objects.ts';

const START = Date.parse('2026-11-29T12:00:00Z');
const cart = (parts: Partial<Deployment> = {}) => deployment('cart', '9', { replicas: 7, ...parts });
const change = (parts: Partial<CountChange> = {}): CountChange => ({
  resourceVersion: '9',
  at: START / 1000,
  from: 3,
  to: 5,
  manager: 'k8s-deployment-scaler',
  operation: 'Apply',
  viaScale: true,
  overrode: false,
  user: 'alice',
  ...parts,
});

describe('the changes of a Deployment', () => {
  it('are those that the watch has shown, with what is known of each', () => {
    const seen = [
      change(),
      change({ manager: 'helm', viaScale: false, overrode: true, user: undefined }),
      change({ to: 0, manager: undefined, operation: undefined, viaScale: false, user: undefined }),
    ];
    expect(changesOf(cart(), { changes: seen, truncated: true })).toEqual({
      changes: [
        {
          at: '2026-11-29T12:00:00.000Z',
          from: 3,
          to: 5,
          manager: 'k8s-deployment-scaler',
          user: 'alice',
          operation: 'Apply',
          subresource: 'scale',
          resourceVersion: '9',
        },
        {
          at: '2026-11-29T12:00:00.000Z',
          from: 3,
          to: 5,
          manager: 'helm',
          operation: 'Apply',
          resourceVersion: '9',
          overrode: true,
        },
        { at: '2026-11-29T12:00:00.000Z', from: 3, to: 0, manager: 'unknown', resourceVersion: '9' },
      ],
      truncated: true,
    });
  });

  it.each([
    [{ to: 7, manager: 'k8s-deployment-scaler', operation: 'Apply', subresource: 'scale' }, SERVICE],
    [{ to: 7, manager: 'kubectl', operation: 'Update', subresource: 'scale' }, scaler('kubectl')],
  ])('before the start of the service are the last one, if managedFields tell it: %j', (expected, writer) => {
    const none = { changes: [], truncated: false };
    expect(changesOf(cart({ writers: [writer] }), none)).toEqual({ changes: [expected], truncated: false });
  });

  it.each([[[applier('helm')]], [[]]])('are none if managedFields do not tell: %j', (writers) => {
    const none = { changes: [], truncated: false };
    expect(changesOf(cart({ writers }), none)).toEqual(none);
  });
});
