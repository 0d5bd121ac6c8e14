import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decisions, keyOf } from '../../../../src/cluster/access/decisions.ts';
import { holds } from '../../../support/kube/property.ts';

const allowed = { allowed: true, renewAt: 750, expiresAt: 1_000 };
const denied = { allowed: false, renewAt: 750, expiresAt: 1_000 };

describe('remembered decisions', () => {
  it('are found by subject and attributes, and a newer one replaces an older one', () => {
    const decisions = new Decisions(10);
    decisions.set('alice', 'read a', allowed, 0);
    decisions.set('alice', 'read b', denied, 0);
    decisions.set('bob', 'read a', denied, 0);
    decisions.set('alice', 'read b', allowed, 0);
    expect(decisions.get('alice', 'read b', 0)).toBe(allowed);
    expect(decisions.get('bob', 'read a', 0)).toBe(denied);
    expect(decisions.get('bob', 'read b', 0)).toBeUndefined();
  });

  it('of one subject may fill the whole store, which then drops the least recently used one', () => {
    const decisions = new Decisions(3);
    for (const question of ['a', 'b', 'c']) decisions.set('alice', question, allowed, 0);
    decisions.get('alice', 'a', 1_001);
    decisions.set('alice', 'd', allowed, 1_001);
    const kept = ['a', 'b', 'c', 'd'].map((question) => decisions.get('alice', question, 1_001));
    expect(kept).toEqual([allowed, undefined, allowed, allowed]);
  });

  it('of a subject with few are not evicted by a subject with many, whose own decisions are evicted', () => {
    const decisions = new Decisions(100);
    for (const question of ['a', 'b', 'c']) decisions.set('alice', question, allowed, 0);
    for (let index = 0; index < 1_000; index += 1) decisions.set('stranger', `${index}`, denied, 0);
    for (let index = 0; index < 40; index += 1) decisions.set('bob', `${index}`, allowed, 0);
    for (const question of ['a', 'b', 'c']) expect(decisions.get('alice', question, 0)).toBe(allowed);
    for (let index = 0; index < 40; index += 1) expect(decisions.get('bob', `${index}`, 0)).toBe(allowed);
    const ofStranger = Array.from({ length: 1_000 }, (_, index) => decisions.get('stranger', `${index}`, 0));
    expect(ofStranger.filter((each) => each !== undefined)).toHaveLength(57);
  });

  it('are limited in number, and a subject never loses one while another subject has more', async () => {
    const step = fc.record({ subject: fc.constantFrom('a', 'b', 'c', 'd'), question: fc.nat(9) });
    await holds(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const decisions = new Decisions(8);
        /** The questions whose decisions are kept, per subject, the least recently used first. */
        const model = new Map<string, number[]>();
        const held = () => [...model.values()].reduce((sum, { length }) => sum + length, 0);
        for (const { subject, question } of steps) {
          const own = (model.get(subject) ?? []).filter((each) => each !== question);
          model.set(subject, [...own, question]);
          decisions.set(subject, `${question}`, allowed, 0);
          const kept = ([name, questions]: [string, number[]]) =>
            questions.filter((each) => decisions.get(name, `${each}`, 0) !== undefined);
          const before = held();
          for (const entry of model) {
            const left = kept(entry);
            if (left.length < entry[1].length) {
              expect(left).toEqual(entry[1].slice(1));
              expect(Math.max(...[...model.values()].map(({ length }) => length))).toBe(entry[1].length);
              model.set(entry[0], left);
            }
          }
          expect(held()).toBe(Math.min(before, 8));
        }
      }),
    );
  });
});

describe('the key of a subject', () => {
  it('is the same for the same user and groups, and differs for others', () => {
    const alice = { user: 'alice', groups: ['dev', 'ops'] };
    expect(keyOf({ ...alice })).toBe(keyOf(alice));
    for (const other of [
      { user: 'alice', groups: ['dev'] },
      { user: 'alice', groups: ['ops', 'dev'] },
      { user: 'alice', groups: ['dev ops'] },
      { user: 'alicedev', groups: ['ops'] },
    ])
      expect(keyOf(other)).not.toBe(keyOf(alice));
  });
});
