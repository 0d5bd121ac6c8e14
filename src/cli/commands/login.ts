import { delimiter, resolve } from 'node:path';
import type { Command } from 'commander';
import { ApiError } from '../../client/api-error.ts';
import { CliError } from '../cli-error.ts';
import type { Connection } from '../connect/connect.ts';
import type { Profile } from '../connect/profiles.ts';
import type { Settings } from '../connect/settings.ts';
import type { CliContext } from '../context.ts';
import { oneLine } from '../output/text.ts';

const HELP = `
The profile keeps paths, not the files, so that a renewed certificate in the same place is used at once. It keeps no
password: SCALER_P12_PASSWORD has that of a .p12 file, or each command asks for it.

Examples:
  scaler login --server https://scaler.example:8443 --cert alice-cert.pem --key alice-key.pem --ca ca-cert.pem
  scaler login --server https://scaler.example:8443 --p12 alice.p12
  scaler login --server https://scaler.example:8443 --context admin@prod`;

/** Adds `login`: checks a certificate with the service, and keeps both as the current profile. */
export function addLoginCommand(program: Command, context: CliContext): void {
  program
    .command('login')
    .description('check a certificate with the service, and keep both as the current profile')
    .option('--name <name>', 'the name of the profile (default: the host of the server)')
    .addHelpText('after', HELP.replaceAll('scaler login', `${context.name} login`))
    .action(async ({ name }: { readonly name?: string }) => login(name, context));
}

async function login(wanted: string | undefined, context: CliContext): Promise<void> {
  const { env, flags, signal, stdout } = context;
  const [{ connectWith }, { readProfiles, saveProfile }, { joined }] = await Promise.all([
    import('../connect/connect.ts'),
    import('../connect/profiles.ts'),
    import('../connect/settings.ts'),
  ]);
  const { profiles, file } = await readProfiles(env);
  // A login again under the same name need not repeat what stays.
  const known = wanted === undefined ? undefined : profiles.get(wanted);
  const settings = joined(flags, env, known);
  const cluster = flags.cluster?.[0] ?? settings.cluster;
  const connection = await connectWith(settings, env);
  try {
    // The first call fails if the certificate is refused.
    const clusters = (await connection.client.clusters(signal)).map((each) => each.name);
    if (cluster !== undefined && !clusters.includes(cluster)) {
      throw new CliError(`there is no cluster ${cluster}: the service has ${clusters.join(', ')}`);
    }
    const views = await viewsOf(connection, clusters, signal);
    const name = wanted ?? settings.server.hostname;
    await saveProfile(env, name, {
      ...(await storedForm(settings, context)),
      server: connection.server,
      cluster,
    });
    stdout.write(`Logged in to ${connection.server}. ${file} has it as the current profile, ${name}.\n\n`);
    stdout.write(`This certificate may see:\n${views.map((view) => `  ${view}\n`).join('')}`);
  } finally {
    await connection.close();
  }
}

/** What the caller may see of each cluster, a line each. */
async function viewsOf(
  { client }: Connection,
  clusters: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  return Promise.all(
    clusters.map(async (name) => {
      try {
        const names = await client.names(name, {}, signal);
        const namespaces = new Set(names.map((each) => each.split('/')[0])).size;
        return `${name}: ${count(names.length, 'Deployment')} in ${count(namespaces, 'namespace')}`;
      } catch (error) {
        if (error instanceof ApiError) return `${name}: ${oneLine(error.message)} (${error.code})`;
        throw error;
      }
    }),
  );
}

function count(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;
}

async function storedForm({ ca, identity }: Settings, { env }: CliContext): Promise<Omit<Profile, 'server'>> {
  if (identity.kind === 'pem') return { ca, cert: identity.cert, key: identity.key };
  if (identity.kind === 'p12') return { ca, p12: identity.file };
  const { kubeconfigFiles, kubeconfigIdentity } = await import('../connect/kubeconfig.ts');
  const files = identity.kubeconfig ?? kubeconfigFiles(env);
  // The current context of today, because it may be another one tomorrow.
  const { context } = await kubeconfigIdentity(files, identity.context);
  const kubeconfig = files.split(delimiter).map((path) => resolve(path));
  return { ca, kubeconfig: kubeconfig.join(delimiter), context };
}
