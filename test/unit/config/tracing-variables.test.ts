import { describe, expect, it } from 'vitest';
import { tracingIn } from '../../../src/config/tracing-variables.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('traces', () => {
  it.each([
    [{}],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    [{ OTEL_TRACES_SAMPLER: 'nonsense', OTEL_SERVICE_NAME: 'a' }],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'True' }],
    [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
    [{ ...ENDPOINT, OTEL_TRACES_SAMPLER: 'always_off', OTEL_EXPORTER_OTLP_TIMEOUT: '3s' }],
  ])('are off without an endpoint, and if they are turned off: %j', (environment) => {
    expect(tracingIn(environment)).toEqual({ tracing: false, mistakes: [] });
  });

  it.each([
    [ENDPOINT],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/v1/traces' }],
    [{ ...ENDPOINT, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' }],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_TIMEOUT: '3000' }],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'false', OTEL_TRACES_EXPORTER: 'console, otlp' }],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' }],
  ])('are on with one: %j', (environment) => {
    expect(tracingIn(environment)).toEqual({ tracing: true, mistakes: [] });
  });
});

describe('what OpenTelemetry defines and the service does not support', () => {
  it.each([
    [
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'requests are not traced: OTEL_EXPORTER_OTLP_PROTOCOL must be one of http/json, http/protobuf (it is "grpc")',
    ],
    [
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
      'requests are not traced: OTEL_EXPORTER_OTLP_TRACES_PROTOCOL must be one of http/json, http/protobuf (it is "grpc")',
    ],
    [
      { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'zipkin' },
      'requests are not traced: OTEL_TRACES_EXPORTER must be one of otlp, none (it is "zipkin")',
    ],
    [
      // The address is one for gRPC.
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'requests are not traced: OTEL_EXPORTER_OTLP_PROTOCOL must be one of http/json, http/protobuf (it is "grpc")',
    ],
  ])('turns traces off and does not keep the service down: %j', (environment, refusal) => {
    expect(tracingIn(environment)).toEqual({ tracing: false, refusal, mistakes: [] });
  });
});

describe('a mistake', () => {
  it.each([
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
      'OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// URL',
    ],
    [
      { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'often' },
      'OTEL_TRACES_SAMPLER must be one of parentbased_always_on, parentbased_traceidratio, parentbased_always_off, always_on, traceidratio, always_off (it is "often")',
    ],
    [
      { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '10%' },
      'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1 (it is "10%")',
    ],
    [
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'http' },
      'OTEL_EXPORTER_OTLP_PROTOCOL must be one of http/json, http/protobuf (it is "http")',
    ],
    [
      { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'oltp' },
      'OTEL_TRACES_EXPORTER must be one of otlp, none (it is "oltp")',
    ],
    [
      { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'traceidratio' },
      'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1 (it is "")',
    ],
    [
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_TIMEOUT: '3s' },
      'OTEL_EXPORTER_OTLP_TIMEOUT must be a number of ms (it is "3s")',
    ],
  ])('is told, although the SDK would go on with a default: %j', (environment, mistake) => {
    expect(tracingIn(environment)).toEqual({ tracing: true, mistakes: [mistake] });
  });
});
