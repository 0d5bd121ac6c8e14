import { describe, expect, it } from 'vitest';
import { DeploymentInterner, reduceDeployment } from '../../../../src/cluster/deployment.ts';
import type { Rail } from '../../../../src/cluster/rails/rule.ts';
import { refusalOf } from '../../../../src/cluster/rails/verdict.ts';
import { rail } from '../../../support/rails.ts';

const [MIN, MAX, PROTECTED] = ['min', 'max', 'protected'].map((key) => `k8s-deployment-scaler/${key}`) as [
  string,
  string,
  string,
];

/** The rails of a Deployment with these annotations. */
function railsWith(annotations: unknown, interner?: DeploymentInterner): readonly Rail[] {
  const metadata = { namespace: 'shop', name: 'cart', uid: 'u', resourceVersion: '1', annotations };
  return reduceDeployment({ metadata, spec: {} }, interner).rails;
}

describe('the annotations of a Deployment', () => {
  it('limit the count, each as a rail of its own', () => {
    expect(railsWith({ [MIN]: '2', [MAX]: '10', [PROTECTED]: 'sold out', other: '3' })).toEqual([
      rail(`annotation ${MIN}`, { min: 2 }),
      rail(`annotation ${MAX}`, { max: 10 }),
      rail(`annotation ${PROTECTED}`, { protected: 'sold out' }),
    ]);
  });

  it.each([undefined, null, {}, 'text', [], { 'k8s-deployment-scaler/maximum': '3' }])(
    'limit nothing if they are %j',
    (annotations) => {
      expect(railsWith(annotations)).toEqual([]);
    },
  );

  it.each(['', 'ten', '-1', '1.5', '1e3', '010', ' 3', '3 ', '2147483648', '99999999999', '٣', 3, null])(
    'refuse every change, and name the annotation to mend, with a limit of %j',
    (text) => {
      for (const key of [MIN, MAX]) {
        const rails = railsWith({ [key]: text });
        for (const count of [0, 1, 4, 100])
          expect(refusalOf(rails, count, 3)).toMatch(new RegExp(`^annotation ${key}: .*mend it`));
      }
    },
  );

  it('take the least and the greatest count of the API', () => {
    expect(railsWith({ [MIN]: '0', [MAX]: '2147483647' })).toEqual([
      rail(`annotation ${MIN}`, { min: 0 }),
      rail(`annotation ${MAX}`, { max: 2_147_483_647 }),
    ]);
  });

  it.each([
    ['true', 'its annotation says so'],
    ['', 'its annotation says so'],
    [' \n', 'its annotation says so'],
    ['False', 'False'],
    ['0', '0'],
    ['line\r\nby\tline\u001b[2J', 'line by line [2J'],
    ['x'.repeat(300), 'x'.repeat(256)],
    [true, 'its annotation says so'],
  ])('protect the count with %j', (text, reason) => {
    expect(railsWith({ [PROTECTED]: text })).toEqual([
      rail(`annotation ${PROTECTED}`, { protected: reason }),
    ]);
  });

  it('do not protect it with "false"', () => {
    expect(railsWith({ [PROTECTED]: 'false' })).toEqual([]);
  });

  it('are one object where they are equal, and another where they differ', () => {
    const interner = new DeploymentInterner();
    const first = railsWith({ [MAX]: '10' }, interner);
    expect(railsWith({ [MAX]: '10' }, interner)).toBe(first);
    expect(railsWith({ [MAX]: '11' }, interner)).not.toEqual(first);
    expect(railsWith({ [MIN]: '10' }, interner)).not.toEqual(first);
    expect(railsWith({}, interner)).toBe(railsWith(undefined, interner));
  });
});
