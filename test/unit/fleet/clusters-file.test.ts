import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseClustersFile, parseClustersVariable } from '../../../src/fleet/clusters-file.ts';
import { DefinitionError } from '../../../src/fleet/definition.ts';
import { RESERVED_NAMES } from '../../../src/fleet/reserved-names.ts';

function mistakesOf(parse: () => unknown): readonly string[] {
  try {
    parse();
  } catch (error) {
    if (error instanceof DefinitionError) return error.mistakes;
    throw error;
  }
  return [];
}
const inFile = (text: string) => mistakesOf(() => parseClustersFile('etc/clusters.yaml', text));
const inVariable = (value: string) => mistakesOf(() => parseClustersVariable(value));

describe('a clusters file', () => {
  it('defines clusters in order, with kubeconfigs relative to the file', () => {
    const text = `
clusters:
  - name: cluster1
    context: kubeconfigs/one
  - name: cluster2
    context: /path/to/two
    contextName: prod-admin
    namespaces: [team-a, team-b]
  - name: home
`;
    expect(parseClustersFile('etc/clusters.yaml', text)).toEqual([
      {
        name: 'cluster1',
        kubeconfig: resolve('etc/kubeconfigs/one'),
        contextName: undefined,
        namespaces: [],
      },
      {
        name: 'cluster2',
        kubeconfig: '/path/to/two',
        contextName: 'prod-admin',
        namespaces: ['team-a', 'team-b'],
      },
      { name: 'home', kubeconfig: undefined, contextName: undefined, namespaces: [] },
    ]);
  });

  it('may list several kubeconfigs per cluster, each relative to the file', () => {
    const text = 'clusters: [{name: a, context: "one:/two:"}, {name: b, context: ":"}]';
    const kubeconfigs = parseClustersFile('etc/clusters.yaml', text).map(({ kubeconfig }) => kubeconfig);
    // The last one names no file, which is an error of the kubeconfig. It must not be the service account of the pod.
    expect(kubeconfigs).toEqual([`${resolve('etc/one')}:/two`, '']);
  });

  it('is refused with the line and the field of every mistake', () => {
    const text = `clusters:
  - name: a
    contxt: x
  - name: B_c
    context: ""
    namespaces:
      - ok
      - Not-Ok
  - context: y
`;
    expect(inFile(text).toSorted()).toEqual([
      'etc/clusters.yaml:3: clusters[0].contxt is not a known field',
      'etc/clusters.yaml:4: clusters[1].name is not a DNS label',
      'etc/clusters.yaml:5: clusters[1].context must not have fewer than 1 characters',
      'etc/clusters.yaml:8: clusters[1].namespaces[1] is not a DNS label',
      'etc/clusters.yaml:9: clusters[2] lacks name',
    ]);
  });

  it.each([
    ['', 'etc/clusters.yaml:1: the file must be object'],
    ['clusters: []\n', 'etc/clusters.yaml:1: clusters must not have fewer than 1 items'],
    ['# none\n\nclusters: 5\n', 'etc/clusters.yaml:3: clusters must be array'],
    ['clusters:\n  - name: 5\n', 'etc/clusters.yaml:2: clusters[0].name must be string'],
    ['clusters: *x\n', 'etc/clusters.yaml: Unresolved alias (the anchor must be set before the alias): x'],
    ['clusters:\n  - name: a\n    name: b\n', 'etc/clusters.yaml:3: Map keys must be unique'],
    [
      'clusters:\n  - name: a\n  - name: a\n',
      'etc/clusters.yaml:3: clusters[1].name a is already the name of another cluster',
    ],
  ])('is refused if it is %j', (text, mistake) => {
    expect(inFile(text)).toEqual([mistake]);
  });

  it('cannot name a cluster like a path of the service', () => {
    for (const name of RESERVED_NAMES) {
      expect(inFile(`clusters: [{ name: ${name} }]`)).toEqual([
        `etc/clusters.yaml:1: clusters[0].name ${name} is reserved for a path of the service: choose another`,
      ]);
    }
    expect([...RESERVED_NAMES].toSorted()).toEqual(
      'changes clusters deployments docs events healthz limits livez metrics openapi page readyz replica-count scale set-replica-count statefulsets ui'.split(
        ' ',
      ),
    );
  });
});

describe('the variable CLUSTERS', () => {
  it('defines clusters in order, with kubeconfigs relative to the working directory', () => {
    expect(parseClustersVariable('cluster1=/path/a, cluster2=b=c, cluster3=d:e')).toMatchObject([
      { name: 'cluster1', kubeconfig: '/path/a' },
      { name: 'cluster2', kubeconfig: resolve('b=c') },
      { name: 'cluster3', kubeconfig: `${resolve('d')}:${resolve('e')}` },
    ]);
  });

  it.each([
    ['a', 'CLUSTERS: "a" is not name=kubeconfig'],
    ['a=', 'CLUSTERS: "a=" is not name=kubeconfig'],
    ['a=x,', 'CLUSTERS: "" is not name=kubeconfig'],
    ['A=x', 'CLUSTERS: name "A" is not a DNS label'],
    ['a=x,a=y', 'CLUSTERS: name a is already the name of another cluster'],
    ['docs=x', 'CLUSTERS: name docs is reserved for a path of the service: choose another'],
  ])('is refused if it is %j', (value, mistake) => {
    expect(inVariable(value)).toEqual([mistake]);
  });
});
