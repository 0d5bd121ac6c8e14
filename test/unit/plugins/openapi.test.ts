import { describe, expect, it } from 'vitest';
import * as errors from '../../../src/api/errors.ts';
import { buildTestApp } from '../../support/build-app.ts';

interface Described {
  readonly description?: string;
  readonly $ref?: string;
  readonly headers?: object;
  readonly content?: Record<string, { readonly examples?: Record<string, { readonly $ref?: string }> }>;
}
interface Operation {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly in?: string;
    readonly name?: string;
    readonly description?: string;
  }[];
  readonly responses: Record<string, Described>;
}
interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly schemas: Record<string, unknown>;
    readonly responses: Record<string, Described>;
    readonly examples: Record<
      string,
      { readonly value: { readonly code: string; readonly statusCode: number } }
    >;
  };
}

async function documentOf(): Promise<Document> {
  const app = await buildTestApp();
  return (await app.inject('/openapi.json')).json();
}

/** The codes that only items of a batch have: no answer has them. */
const ITEM_CODES = ['BATCH_INTERRUPTED', 'BATCH_OUT_OF_TIME', 'CHANGED_SINCE'];
const CODES = Object.values(errors)
  .map((ErrorOf) => new ErrorOf('', '').code)
  .filter((code) => !ITEM_CODES.includes(code));

describe('the paths of the API document', () => {
  it('cover the default cluster, a named cluster, and all clusters', async () => {
    const { paths } = await documentOf();
    const operations = Object.entries(paths).map(([path, item]) => `${path} ${Object.keys(item).sort()}`);
    expect(operations.sort()).toEqual([
      '/clusters get',
      '/clusters/deployments get',
      '/clusters/events get',
      '/deployments get',
      '/deployments/{namespace}/{deployment} get',
      '/deployments/{namespace}/{deployment}/changes get',
      '/events get',
      '/healthz get',
      '/limits get',
      '/replica-count get,post',
      '/scale get,post',
      '/{cluster}/deployments get',
      '/{cluster}/deployments/{namespace}/{deployment} get',
      '/{cluster}/deployments/{namespace}/{deployment}/changes get',
      '/{cluster}/events get',
      '/{cluster}/healthz get',
      '/{cluster}/limits get',
      '/{cluster}/replica-count get,post',
      '/{cluster}/scale get,post',
      '/{cluster}/set-replica-count post',
    ]);
  });

  it('have a unique operationId per operation, which ends with OfCluster for a named cluster', async () => {
    const { paths } = await documentOf();
    const named = Object.entries(paths).flatMap(([path, item]) =>
      Object.values(item).map(({ operationId }) => [path, operationId] as const),
    );
    expect(new Set(named.map(([, id]) => id)).size).toBe(named.length);
    for (const [path, id] of named) expect(id.endsWith('OfCluster')).toBe(path.startsWith('/{cluster}/'));
  });

  it('declare their parameters, with a description each', async () => {
    const { paths } = await documentOf();
    for (const [path, item] of Object.entries(paths)) {
      const names = [...path.matchAll(/{(.+?)}/g)].map(([, name]) => name);
      for (const { parameters } of Object.values(item)) {
        const declared = parameters.filter((parameter) => parameter.in === 'path');
        expect(declared.map(({ name }) => name)).toEqual(names);
        for (const { description } of declared) expect(description).toBeTruthy();
      }
    }
  });

  it('have an error for an unknown cluster, once, only if they or their bodies name a cluster', async () => {
    const { paths } = await documentOf();
    for (const [path, item] of Object.entries(paths)) {
      for (const { operationId, responses } of Object.values(item)) {
        const { description = '' } = responses['404'] ?? {};
        const times = description.split('CLUSTER_NOT_FOUND').length - 1;
        const namesOne = path.startsWith('/{cluster}/') || operationId === 'scaleBatch';
        expect([path, times]).toEqual([path, namesOne ? 1 : 0]);
      }
    }
  });
});

it('API document: a schema that contains another of its schemas refers to it', async () => {
  const { schemas } = (await documentOf()).components;
  expect(schemas.DeploymentStates).toMatchObject({
    properties: { items: { items: { $ref: '#/components/schemas/DeploymentState' } } },
  });
  const receipt = { $ref: '#/components/schemas/Receipt' };
  expect(schemas.Batch).toMatchObject({ properties: { receipt, restore: receipt } });
  expect(schemas.BatchAnswer).toMatchObject({ properties: { receipt } });
});

describe('the errors of the API document', () => {
  it('have one example per code, of that code and its status', async () => {
    const { examples } = (await documentOf()).components;
    expect(Object.keys(examples).sort()).toEqual(CODES.sort());
    for (const [code, { value }] of Object.entries(examples)) expect(value.code).toBe(code);
  });

  it('refer to the examples of exactly the codes that their responses name', async () => {
    const { paths, components } = await documentOf();
    const ofOperations = Object.values(paths)
      .flatMap((item) => Object.values(item))
      .flatMap(({ responses }) => Object.entries(responses))
      .filter(([status, { $ref }]) => status >= '400' && $ref === undefined)
      .map(([, response]) => response);
    const responses = [...ofOperations, ...Object.values(components.responses)];
    expect(responses.length).toBeGreaterThan(20);
    for (const { description = '', content } of responses) {
      const codes = [...description.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code);
      const { examples = {} } = content?.['application/json'] ?? {};
      expect(examples).toEqual(
        Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      );
    }
  });

  it('end with a default response for all others, the same in every operation', async () => {
    const { paths, components } = await documentOf();
    for (const [path, item] of Object.entries(paths)) {
      for (const { responses } of Object.values(item)) {
        const { default: other } = responses;
        expect([path, other]).toEqual([path, { $ref: '#/components/responses/OtherError' }]);
      }
    }
    const { description, content } = components.responses.OtherError ?? {};
    expect(description).toMatch(/^Any other error/);
    expect(content).toEqual({ 'application/json': { schema: { $ref: '#/components/schemas/Error' } } });
  });

  it('have a forecast where a count can be refused because it would not stay', async () => {
    const { paths } = await documentOf();
    const managed = Object.values(paths)
      .flatMap((item) => Object.values(item))
      // Of a batch, the error says it of each item.
      .filter(({ operationId }) => !operationId.startsWith('scaleBatch'))
      .flatMap(({ responses }) => Object.values(responses))
      .filter(({ description }) => description?.includes('REPLICAS_MANAGED'));
    expect(managed).toHaveLength(3);
    for (const { headers } of managed) expect(headers).toHaveProperty('X-Replicas-Forecast');
  });

  it('are listed under their own status', async () => {
    const { paths, components } = await documentOf();
    for (const { responses } of Object.values(paths).flatMap((item) => Object.values(item))) {
      for (const [status, { $ref, content }] of Object.entries(responses)) {
        const response =
          $ref === undefined ? { content } : components.responses[$ref.split('/').at(-1) ?? ''];
        for (const code of Object.keys(response?.content?.['application/json']?.examples ?? {}))
          expect(components.examples[code]?.value.statusCode).toBe(Number(status));
      }
    }
  });
});

it('API document: optional parameters have their example in the schema, so that Swagger UI does not fill it in', async () => {
  const { paths } = await documentOf();
  const parameters = Object.values(paths)
    .flatMap((item) => Object.values(item))
    .flatMap((operation) => operation.parameters);
  const optional = parameters.filter((parameter) => 'required' in parameter && !parameter.required);
  expect(optional.length).toBeGreaterThan(0);
  for (const parameter of optional) {
    expect(parameter).not.toHaveProperty('example');
    expect(parameter).toHaveProperty('schema.examples');
  }
});
