// Names what failed in the JSON reports of Vitest given as arguments, a line each, with the first line of the error.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

for (const report of process.argv.slice(2)) {
  for (const { name, status, message, assertionResults } of JSON.parse(readFileSync(report)).testResults) {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    for (const { fullName, failureMessages } of failed) print(name, fullName, failureMessages.join());
    if (status === 'failed' && failed.length === 0) print(name, 'the whole file', message);
  }
}

function print(file, test, error) {
  process.stdout.write(`failed: ${relative('', file)}: ${test}: ${error.split('\n')[0]}\n`);
}
