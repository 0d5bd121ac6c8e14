import { type Command, Option } from 'commander';
import { CliError } from './cli-error.ts';

/** The flags that all commands share. */
export interface GlobalOptions {
  readonly server?: string;
  readonly profile?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly p12?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cluster?: readonly string[];
  readonly namespace?: string;
  readonly output: 'table' | 'json' | 'name';
  /** False with --no-color. */
  readonly color: boolean;
}

/** Adds the flags that all commands share to the program. They may stand before and after the command. */
export function addGlobalOptions(program: Command): void {
  program
    .option('--server <url>', 'the URL of the service')
    .option('--profile <name>', 'a profile that `login` has written')
    .option('--cert <file>', 'the client certificate, PEM')
    .option('--key <file>', 'its private key, PEM')
    .option('--ca <file>', 'the CAs of the server certificate, PEM (default: those of the system)')
    .option('--p12 <file>', 'client certificate and key, PKCS #12, instead of --cert and --key')
    .option('--kubeconfig <file>', 'a kubeconfig with the client certificate, instead of --cert and --key')
    .option('--context <name>', 'a context of the kubeconfig (default: the current one)')
    .option(
      '--cluster <name>',
      'a cluster; several times for several (default: see the command)',
      appendCluster,
    )
    .option('-n, --namespace <name>', 'a namespace', parseNamespace)
    .addOption(
      new Option('-o, --output <format>', 'the form of the output')
        .choices(['table', 'json', 'name'])
        .default('table'),
    )
    .option('--no-color', 'no colours, as with NO_COLOR in the environment');
}

function appendCluster(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, given('--cluster', value)];
}

function parseNamespace(value: string): string {
  return given('--namespace', value);
}

/** @throws CliError for a variable that is not set: what it should narrow would be all */
function given(flag: string, value: string): string {
  if (value !== '') return value;
  throw new CliError(`${flag} has no value: leave it out, or name one`);
}
