/** How the image starts the service. */
export interface Image {
  /** The arguments of node: its flags and the program, relative to the folder of the image. */
  readonly arguments: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Reads the last stage of a Dockerfile, so that what is measured is what the image runs.
 * @throws Error if its ENTRYPOINT is not node in the form of an array
 */
export function imageIn(dockerfile: string): Image {
  const lines = dockerfile.slice(dockerfile.lastIndexOf('\nFROM ')).split('\n');
  const [, entrypoint = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(lines.join('\n')) ?? [];
  const [program, ...parameters]: string[] = JSON.parse(entrypoint);
  if (program !== 'node')
    throw new Error(`the ENTRYPOINT of the Dockerfile does not run node: ${entrypoint}`);
  const words = lines.filter((line) => line.startsWith('ENV ')).flatMap((line) => line.split(' ').slice(1));
  const env = Object.fromEntries(words.map((word) => /^(\w+)=(.*)$/.exec(word)?.slice(1) ?? []));
  // The programs of this machine are elsewhere.
  const { PATH: _, ...others } = env;
  return { arguments: parameters, env: others };
}

/** The version of Node in the Makefile, which is that of the image. */
export function nodeVersionIn(makefile: string): string {
  const [, version] = /^NODE := (\S+)$/m.exec(makefile) ?? [];
  if (version === undefined) throw new Error('the Makefile names no NODE');
  return version;
}

/**
 * The arguments of node in the script `start` of package.json.
 * @throws Error if it does not run node
 */
export function startArgumentsIn(packageJson: string): string[] {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(packageJson);
  const [program, ...parameters] = (scripts.start ?? '').split(' ');
  if (program !== 'node') throw new Error(`npm start does not run node: ${scripts.start}`);
  return parameters;
}
