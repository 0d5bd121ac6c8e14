import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../../src/config/config.ts';
import { configuredLimits, defaultDecisionTimes } from '../../support/limits.ts';

let folder: string;
let files: Record<string, string>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'config test '));
  files = Object.fromEntries(
    ['TLS_CERT_FILE', 'TLS_KEY_FILE', 'TLS_CLIENT_CA_FILE', 'KUBECONFIG'].map((name) => {
      const file = join(folder, name);
      writeFileSync(file, '');
      return [name, file];
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

function mistakesOf(environment: Record<string, string>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('loadConfig', () => {
  it('fills in the defaults', () => {
    expect(loadConfig(files)).toMatchObject({
      ...files,
      HOST: '0.0.0.0',
      PORT: 8443,
      LOG_LEVEL: 'info',
      MANAGEMENT_HOST: '127.0.0.1',
      MANAGEMENT_PORT: 8081,
      DRAIN_DELAY_SECONDS: 5,
      DRAIN_LIMIT_SECONDS: 15,
      AUTHORIZATION_MODE: 'SubjectAccessReview',
      WATCH_HPAS: true,
      WATCH_SCALED_OBJECTS: false,
      clusters: [{ name: 'default', kubeconfig: files.KUBECONFIG, namespaces: [] }],
      identityPolicy: { allowedReserved: [], allowedClients: [] },
      managementAllowedHosts: [],
      limits: configuredLimits,
      decisionTimes: defaultDecisionTimes,
    });
  });

  it('treats an empty variable as not set', () => {
    const empty = { HOST: '', PORT: '', LOG_LEVEL: '', WATCH_NAMESPACES: '', MANAGEMENT_PORT: '' };
    expect(loadConfig({ ...files, ...empty })).toEqual(loadConfig(files));
  });

  it('reads numbers and lists', () => {
    const config = loadConfig({ ...files, PORT: '9443', WATCH_NAMESPACES: 'team-a,team-b,team-a' });
    expect(config.PORT).toBe(9443);
    expect(config.clusters[0]?.namespaces).toEqual(['team-a', 'team-b']);
  });

  it('reads how long decisions are kept', () => {
    const times = { AUTHORIZATION_ALLOWED_SECONDS: '60', AUTHORIZATION_OUTAGE_SECONDS: '0' };
    expect(loadConfig({ ...files, ...times }).decisionTimes).toEqual({
      allowedSeconds: 60,
      deniedSeconds: 30,
      outageSeconds: 0,
    });
    expect(mistakesOf({ ...files, AUTHORIZATION_DENIED_SECONDS: '0' })).toContain(
      'AUTHORIZATION_DENIED_SECONDS must be >= 1 (it is "0")',
    );
  });

  it('reads the host names of the management listener, and refuses ports and spaces in them', () => {
    const allowed = (MANAGEMENT_ALLOWED_HOSTS: string) => ({ ...files, MANAGEMENT_ALLOWED_HOSTS });
    const { managementAllowedHosts } = loadConfig(allowed('scaler.example.com,Scaler_1,a'));
    expect(managementAllowedHosts).toEqual(['scaler.example.com', 'Scaler_1', 'a']);
    for (const wrong of ['a:8081', 'a, b', 'http://a', '*', ',', 'a,', '.', '[::1]']) {
      expect(mistakesOf(allowed(wrong))).toBe(
        `The configuration is not usable:\n  - MANAGEMENT_ALLOWED_HOSTS must be host names separated by commas, without ports or spaces (it is ${JSON.stringify(wrong)})`,
      );
    }
  });

  it('reads the rules of the rails file, and none without one', () => {
    const RAILS_FILE = join(folder, 'rails.yaml');
    writeFileSync(RAILS_FILE, 'rules:\n  - name: everywhere\n    max: 1000\n');
    expect(loadConfig({ ...files, RAILS_FILE }).rails).toMatchObject([{ name: 'everywhere', max: 1000 }]);
    expect(loadConfig(files).rails).toEqual([]);
  });

  it('reports every mistake of the rails file, or that it cannot be read, among the others', () => {
    const [broken, missing] = [join(folder, 'broken.yaml'), join(folder, 'missing.yaml')];
    writeFileSync(broken, 'rules:\n  - name: everywhere\n  - max: 3\n');
    const mistakes = (RAILS_FILE: string) =>
      mistakesOf({ ...files, RAILS_FILE, PORT: 'https' })
        .split('\n')
        .slice(2);
    expect(mistakes(broken)).toEqual([
      `  - ${broken}:2: rules[0] limits nothing: give it min, max, maxStep, allowZero: false or protected`,
      `  - ${broken}:3: rules[1] lacks name`,
    ]);
    expect(mistakes(missing)).toEqual([`  - RAILS_FILE names a file that cannot be read: ${missing}`]);
  });

  it('is frozen', () => {
    const config = loadConfig(files);
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.clusters)).toBe(true);
  });

  it('ignores unknown variables', () => {
    expect(loadConfig({ ...files, PATH: '/bin', SOMETHING: 'x' })).toEqual(loadConfig(files));
  });

  it('reports all mistakes at once, each with its variable and value', () => {
    const missing = join(folder, 'missing.pem');
    const message = mistakesOf({
      ...files,
      TLS_KEY_FILE: missing,
      TLS_CRL_FILE: missing,
      KUBECONFIG: missing,
      PORT: 'https',
      MANAGEMENT_PORT: '70000',
      LOG_LEVEL: 'verbose',
      WATCH_NAMESPACES: 'team-a, team-b',
      DRAIN_DELAY_SECONDS: '-1',
    });
    expect(message.split('\n')).toEqual([
      'The configuration is not usable:',
      '  - PORT must be integer (it is "https")',
      '  - WATCH_NAMESPACES must be namespaces separated by commas, without spaces (it is "team-a, team-b")',
      '  - LOG_LEVEL must be equal to one of the allowed values: trace, debug, info, warn, error, fatal, silent (it is "verbose")',
      '  - MANAGEMENT_PORT must be <= 65535 (it is "70000")',
      '  - DRAIN_DELAY_SECONDS must be >= 0 (it is "-1")',
      `  - TLS_KEY_FILE names a file that cannot be read: ${missing} (make generate-certs makes a set)`,
      `  - TLS_CRL_FILE names a file that cannot be read: ${missing}`,
      `  - KUBECONFIG names a file that cannot be read: ${missing}`,
    ]);
  });

  it('refuses fractions, signs and spaces in numbers', () => {
    for (const port of ['1.5', '1 2', '1e9', 'NaN', '-1']) {
      expect(mistakesOf({ ...files, PORT: port })).toContain('PORT must be');
    }
  });

  it('requires a kubeconfig outside a pod, but not inside', () => {
    const { KUBECONFIG: _, ...without } = files;
    expect(mistakesOf(without)).toContain('KUBECONFIG is not set and this is not a pod');
    expect(loadConfig({ ...without, KUBERNETES_SERVICE_HOST: '10.96.0.1' }).KUBECONFIG).toBeUndefined();
  });

  it('accepts several kubeconfigs, of which some may be missing, but not all', () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    const KUBECONFIG = [one, files.KUBECONFIG].join(delimiter);
    expect(loadConfig({ ...files, KUBECONFIG }).KUBECONFIG).toBe(KUBECONFIG);
    expect(
      mistakesOf({ ...files, KUBECONFIG: [one, two].join(delimiter) })
        .split('\n')
        .slice(1),
    ).toEqual([
      `  - KUBECONFIG names a file that cannot be read: ${one}`,
      `  - KUBECONFIG names a file that cannot be read: ${two}`,
    ]);
  });
});

describe('the variables that define clusters', () => {
  it('are read only if they are in use, whatever the others contain', () => {
    const clusters = [{ name: 'a', kubeconfig: files.KUBECONFIG }];
    const environment = { ...files, CLUSTERS: `a=${files.KUBECONFIG}`, KUBECONFIG: '/no/such/file' };
    expect(loadConfig(environment)).toMatchObject({ clustersSource: { from: 'CLUSTERS' }, clusters });
  });
});
