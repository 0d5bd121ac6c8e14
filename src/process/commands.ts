import { VERSION } from '../lib/version.ts';

const HELP = `Usage: node dist/src/server.js [COMMAND]

Serves until it is told to stop, with the configuration in the environment: docs/reference/configuration.md lists it.

Commands:
  --check-config  check configuration, certificates, clusters and the rights of the service in each; exit code 1 if it
                  could not serve, and 0 also if there are warnings only
  --print-config  print the effective configuration and where it is from, without secrets
  --version       print the version
  --help          print this
`;

/** Where a command writes. */
export type CommandOutput = Readonly<Record<'stdout' | 'stderr', { write(text: string): unknown }>>;

/**
 * Runs a command of the service instead of the service.
 * @returns the exit code of the process: 2 if the arguments are not a command
 */
export async function runCommand(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  { stdout, stderr }: CommandOutput,
): Promise<number> {
  const [command = '', ...others] = args;
  const out = (text: string) => void stdout.write(text);
  try {
    if (others.length > 0) return unknown(args.join(' '), stderr);
    switch (command) {
      case '--help':
      case '-h':
        out(HELP);
        return 0;
      case '--version':
      case '-V':
        out(`${VERSION}\n`);
        return 0;
      case '--print-config':
        out((await import('./print-config.ts')).printConfig(environment));
        return 0;
      case '--check-config':
        return (await (await import('./check/check-config.ts')).checkConfig(environment, out)) ? 0 : 1;
      default:
        return unknown(command, stderr);
    }
  } catch (error) {
    const { startFailure } = await import('./start-failure.ts');
    stderr.write(`${startFailure(error)}\n`);
    return 1;
  }
}

function unknown(text: string, stderr: CommandOutput['stderr']): number {
  const shown = JSON.stringify(text.slice(0, 200));
  stderr.write(
    `error: ${shown} is not one of the commands --check-config, --print-config, --version and --help; settings are environment variables\n`,
  );
  return 2;
}
