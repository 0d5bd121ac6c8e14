import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConnectError } from '../../../../src/cli/connect/connect-error.ts';
import {
  readProfiles,
  removeProfile,
  saveProfile,
  useProfile,
} from '../../../../src/cli/connect/profiles.ts';
import { settingsOf } from '../../../../src/cli/connect/settings.ts';
import { ClientFolder } from '../../../support/cli/client-folder.ts';

const PROFILES = `current: one
profiles:
  one: {server: https://one:8443, cert: /one-cert.pem, key: /one-key.pem, ca: /ca.pem, cluster: east}
  two: {server: https://two:8443, p12: /two.p12}
  three: {server: https://three:8443, context: kind}
`;

async function environment(text?: string) {
  const folder = await ClientFolder.make();
  const SCALER_CONFIG = join(folder.path, 'config.yaml');
  if (text !== undefined) await writeFile(SCALER_CONFIG, text);
  return { SCALER_CONFIG };
}

describe('settings', () => {
  it('come from the current profile, or from the one that a flag or the environment names', async () => {
    const env = await environment(PROFILES);
    const one = await settingsOf({}, env);
    expect(one.server.href).toBe('https://one:8443/');
    expect(one).toMatchObject({
      ca: '/ca.pem',
      identity: { kind: 'pem', cert: '/one-cert.pem', key: '/one-key.pem' },
      cluster: 'east',
    });
    const two = await settingsOf({}, { ...env, SCALER_PROFILE: 'two' });
    expect(two).toMatchObject({ identity: { kind: 'p12', file: '/two.p12' }, cluster: undefined });
    const three = await settingsOf({ profile: 'three' }, { ...env, SCALER_PROFILE: 'two' });
    expect(three.identity).toMatchObject({ kind: 'kubeconfig', context: 'kind' });
  });

  it('come from flags before the environment before the profile', async () => {
    const env = { ...(await environment(PROFILES)), SCALER_SERVER: 'https://env:1', SCALER_CLUSTER: 'west' };
    const settings = await settingsOf({}, env);
    expect(settings.server.host).toBe('env:1');
    expect(settings.identity).toMatchObject({ cert: '/one-cert.pem' });
    expect(settings.cluster).toBe('west');
    expect((await settingsOf({ server: 'flag:2' }, env)).server.host).toBe('flag:2');
  });

  it('never join the key of one source with the certificate of another', async () => {
    const env = { ...(await environment(PROFILES)), SCALER_CERT: '/env.pem' };
    expect((await settingsOf({}, env)).identity).toEqual({ kind: 'pem', cert: '/env.pem', key: '/env.pem' });
    expect((await settingsOf({ p12: '/flag.p12' }, env)).identity).toEqual({
      kind: 'p12',
      file: '/flag.p12',
    });
    await expect(settingsOf({ key: '/k.pem' }, env)).rejects.toThrow('has no certificate');
  });

  it('refuse two kinds of certificate together', async () => {
    const env = await environment(PROFILES);
    await expect(settingsOf({ cert: 'a', p12: 'b' }, env)).rejects.toThrow(
      'There are several client certificates',
    );
    await expect(settingsOf({ p12: 'a', context: 'b' }, env)).rejects.toThrow('Give one of');
  });

  it('come from the profile that a flag names, whatever server, certificate and cluster the environment has', async () => {
    const env = await environment(PROFILES);
    const alone = await settingsOf({ profile: 'two' }, env);
    const variables = { SCALER_SERVER: 'https://other', SCALER_P12: '/other.p12', SCALER_CLUSTER: 'other' };
    expect(await settingsOf({ profile: 'two' }, { ...env, ...variables })).toEqual(alone);
  });

  it('take an empty variable for none', async () => {
    const env = { ...(await environment(PROFILES)), SCALER_CERT: '', SCALER_PROFILE: '', SCALER_SERVER: '' };
    expect((await settingsOf({}, env)).server.host).toBe('one:8443');
  });

  it('say what is missing', async () => {
    const env = await environment();
    await expect(settingsOf({}, env)).rejects.toThrow('Give --server https://HOST:PORT');
    await expect(settingsOf({ server: 'https://x' }, env)).rejects.toThrow(
      '--cert FILE and --key FILE, or --p12 FILE',
    );
    const unknown = settingsOf({ profile: 'four' }, await environment(PROFILES));
    await expect(unknown).rejects.toThrow(
      /no profile four in .* It has one, two, three\. Choose one with --profile/,
    );
    await expect(unknown).rejects.toMatchObject({ usage: true });
  });

  it.each([
    ['http://one', 'must begin with https://'],
    ['https://', 'is not a URL'],
    ['https://user@one', 'may have a host, a port and a path only'],
    ['https://:hush@one', 'The server https://one may have a host, a port and a path only'],
    ['ftp://me:hush@one', 'The server ftp://one must begin with'],
    ['https://one?x=1', 'may have a host, a port and a path only'],
  ])('refuse the server %s', async (server, expected) => {
    await expect(settingsOf({ server, p12: 'a' }, {})).rejects.toThrow(expected);
  });

  it('do not read the profiles if flags say everything', async () => {
    const env = await environment('{ broken');
    expect((await settingsOf({ server: 'one', p12: '/a.p12' }, env)).server.href).toBe('https://one/');
  });
});

