import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { VERSION } from '../../../src/lib/version.ts';
import { SERVICE_USER } from '../../support/fake-apiserver/access.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { ServiceCommands } from '../../support/service-commands.ts';
import { until } from '../../support/until.ts';

let demo: FakeApiServer;
let commands: ServiceCommands;

beforeAll(async () => {
  demo = await FakeApiServer.start();
  commands = await ServiceCommands.create(demo.kubeconfig);
});
afterEach(() => demo.roles.reset());
afterAll(async () => {
  await demo.stop();
  await commands.remove();
});

const run: ServiceCommands['run'] = (...parameters) => commands.run(...parameters);

const withdraw = (verbs: string[], resources: string[], namespaces?: string[]) =>
  demo.roles.withdraw({
    users: [SERVICE_USER.name],
    verbs,
    resources,
    ...(namespaces === undefined ? {} : { namespaces }),
  });

describe('the commands of the service', () => {
  it('--version prints that of the package or of the image', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, output: `${VERSION}\n` });
  });

  it('--help lists them, and an unknown argument too, with exit code 2', async () => {
    const { code, output } = await run(['--help']);
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('--check-config') });
    for (const args of [['--port=1'], ['--check-config', '--verbose'], ['serve\u001b[2J']]) {
      const refused = await run(args);
      expect(refused).toMatchObject({ code: 2, output: expect.stringContaining('--print-config') });
      expect(refused.output).not.toContain('\u001b');
    }
  });
});

describe('--print-config', () => {
  it('prints each variable, with where it is from, and no secret', async () => {
    const { code, output } = await run(['--print-config'], {
      MAX_REQUESTS: '77',
      HTTPS_PROXY: 'http://user:s3cret@proxy.example:3128',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer t0ken',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://user:s3cret@collector.example',
      UNRELATED: 'unrel4ted',
    });
    expect(code).toBe(0);
    expect(output).toMatch(/^MAX_REQUESTS +77 +environment$/m);
    expect(output).toMatch(/^MAX_BATCHES +4 +default$/m);
    expect(output).toMatch(/^TLS_CRL_FILE +\(unset\) +default$/m);
    expect(output).toMatch(/^cluster default +.*KUBECONFIG, all namespaces +KUBECONFIG$/m);
    expect(output).toMatch(/^HTTPS_PROXY +http:\/\/\(hidden\)@proxy\.example:3128 +environment$/m);
    expect(output).toMatch(/^OTEL_EXPORTER_OTLP_HEADERS +\(hidden\) +environment$/m);
    for (const secret of ['s3cret', 't0ken', 'unrel4ted', 'PRIVATE KEY', 'certificate-authority-data'])
      expect(output).not.toContain(secret);
  });

  it('says what is wrong with a configuration that is not usable', async () => {
    expect(await run(['--print-config'], { PORT: 'x' })).toMatchObject({
      code: 1,
      output: expect.stringContaining('PORT must be integer'),
    });
  });
});

