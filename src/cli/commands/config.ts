import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import type { Profiles } from '../connect/profiles.ts';
import type { CliContext } from '../context.ts';

/** Variables that come before the current profile. */
const VARIABLES = [
  'SCALER_PROFILE',
  'SCALER_SERVER',
  'SCALER_CERT',
  'SCALER_KEY',
  'SCALER_CA',
  'SCALER_P12',
  'SCALER_CLUSTER',
] as const;

/** Adds `config`: lists, chooses, shows and removes the profiles that `login` has written. */
export function addConfigCommand(program: Command, context: CliContext): void {
  const { stdout, env } = context;
  const write = (lines: readonly string[]) => stdout.write(lines.map((line) => `${line}\n`).join(''));
  const config = program.command('config').description('list, choose, show and remove profiles');
  config
    .command('list', { isDefault: true })
    .description('list the profiles; * marks the current one')
    .action(async () => {
      const { profiles, current, file } = await read(context);
      const { output } = context.flags;
      if (output === 'name') return void write([...profiles.keys()]);
      if (output === 'json')
        return void write([
          JSON.stringify({ file, current, profiles: Object.fromEntries(profiles) }, null, 2),
        ]);
      if (profiles.size === 0)
        return void write([`${file} has no profile. \`${context.name} login\` adds one.`]);
      const width = Math.max(...[...profiles.keys()].map((name) => name.length));
      write(
        [...profiles].map(
          ([name, { server }]) => `${name === current ? '*' : ' '} ${name.padEnd(width)}  ${server}`,
        ),
      );
    });
  config
    .command('use <name>')
    .description('make a profile the current one')
    .action(async (name: string) => {
      const { useProfile } = await import('../connect/profiles.ts');
      known(await read(context), name);
      await useProfile(env, name);
      write([`The current profile is ${name}.`]);
    });
  config
    .command('show [name]')
    .description('show a profile, and the variables that come before it (default: the current one)')
    .action(async (name?: string) => {
      const profiles = await read(context);
      const chosen = name ?? (context.flags.profile || env.SCALER_PROFILE || profiles.current);
      const profile = chosen === undefined ? undefined : known(profiles, chosen);
      const isNamed = context.flags.profile !== undefined;
      const variables = VARIABLES.flatMap((variable) =>
        env[variable] && !isNamed ? [[variable, env[variable]]] : [],
      );
      if (context.flags.output === 'json') {
        const shown = {
          file: profiles.file,
          name: chosen,
          profile,
          environment: Object.fromEntries(variables),
        };
        return void write([JSON.stringify(shown, null, 2)]);
      }
      if (profile === undefined)
        write([`${profiles.file} has no current profile. \`${context.name} login\` adds one.`]);
      else
        write([
          `${chosen} in ${profiles.file}:`,
          ...Object.entries(profile).map(([field, value]) => `  ${field}: ${value}`),
        ]);
      if (variables.length > 0)
        write(['The environment comes first:', ...variables.map(([field, value]) => `  ${field}=${value}`)]);
    });
  config
    .command('remove <name>')
    .description('remove a profile; the files that it names stay')
    .action(async (name: string) => {
      const { removeProfile } = await import('../connect/profiles.ts');
      const profiles = await read(context);
      known(profiles, name);
      await removeProfile(env, name);
      const next =
        profiles.current === name ? ` There is no current one now: \`${context.name} config use NAME\`.` : '';
      write([`Removed ${name}.${next}`]);
    });
}

async function read({ env }: CliContext): Promise<Profiles> {
  const { readProfiles } = await import('../connect/profiles.ts');
  return readProfiles(env);
}

function known({ profiles, file }: Profiles, name: string) {
  const profile = profiles.get(name);
  if (profile !== undefined) return profile;
  const names = [...profiles.keys()].join(', ');
  throw new CliError(
    `There is no profile ${name} in ${file}. ${names === '' ? 'It has none' : `It has ${names}`}`,
  );
}