describe('profiles', () => {
  it.each([
    [
      'profiles:\n  one:\n    server: x\n    token: y\n',
      /:4: token is not a known field; there are server, ca/,
    ],
    ['current: [a]\n', /:1: must be a name/],
    ['profile: {}\n', /:1: profile is not a known field; there are current, profiles/],
    ['profiles:\n  one:\n    cert: /a\n', /:3: the profile one has no server/],
    ['profiles:\n  one:\n    server: 5\n', /:3: server must be a text/],
    ['profiles:\n  one: abc\n', /:2: profiles\.one must have fields/],
    ['profiles:\n  one: {\n', /:\d: .*/],
    ['a: 1\na: 2\n', /:2: Map keys must be unique/],
  ])('of a broken file name file, line and remedy: %j', async (text, expected) => {
    const env = await environment(text);
    const reading = readProfiles(env);
    await expect(reading).rejects.toThrow(expected);
    await expect(reading).rejects.toThrow(ConnectError);
    await expect(reading).rejects.toThrow('Correct that line, or remove the file and run `scaler login`');
    await expect(reading).rejects.toThrow(env.SCALER_CONFIG);
  });

  it('are none if the file is missing or empty', async () => {
    expect((await readProfiles(await environment())).profiles.size).toBe(0);
    expect((await readProfiles(await environment(''))).profiles.size).toBe(0);
    expect((await readProfiles(await environment('# mine\n'))).profiles.size).toBe(0);
  });

  it('that cannot be read are an error', async () => {
    const { SCALER_CONFIG } = await environment();
    await mkdir(SCALER_CONFIG);
    await expect(readProfiles({ SCALER_CONFIG })).rejects.toThrow(/^Cannot read the profiles in/);
  });

  it('are in SCALER_CONFIG, XDG_CONFIG_HOME or ~/.config', async () => {
    const folder = await ClientFolder.make();
    const { path } = folder;
    expect((await readProfiles({ SCALER_CONFIG: '/none/c.yaml', HOME: path })).file).toBe('/none/c.yaml');
    expect((await readProfiles({ XDG_CONFIG_HOME: `${path}/x`, HOME: path })).file).toBe(
      `${path}/x/k8s-deployment-scaler/config.yaml`,
    );
    expect((await readProfiles({ HOME: path })).file).toBe(
      `${path}/.config/k8s-deployment-scaler/config.yaml`,
    );
  });

  it('are written for the user alone, and keep comments and each other', async () => {
    const folder = await ClientFolder.make();
    const env = { XDG_CONFIG_HOME: join(folder.path, 'new') };
    await saveProfile(env, 'one', { server: 'https://one', cert: '/c', key: '/k' });
    const { file } = await readProfiles(env);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await writeFile(file, `# mine\n${await readFile(file, 'utf8')}`);
    await chmod(file, 0o644);
    await saveProfile(env, 'two', { server: 'https://two', p12: '/p' });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toMatch(/^# mine\n/);
    const { current, profiles } = await readProfiles(env);
    expect(current).toBe('two');
    expect([...profiles]).toEqual([
      ['one', { server: 'https://one', cert: '/c', key: '/k' }],
      ['two', { server: 'https://two', p12: '/p' }],
    ]);
    await useProfile(env, 'one');
    await removeProfile(env, 'one');
    expect(await readProfiles(env)).toMatchObject({
      current: undefined,
      profiles: new Map([['two', expect.anything()]]),
    });
    expect(await readdir(join(folder.path, 'new/k8s-deployment-scaler'))).toEqual(['config.yaml']);
  });

  it('are written through a link to the file', async () => {
    const folder = await ClientFolder.make();
    const real = await folder.write('real.yaml', '');
    const SCALER_CONFIG = join(folder.path, 'link.yaml');
    await symlink(real, SCALER_CONFIG);
    await saveProfile({ SCALER_CONFIG }, 'one', { server: 'https://one' });
    expect(await readFile(real, 'utf8')).toContain('https://one');
  });

  it('are not written over a file with a mistake', async () => {
    const env = await environment('profile: {}\n');
    await expect(saveProfile(env, 'one', { server: 'https://one' })).rejects.toThrow('not a known field');
    expect(await readFile(env.SCALER_CONFIG, 'utf8')).toBe('profile: {}\n');
  });
});
