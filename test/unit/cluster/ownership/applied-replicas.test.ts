import { describe, expect, it } from 'vitest';
import { appliedReplicas } from '../../../../src/cluster/ownership/applied-replicas.ts';

const withManifest = (text: unknown) =>
  appliedReplicas({ annotations: { 'kubectl.kubernetes.io/last-applied-configuration': text } });
const manifest = (spec: object) => withManifest(`${JSON.stringify({ kind: 'Deployment', spec })}\n`);

describe('the count that a client-side apply has written down', () => {
  it('is spec.replicas of its manifest, not that of the pod template', () => {
    expect(manifest({ replicas: 3, template: { spec: { replicas: 7 } } })).toBe(3);
    expect(manifest({ replicas: 0 })).toBe(0);
  });

  it.each([
    ['no count', '{"spec":{}}'],
    ['no spec', '{}'],
    ['a count that is none', '{"spec":{"replicas":"3"}}'],
    ['a negative count', '{"spec":{"replicas":-1}}'],
    ['no object', '[]'],
    ['no JSON', '{"spec":'],
    ['no text', 3],
  ])('is none for a manifest with %s', (_, text) => {
    expect(withManifest(text)).toBeUndefined();
  });

  it.each([{}, { annotations: null }, { annotations: {} }])(
    'is none without the annotation: %j',
    (metadata) => {
      expect(appliedReplicas(metadata)).toBeUndefined();
    },
  );
});
