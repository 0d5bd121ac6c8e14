import { delimiter } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kubeconfigFiles, kubeconfigIdentity } from '../../../../src/cli/connect/kubeconfig.ts';
import { ClientFolder } from '../../../support/cli/client-folder.ts';

const DATA = Buffer.from('CERT').toString('base64');
const KEY = Buffer.from('KEY').toString('base64');

const withUser = (user: string) => `
current-context: main
contexts:
- {name: main, context: {cluster: c, user: u}}
- {name: lost, context: {cluster: c, user: nobody}}
users:
- {name: u, user: ${user}}
`;

describe('the client certificate of a kubeconfig', () => {
  it('comes from data or from files beside it', async () => {
    const folder = await ClientFolder.make();
    const data = `{client-certificate-data: ${DATA}, client-key-data: ${KEY}}`;
    const inline = await folder.write('inline', withUser(data));
    const found = await kubeconfigIdentity(inline, undefined);
    expect(found).toMatchObject({ context: 'main', from: `the user u in ${inline}` });
    expect([`${found.cert}`, `${found.key}`]).toEqual(['CERT', 'KEY']);
    await folder.write('c.pem', 'CERT');
    await folder.write('k.pem', 'KEY');
    const files = await folder.write('files', withUser('{client-certificate: c.pem, client-key: ./k.pem}'));
    const fromFiles = await kubeconfigIdentity(files, 'main');
    expect([`${fromFiles.cert}`, `${fromFiles.key}`]).toEqual(['CERT', 'KEY']);
  });

  it('comes from the first of several files that has it; missing files are ignored, as by kubectl', async () => {
    const folder = await ClientFolder.make();
    const first = await folder.write('first', 'current-context: main\n');
    const data = `{client-certificate-data: ${DATA}, client-key-data: ${KEY}}`;
    const second = await folder.write(
      'second',
      withUser(data).replace('current-context: main', 'current-context: lost'),
    );
    const files = [first, `${folder.path}/missing`, second].join(delimiter);
    expect(kubeconfigFiles({ KUBECONFIG: files })).toBe(files);
    expect((await kubeconfigIdentity(files, undefined)).context).toBe('main');
  });

  it.each([
    ['{token: t}', 'logs in with a token'],
    ['{exec: {command: aws}}', 'logs in by a command (exec)'],
    ['{auth-provider: {name: oidc}}', 'logs in by an auth-provider'],
    ['{username: u, password: p}', 'logs in with a password'],
    [`{client-certificate-data: ${DATA}}`, 'has no client certificate with a key'],
  ])('is missing for the user %s, and the error says so', async (user, expected) => {
    const folder = await ClientFolder.make();
    const file = await folder.write('config', withUser(user));
    const reading = kubeconfigIdentity(file, 'main');
    await expect(reading).rejects.toThrow(expected);
    await expect(reading).rejects.toThrow('the service knows client certificates only');
    await expect(reading).rejects.toMatchObject({ usage: true });
  });

  it('is not found if context, user or file is not there', async () => {
    const folder = await ClientFolder.make();
    const file = await folder.write('config', withUser('{}'));
    await expect(kubeconfigIdentity(file, 'other')).rejects.toThrow('has no context other');
    await expect(kubeconfigIdentity(file, 'lost')).rejects.toThrow('names no user that exists');
    await expect(kubeconfigIdentity(`${file}x`, 'lost')).rejects.toThrow(/^Cannot read .*ENOENT/);
    const empty = await folder.write('empty', '');
    await expect(kubeconfigIdentity(empty, undefined)).rejects.toThrow('has no current context');
    const broken = await folder.write('broken', 'users: [\n');
    await expect(kubeconfigIdentity(broken, 'a')).rejects.toThrow(/The kubeconfig is not YAML: .*broken:\d/);
  });
});
