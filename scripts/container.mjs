#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// container.mjs STAGE FOLDER: prints a shell script that does what stage STAGE (0, 1) of Containerfile does, for a root in
// which the source tree is /blepair. What COPY --from takes from the stage before is in FOLDER of the tree, by its path.
// container.mjs --taken: prints the paths that COPY --from takes.
// An instruction that it does not know is an error.
import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('../Containerfile', import.meta.url), 'utf8');
const instructions = text
  .replace(/^\s*#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .filter(line => line.trim())
  .map(line => line.match(/^(\w+)\s+(.*)$/).slice(1));

const stages = [];
for (const [name, words] of instructions) {
  if (name === 'FROM') stages.push([]);
  else stages.at(-1).push([name, words]);
}

const taken = words => words.match(/^--from=\w+ (\S+) (\S+)$/);
if (process.argv[2] === '--taken') {
  for (const [name, words] of stages.flat()) if (name === 'COPY' && taken(words)) console.log(taken(words)[1]);
  process.exit();
}

// Commands run in a shell of their own, as the user and in the folder of the instructions before them.
let user = '';
let folder = '/';
const environment = [];
const quote = word => `'${word.replaceAll("'", "'\\''")}'`;
const run = command => {
  const script = `cd ${folder}; ${environment.map(e => `export ${e}; `).join('')}${command}`;
  return user ? `setpriv --reuid=${user} --regid=${user} --clear-groups sh -ec ${quote(script)}` : `sh -ec ${quote(script)}`;
};
const [, , stage, from] = process.argv;
const copy = words => {
  if (words === '. .') return `test "$PWD" = /blepair`; // the tree is there
  const other = taken(words);
  return other ? `cp /blepair/${from}/${other[1]} ${other[2]}` : `cp /blepair/${words}`;
};
const known = {
  RUN: run,
  COPY: words => (words === '. .' ? run(copy(words)) : copy(words)),
  ENV: words => void environment.push(words),
  USER: words => void (user = words),
  WORKDIR: words => void (folder = words),
  CMD: words => run(JSON.parse(words).map(quote).join(' ')),
};
console.log('set -e');
for (const [name, words] of stages[Number(stage)]) {
  if (!known[name]) throw new Error(`Containerfile: ${name} is not known`);
  const line = known[name](words);
  if (line) console.log(line);
}
// What a user of the container runs: the first lines of Containerfile.
if (Number(stage) === stages.length - 1) console.log(run(text.match(/run --rm blepair (.*)/)[1]));