describe('--check-config', () => {
  it('finds nothing where nothing is missing', async () => {
    const { code, output } = await run(
      ['--check-config'],
      { WATCH_SCALED_OBJECTS: 'true' },
      { TLS_CRL_FILE: await commands.authority.createCrl(['0a']) },
    );
    expect(output).not.toMatch(/FAILED|may not/);
    // The certificates of the test end in a day, which is a warning.
    expect(output).toMatch(/The service can run, 3 warnings\.\n$/);
    expect(code).toBe(0);
    expect(output).toMatch(
      /server certificate \S+: CN=localhost, issuer CN=test CA, serial \w+, until .* left/,
    );
    expect(output).toMatch(/CRL \S+: of CN=test CA, 1 revoked, until/);
    expect(output).toContain('a CRL covers each CA');
    expect(output).toContain('ok       API server v1.37');
    for (const right of [
      'create subjectaccessreviews.authorization.k8s.io',
      'list, watch deployments.apps',
      'get deployments.apps',
      'get, patch deployments.apps/scale',
      'list, watch horizontalpodautoscalers.autoscaling',
      'list, watch scaledobjects.keda.sh',
      'create events',
      'list replicasets.apps',
      'list pods',
    ])
      expect(output).toContain(`  ok       ${right}\n`);
  });

  it('fails without a right that the service needs, and says what follows and what to grant', async () => {
    withdraw(['create'], ['subjectaccessreviews']);
    withdraw(['watch'], ['deployments']);
    const { code, output } = await run(['--check-config']);
    expect(code).toBe(1);
    expect(output).toContain(
      '  FAILED   may not create subjectaccessreviews.authorization.k8s.io\n' +
        '           without it: the service cannot ask what clients may do, and answers their requests with 503\n' +
        '           grant it: kubectl create clusterrole scaler-create-subjectaccessreviews --verb=create --resource=subjectaccessreviews.authorization.k8s.io\n',
    );
    expect(output).toContain('FAILED   may not watch deployments.apps\n');
    expect(output).toMatch(/2 FAILED, \d warnings?\.\n$/);
  });

  it('only warns without a right that the service can do without', async () => {
    withdraw(['create'], ['events']);
    withdraw(['list'], ['horizontalpodautoscalers', 'pods', 'replicasets']);
    const { code, output } = await run(['--check-config']);
    expect(code).toBe(0);
    for (const right of ['create events', 'list horizontalpodautoscalers', 'list pods', 'list replicasets'])
      expect(output).toContain(`warning  may not ${right}`);
    // It would not watch them.
    expect((await run(['--check-config'], { WATCH_HPAS: 'false' })).output).not.toContain('horizontal');
  });

  it('asks in the namespaces that are watched', async () => {
    withdraw(['patch'], ['deployments/scale'], ['shop']);
    const { code, output } = await run(['--check-config'], { WATCH_NAMESPACES: 'default,shop' });
    expect(code).toBe(0);
    expect(output).toContain('ok       get, patch deployments.apps/scale in default\n');
    expect(output).toContain('warning  may not patch deployments.apps/scale in shop\n');
    expect(output).toContain('kubectl create rolebinding -n shop scaler-patch-deployments-scale --role=');
  });

  it('fails without a needed right in every watched namespace, and only warns without it in some', async () => {
    const environment = { WATCH_NAMESPACES: 'default,shop' };
    withdraw(['list', 'watch'], ['deployments'], ['shop']);
    const some = await run(['--check-config'], environment);
    expect(some.output).toContain('ok       list, watch deployments.apps in default\n');
    expect(some.output).toContain('warning  may not list, watch deployments.apps in shop\n');
    expect(some.code).toBe(0);
    withdraw(['watch'], ['deployments'], ['default']);
    const none = await run(['--check-config'], environment);
    expect(none.output).toContain('FAILED   may not watch deployments.apps in default\n');
    expect(none.output).toContain('FAILED   may not list, watch deployments.apps in shop\n');
    expect(none.code).toBe(1);
  });

  it('names each role by what is in it, so that no command that it prints meets the role of another', async () => {
    const own = ['selfsubjectaccessreviews', 'selfsubjectreviews'];
    demo.roles.set([{ users: [SERVICE_USER.name], verbs: ['*'], resources: own }]);
    const { output } = await run(['--check-config'], { WATCH_SCALED_OBJECTS: 'true' });
    const roles = Array.from(output.matchAll(/create (clusterrole \S+)/g), ([, role]) => role);
    expect(roles).toEqual([...new Set(roles)]);
    expect(roles).toContain('clusterrole scaler-list-watch-deployments');
    expect(roles).toContain('clusterrole scaler-get-deployments');
  });

  it('accepts the right to scale in some namespaces of all, as the chart can grant it, and fails with none', async () => {
    demo.roles.set([{ users: [SERVICE_USER.name], verbs: ['*'], resources: ['*'] }]);
    withdraw(['get', 'patch'], ['deployments/scale'], ['', 'shop']);
    const some = await run(['--check-config']);
    expect(some.output).toMatch(/ok {7}get, patch deployments\.apps\/scale in default/);
    expect(some.output).toContain('warning  may not get, patch deployments.apps/scale in shop\n');
    expect(some.code).toBe(0);
    withdraw(['get', 'patch'], ['deployments/scale']);
    const none = await run(['--check-config']);
    expect(none.output).toContain('FAILED   may not get, patch deployments.apps/scale\n');
    expect(none.code).toBe(1);
  });

  it.each([
    ['there are more Deployments than it looks at', 600, 10, ', nor in the first 9 with Deployments'],
    ['there are more namespaces than it looks at', 60, 30, ', nor in the first 20 with Deployments'],
    ['there is no Deployment', 0, 0, '; no Deployments could be listed'],
  ])(
    'only warns of the right to scale if %s, because another namespace may grant it',
    async (_, many, namespacesCount, told) => {
      const deployments = many === 0 ? [] : many;
      const large = await FakeApiServer.start({
        deployments,
        namespacesCount,
        rolloutDelayMs: Number.POSITIVE_INFINITY,
      });
      onTestFinished(() => large.stop());
      large.roles.withdraw({
        users: [SERVICE_USER.name],
        verbs: ['patch'],
        resources: ['deployments/scale'],
      });
      const { code, output } = await run(['--check-config'], {}, { KUBECONFIG: large.kubeconfig });
      expect(output).toContain(`warning  may not patch deployments.apps/scale in all namespaces${told}`);
      expect(output).toContain('kubectl create clusterrole scaler-patch-deployments-scale --verb=patch ');
      expect(code).toBe(0);
    },
  );

  it('lists every mistake in the configuration', async () => {
    expect(await run(['--check-config'], { PORT: 'x', LOG_LEVEL: 'loud' })).toEqual({
      code: 1,
      output: expect.stringMatching(/FAILED {3}PORT must[\s\S]*FAILED {3}LOG_LEVEL must[\s\S]*2 FAILED\.\n$/),
    });
  });

  it('fails with a key of another certificate and with an expired CRL, and still looks at the clusters', async () => {
    const other = await CertificateAuthority.create({ commonName: 'other CA' });
    const wrongKey = await run(['--check-config'], {}, { TLS_KEY_FILE: other.key });
    expect(wrongKey.code).toBe(1);
    expect(wrongKey.output).toMatch(/FAILED {3}the key in \S+ does not belong to the certificate in/);
    expect(wrongKey.output).not.toContain(other.key.slice(40, 80));
    expect(wrongKey.output).toContain('ok       list pods');
    const past = { thisUpdate: new Date('2020-01-01'), nextUpdate: new Date('2020-01-02') };
    const expired = await run(
      ['--check-config'],
      {},
      { TLS_CRL_FILE: await commands.authority.createCrl([], past) },
    );
    expect(expired.code).toBe(1);
    expect(expired.output).toMatch(/CRL \S+: of CN=test CA, 0 revoked, until 2020-01-02T\S+ \(expired\)/);
  });

  it('fails with a cluster that does not answer or whose kubeconfig is broken, and checks the next', async () => {
    const clusters =
      'clusters: [{name: gone, context: GONE}, {name: broken, context: BROKEN}, {name: good, context: KUBECONFIG}]';
    const { code, output } = await run(
      ['--check-config'],
      {},
      {
        CLUSTERS_FILE: clusters,
        // Nothing listens on port 1.
        GONE: demo.kubeconfig.replace(/server: .*/, 'server: https://127.0.0.1:1'),
        BROKEN: 'apiVersion: v2',
      },
    );
    expect(code).toBe(1);
    expect(output).toMatch(/Cluster gone\n[\s\S]*FAILED {3}API server https:\/\/127\.0\.0\.1:1: no answer/);
    expect(output).toMatch(/Cluster broken\n {2}FAILED {3}kubeconfig \S+BROKEN.*apiVersion/);
    expect(output).toMatch(/Cluster good\n[\s\S]*ok {7}list pods\n/);
    expect(output).toContain('2 FAILED');
  });

  it('checks clusters side by side, and tells of them in their order', async () => {
    // No call is answered before both clusters have asked.
    const { promise: bothAsked, resolve: answer } = Promise.withResolvers<void>();
    let asked = 0;
    const action = () => {
      asked += 1;
      if (asked === 2) answer();
      return bothAsked;
    };
    demo.faults.add({ on: 'version', fault: { type: 'call', action } });
    onTestFinished(() => {
      demo.faults.clear();
      answer();
    });
    const { kubeconfig } = demo;
    const clusters = 'clusters: [{name: one, context: ONE}, {name: two, context: TWO}]';
    const { code, output } = await run(
      ['--check-config'],
      {},
      { CLUSTERS_FILE: clusters, ONE: kubeconfig, TWO: kubeconfig },
    );
    expect(output).toMatch(/Cluster one\n[\s\S]*ok {7}list pods\nCluster two\n[\s\S]*ok {7}list pods\n/);
    expect(code).toBe(0);
  });

  it('asks a cluster for nothing more once a call has got no answer', async () => {
    const total = demo.requests.total;
    demo.faults.add({ on: 'version', fault: { type: 'drop', when: 'before' } });
    onTestFinished(() => demo.faults.clear());
    const { code, output } = await run(['--check-config']);
    expect(output).toMatch(/FAILED {3}API server \S+: no answer/);
    expect(demo.requests.total - total).toBe(1);
    expect(code).toBe(1);
  });

  it('warns of traces that a variable asks for in vain', async () => {
    const { code, output } = await run(['--check-config'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    });
    expect(output).toContain('warning  requests are not traced: OTEL_EXPORTER_OTLP_PROTOCOL must be one of');
    expect(code).toBe(0);
  });
});

