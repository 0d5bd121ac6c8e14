import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printConfig } from '../../../src/process/print-config.ts';

let folder: string;
const files: Record<string, string> = {};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'print-config-test-'));
  for (const name of ['TLS_CERT_FILE', 'TLS_KEY_FILE', 'TLS_CLIENT_CA_FILE', 'KUBECONFIG']) {
    files[name] = join(folder, name);
    writeFileSync(files[name], '');
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is printed as the value of a variable. */
function shown(name: string, value: string): string | undefined {
  const printed = printConfig({ ...files, [name]: value });
  return new RegExp(`^${name} +(.*?) +environment$`, 'm').exec(printed)?.[1];
}

describe('a URL is printed without what may be secret', () => {
  it.each([
    ['http://proxy:3128', 'http://proxy:3128'],
    ['socks5://[::1]:1080', 'socks5://[::1]:1080'],
    ['http://user:s3cret@proxy:3128/', 'http://(hidden)@proxy:3128'],
    ['http://s3cret@proxy:3128', 'http://(hidden)@proxy:3128'],
    ['http://user:s3%40cret@proxy', 'http://(hidden)@proxy'],
    // Nobody knows what was meant.
    ['http://user:s3@cret@proxy', '(hidden)'],
    ['http://user:s3/cret@proxy', '(hidden)'],
    ['http://user:1/s3cret@proxy', '(hidden)'],
    ['http://user:1?s3cret@proxy', '(hidden)'],
    ['http://user:1#s3cret@proxy', '(hidden)'],
    ['http://user:1\\s3cret@proxy', '(hidden)'],
    ['http://s3#cret@proxy', '(hidden)'],
    ['http://user:s3cret@', '(hidden)'],
    ['user:s3cret@proxy:3128', '(hidden)'],
    ['s3cret', '(hidden)'],
  ])('of a proxy: %s', (value, expected) => {
    for (const name of ['HTTPS_PROXY', 'http_proxy', 'all_proxy']) expect(shown(name, value)).toBe(expected);
  });

  it.each([
    ['https://collector:4318/v1/traces', 'https://collector:4318/v1/traces'],
    ['https://collector/v1/traces?api_key=s3cret', 'https://collector/v1/traces?(hidden)'],
    ['https://collector/v1/traces?api_key=s3cret#s3cret', 'https://collector/v1/traces?(hidden)#(hidden)'],
    ['https://user:s3cret@collector/v1?k=s3cret', 'https://(hidden)@collector/(hidden)?(hidden)'],
    ['https://collector/s3cret/v1/traces', 'https://collector/(hidden)'],
  ])('of a collector: %s', (value, expected) => {
    for (const name of ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])
      expect(shown(name, value)).toBe(expected);
  });
});

describe('of the other variables of OpenTelemetry', () => {
  it.each([
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=s3cret', '(hidden)'],
    ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'x-key=s3cret', '(hidden)'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'k8s.pod.name=a,api.key=s3=cret', 'k8s.pod.name=(hidden),api.key=(hidden)'],
    ['OTEL_RESOURCE_ATTRIBUTES', 's3cret', '(hidden)'],
    // Nothing is known of it.
    ['OTEL_VENDOR_KEY', 's3cret', '(hidden)'],
  ])('%s=%s is hidden', (name, value, expected) => {
    expect(shown(name, value)).toBe(expected);
  });

  it.each([
    ['OTEL_SERVICE_NAME', 'scaler'],
    ['OTEL_TRACES_SAMPLER_ARG', '0.01'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '3000'],
    ['OTEL_SDK_DISABLED', 'true'],
  ])('%s=%s is printed', (name, value) => {
    expect(shown(name, value)).toBe(value);
  });
});

it('names of clients with an @ are printed as they are', () => {
  expect(shown('ALLOWED_CLIENTS', 'alice@example.com')).toBe('alice@example.com');
});
