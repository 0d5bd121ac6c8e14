import { Command } from 'commander';
import { VERSION } from '../lib/version.ts';
import { addClustersCommand } from './commands/clusters.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addConfigCommand } from './commands/config.ts';
import { addGetCommand } from './commands/get.ts';
import { addLimitsCommand } from './commands/limits.ts';
import { addListCommand } from './commands/list.ts';
import { addLoginCommand } from './commands/login.ts';
import { addMcpCommand } from './commands/mcp.ts';
import { addParkCommand } from './commands/park.ts';
import { addPlanCommand } from './commands/plan.ts';
import { addRestoreCommand } from './commands/restore.ts';
import { addSetCommand } from './commands/set.ts';
import { addWaitCommand } from './commands/wait.ts';
import { addWatchCommand } from './commands/watch.ts';
import { addWhoCommand } from './commands/who.ts';
import type { CliContext } from './context.ts';
import { EXIT_CODES_HELP } from './exit-codes.ts';
import { addGlobalOptions } from './global-options.ts';

const TARGETS_HELP = `A TARGET is NAME (with --namespace), NAMESPACE/NAME or CLUSTER/NAMESPACE/NAME, as --output name writes it. "-" reads
targets from standard input.`;

/** The whole command line. Each command is added by a function of its own. */
export function createProgram(context: CliContext): Command {
  const { name, stdout, stderr } = context;
  const program = new Command(name)
    .description('Reads and sets replica counts of Kubernetes Deployments through k8s-deployment-scaler.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'say how to use it')
    .helpCommand('help [command]', 'say how to use a command')
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => context.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
    })
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .addHelpText('after', `\n${TARGETS_HELP}\n\n${EXIT_CODES_HELP}`);
  addGlobalOptions(program);
  addListCommand(program, context);
  addGetCommand(program, context);
  addSetCommand(program, context);
  addWaitCommand(program, context);
  addWatchCommand(program, context);
  addPlanCommand(program, context);
  addParkCommand(program, context);
  addRestoreCommand(program, context);
  addWhoCommand(program, context);
  addLimitsCommand(program, context);
  addClustersCommand(program, context);
  addLoginCommand(program, context);
  addConfigCommand(program, context);
  addCompletionCommand(program, context);
  addMcpCommand(program, context);
  pointToHelp(program, name);
  return program;
}

/** Lets each error of usage name the help of its own command. */
function pointToHelp(command: Command, name: string): void {
  command.showHelpAfterError(`("${name} --help" says more)`);
  for (const part of command.commands) pointToHelp(part, `${name} ${part.name()}`);
}
