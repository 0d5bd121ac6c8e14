import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAnswer } from '../../../../src/kube/client/answer-json.ts';
import { KubeMalformedError } from '../../../../src/kube/kube-errors.ts';
import { holds, jsonKey } from '../../../support/kube/property.ts';

const parsed = (text: string) => parseAnswer(Buffer.from(text));

describe('the parser of answers', () => {
  it('gives null for the template of pods, and of managed fields only whether spec.replicas is among them', () => {
    const other = { 'k:{"type":"A"}': { 'a "quoted\\" ]} name': {}, 'f:spec': { 'f:replicas': {} } } };
    const owning = {
      'f:metadata': other,
      'f:spec': { 'f:template': other, 'f:replicas': {} },
      'f:status': other,
    };
    const others = [
      {},
      other,
      { 'f:spec': {} },
      { 'f:spec': { 'f:template': { 'f:replicas': {} } } },
      { 'f:spec': { 'f:paused': {} }, 'f:replicas': {} },
      { 'f:status': { 'f:replicas': {} } },
      { 'f:metadata': { 'f:labels': { 'f:replicas': {} } } },
    ];
    const itemOf = (template: unknown, fields: readonly unknown[]) => ({
      metadata: { name: 'cart', managedFields: fields.map((fieldsV1) => ({ manager: 'a', fieldsV1 })) },
      spec: { template, replicas: 2 },
    });
    const item = itemOf({ a: ['}'] }, [...others, owning]);
    const expected = itemOf(null, [...others.map(() => null), { 'f:spec': { 'f:replicas': {} } }]);
    expect(parsed(JSON.stringify(item))).toEqual(expected);
    expect(parsed(JSON.stringify({ items: [item, item] }))).toEqual({ items: [expected, expected] });
  });

  it('keeps every other value, whatever its text and keys contain', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '"fieldsV1":{',
        ',"template":{',
        '\\"template":{',
        '{"template":{"a":"',
        'template',
        '\\',
      ),
      fc
        .array(fc.constantFrom('"', '\\', '{', ',', 'template', '":{', '[', '}'))
        .map((parts) => parts.join('')),
    );
    const key = jsonKey(text).filter((name) => name !== '__proto__' && !name.includes(`"`));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ depthSize: 'small' }, text, fc.array(tie('tree')), fc.dictionary(key, tie('tree'))),
    }));
    await holds(
      fc.property(tree, (value) => {
        const json = JSON.stringify(value);
        expect(parsed(json)).toEqual(
          JSON.parse(json, (name, member) =>
            name === 'template' && typeof member === 'object' && !Array.isArray(member) ? null : member,
          ),
        );
      }),
    );
  });

  it.each([
    ['a label with the name of a large part', '{"labels":{"template":"small","fieldsV1":"none"}}'],
    ['a member whose name ends like one', '{"my\\"template":{"a":1},"a\\"fieldsV1":{"b":2}}'],
  ])('keeps %s', (_, json) => {
    expect(parsed(json)).toEqual(JSON.parse(json));
  });

  it.each([
    ['is cut off in a part that is skipped', '{"spec":{"template":{"a":"'],
    ['is cut off after a backslash in it', '{"spec":{"template":{"a":"\\'],
    ['is cut off after it', '{"spec":{"template":{"a":1}'],
    ['continues after its end', '{"spec":{"template":{"a":1}}}}'],
  ])('refuses JSON that %s', (_, json) => {
    expect(() => parsed(json)).toThrow(KubeMalformedError);
  });
});
