import { expect, it } from 'vitest';
import { CallFigures } from '../../../../src/kube/client/call-figures.ts';
import { KubeCredentialsError, KubeTimeoutError } from '../../../../src/kube/kube-errors.ts';

const request = { path: '/version', deadlineMs: 1_000 };

function countsAfter(outcome: number | Error) {
  const figures = new CallFigures();
  figures.began(request, 'call').ended(outcome);
  return { counts: figures.counts.get('GET'), durations: figures.durations.get('GET')?.cumulative.at(-1) };
}

it.each([
  { code: '503', outcome: 503 },
  { code: '<error>', outcome: new KubeTimeoutError(true, 1_000) },
])('a call that ends with $code counts', ({ code, outcome }) => {
  expect(countsAfter(outcome)).toEqual({ counts: new Map([[code, 1]]), durations: 1 });
});

it.each([
  { what: 'for which there were no credentials', outcome: new KubeCredentialsError('no such file') },
  { what: 'that its caller gave up', outcome: new Error('the cluster was stopped') },
])('a call $what does not count: it says nothing about the API server', ({ outcome }) => {
  expect(countsAfter(outcome)).toEqual({ counts: undefined, durations: undefined });
});