describe('the process', () => {
  const start = (args: readonly string[], environment = {}) =>
    ServerProcess.start(demo.kubeconfig, environment, {}, ['src/server.ts', ...args]);

  it('ends with the exit code of the command, and says nothing more', async () => {
    const server = await start(['--check-config'], { PORT: 'x' });
    expect(await server.exited()).toBe(1);
    expect(server.output).toMatch(/^Configuration\n {2}FAILED {3}PORT must.*\n1 FAILED\.\n$/);
  });

  it('ends at once by a signal while an API server does not answer', async () => {
    demo.faults.add({ on: 'version', fault: { type: 'call', action: () => new Promise(() => {}) } });
    onTestFinished(() => demo.faults.clear());
    const server = await start(['--check-config']);
    await until(() => server.output.includes('Cluster default'));
    server.signal('SIGINT');
    expect(await server.exited()).toBe(130);
  });

  it('says at the end of a failed start what is wrong, in what Kubernetes keeps for kubectl describe', async () => {
    const clusters = Array.from({ length: 500 }, (_, index) => `c${index}=/none/${index},c${index}=x`);
    const server = await start([], { KUBECONFIG: '', CLUSTERS: clusters.join() });
    expect(await server.exited()).toBe(1);
    const kept = server.output.slice(-4096);
    expect(kept).toContain('The configuration is not usable:');
    expect(kept).toMatch(/\.\.\. and \d+ more characters\n$/);
  });
});
