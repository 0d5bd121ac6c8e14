import { describe, expect, it } from 'vitest';
import { isOurs, ownerOfCount, reduceWriters } from '../../../../src/cluster/ownership/writers.ts';
import { NOT_INTERNED } from '../../../../src/lib/interner.ts';

const SPEC = { 'f:spec': { 'f:replicas': {} } };
const entry = (parts: object) => ({
  manager: 'kubectl',
  operation: 'Update',
  apiVersion: 'apps/v1',
  time: '2026-11-29T12:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1: SPEC,
  ...parts,
});
const writers = (...entries: unknown[]) => reduceWriters(entries, NOT_INTERNED);

describe('the writers of a count', () => {
  it('are the managers that own spec.replicas', () => {
    expect(writers(entry({ subresource: 'scale' }))).toEqual([
      {
        manager: 'kubectl',
        operation: 'Update',
        viaScale: true,
        ownsCount: true,
        at: Date.parse('2026-11-29T12:00:00Z') / 1000,
      },
    ]);
  });

  it('are also the appliers that do not own it', () => {
    const helm = { manager: 'helm', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:paused': {} } } };
    expect(writers(entry(helm))).toMatchObject([{ manager: 'helm', ownsCount: false }]);
  });

  it('are not the managers of other fields, nor of the replicas of the status', () => {
    const status = { 'f:status': { 'f:replicas': {} } };
    expect(
      writers(
        entry({ fieldsV1: { 'f:spec': { 'f:paused': {} } } }),
        entry({ manager: 'kube-controller-manager', subresource: 'status', fieldsV1: status }),
        entry({ manager: 'old', subresource: 'status' }),
        entry({ manager: 'older', fieldsV1: status }),
      ),
    ).toEqual([]);
  });

  it.each([
    ['no list', undefined],
    ['null', [null]],
    ['a text', ['x']],
    ['no manager', [entry({ manager: undefined })]],
    ['an unknown operation', [entry({ operation: 'Merge' })]],
    ['no fields', [entry({ fieldsV1: null })]],
    ['fields without a spec', [entry({ fieldsV1: { 'f:spec': null } })]],
  ])('leave out what the API does not have: %s', (_, managedFields) => {
    expect(reduceWriters(managedFields, NOT_INTERNED)).toEqual([]);
  });

  it('have no time if the entry has none that can be read', () => {
    expect(writers(entry({ time: undefined }), entry({ time: 'now' })).map(({ at }) => at)).toEqual([0, 0]);
  });

  it('name as owner the one that wrote last', () => {
    const [, later] = [entry({ manager: 'a' }), entry({ manager: 'b', time: '2026-11-29T12:00:01Z' })];
    expect(ownerOfCount(writers(entry({ manager: 'a' }), later))?.manager).toBe('b');
    expect(ownerOfCount(writers(later, entry({ manager: 'a' })))?.manager).toBe('b');
    expect(ownerOfCount([])).toBeUndefined();
  });

  it('are this service only through the scale subresource', () => {
    const [scaled, other] = writers(
      entry({ manager: 'k8s-deployment-scaler', subresource: 'scale' }),
      entry({ manager: 'k8s-deployment-scaler' }),
    );
    expect([scaled, other].map((writer) => writer && isOurs(writer))).toEqual([true, false]);
  });
});
