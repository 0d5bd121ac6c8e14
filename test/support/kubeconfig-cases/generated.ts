import fc from 'fast-check';
import { base64 } from '../kube/clients.ts';
import { type Case, kubeconfig, type World } from './case.ts';

/** A choice that a generated kubeconfig makes: parts of a cluster or a user, from the world. */
type Choice = (world: World) => object;

const SERVERS: readonly Choice[] = [
  () => ({}),
  ({ host }) => ({ server: `https://${host}/a/b` }),
  ({ port }) => ({ server: `https://localhost:${port}`, 'tls-server-name': 'kubernetes.default' }),
  ({ port }) => ({ server: `https://localhost:${port}` }),
  ({ proxy }) => ({ server: 'https://kubernetes.default', 'proxy-url': `http://${proxy}` }),
];
const TRUST: readonly Choice[] = [
  () => ({}),
  ({ ca, otherCa }) => ({ 'certificate-authority-data': base64(`${otherCa}\n${ca}`) }),
  () => ({ 'certificate-authority-data': undefined, 'certificate-authority': 'ca.crt' }),
  () => ({ 'certificate-authority-data': null, 'insecure-skip-tls-verify': true }),
  ({ otherCa }) => ({ 'certificate-authority-data': base64(otherCa) }),
];
const COMPRESSION: readonly Choice[] = [() => ({}), () => ({ 'disable-compression': true })];
const TOKENS: readonly Choice[] = [
  () => ({}),
  () => ({ token: 'inline' }),
  () => ({ tokenFile: 'token' }),
  () => ({ tokenFile: 'token', token: 'inline' }),
  () => ({ token: '' }),
];
const CERTIFICATES: readonly Choice[] = [
  () => ({}),
  ({ alice }) => ({
    'client-certificate-data': base64(alice.cert),
    'client-key-data': base64(alice.key),
  }),
  ({ bob }) => ({ 'client-certificate': 'client.crt', 'client-key-data': base64(bob.key) }),
  ({ alice }) => ({ 'client-certificate': 'client.crt', 'client-key-data': base64(alice.key) }),
];
const PASSWORDS: readonly Choice[] = [
  () => ({}),
  () => ({}),
  () => ({ username: 'me', password: 'word' }),
  () => ({ username: null, password: '' }),
];
const IMPERSONATIONS: readonly Choice[] = [
  () => ({}),
  () => ({ as: 'jane' }),
  () => ({ as: 'jane', 'as-groups': ['b', 'a'], 'as-user-extra': { 'k/ey': ['1', '2'] } }),
  () => ({ as: '', 'as-uid': 'lonely' }),
];

const files: fc.Arbitrary<Case['files']> = fc
  .tuple(
    fc.tuple(...[SERVERS, TRUST, COMPRESSION].map((choices) => fc.constantFrom(...choices))),
    fc.tuple(
      ...[TOKENS, CERTIFICATES, PASSWORDS, IMPERSONATIONS].map((choices) => fc.constantFrom(...choices)),
    ),
    fc.boolean(),
  )
  .map(([cluster, user, split]) => (world: World) => {
    const parts = (choices: readonly Choice[]) =>
      Object.assign({}, ...choices.map((choice) => choice(world)));
    const whole = kubeconfig(world, { cluster: parts(cluster), user: parts(user) });
    const others = { 'ca.crt': world.ca, 'client.crt': world.bob.cert, token: 'in the file\n' };
    if (!split) return { ...others, config: whole, more: '' };
    const { users, ...rest } = { users: [], ...whole };
    return { ...others, config: rest, more: { users } };
  });

/** Cases with combinations of fields, always the same ones. */
export function generatedCases(count: number): Case[] {
  return fc.sample(files, { numRuns: count, seed: 13 }).map((each, index) => ({
    title: `generated ${index + 1}`,
    files: each,
    kubeconfig: ['config', 'more'],
  }));
}
