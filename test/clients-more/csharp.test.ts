import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { build, ROOT } from '../support/clients/build.ts';

/** Not compiled: the tests do not need .NET. What docs/how-to/languages.md says of the generated code is checked by its text. */
describe('the client in C#', () => {
  beforeAll(() =>
    build({
      folder: 'test/clients-more/csharp',
      needs: 'JDK 17 or newer and Maven',
      versions: ['javac -version', 'mvn --version'],
      build: ['mvn --batch-mode --no-transfer-progress --quiet generate-sources'],
    }),
  );

  it.each([
    [
      'Api/ReplicaCountsApi.cs',
      'ReplicaCountsApi(HttpClient client, string basePath, HttpClientHandler handler = null)',
    ],
    ['Api/StatesApi.cs', 'StatesApi(HttpClient client, string basePath, HttpClientHandler handler = null)'],
    ['Api/StatesApi.cs', 'GetDeploymentAsync(string varNamespace, string deployment, string?'],
    [
      'Api/ReplicaCountsApi.cs',
      'SetReplicaCountWithHttpInfoAsync(string varNamespace, string deployment, Scale scale, string? currentReplicas = default, string?',
    ],
    ['Client/ApiResponse.cs', 'Multimap<string, string> Headers { get; }'],
    [
      'Client/ApiClient.cs',
      '_httpClientHandler.ClientCertificates.AddRange(configuration.ClientCertificates)',
    ],
    ['Client/ApiException.cs', 'public object ErrorContent { get;'],
    ['Model/ClusterDeployments.cs', 'public List<string> Deployments { get; set; }'],
    ['Model/DeploymentState.cs', 'public List<Owner> Owners { get; set; }'],
    ['Model/DeploymentState.cs', 'public int Replicas { get; set; }'],
    ['Model/Error.cs', 'public string VarError { get; set; }'],
    ['Model/Error.cs', 'public string Code { get; set; }'],
    ['Model/ReplicaCount.cs', 'public int VarReplicaCount { get; set; }'],
    ['Model/Scale.cs', 'public Scale(int replicas = default)'],
  ])('%s has %s', async (file, text) => {
    expect(await readFile(join(ROOT, 'build/clients/csharp/scaler/src/Scaler', file), 'utf8')).toContain(
      text,
    );
  });
});
