#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// attacks.mjs: checks that the table of docs/security.md and the tests name the same attacks: a test in the files of
// a row has each name of the row, each of these files has one of the names, and every attack test has a row.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));

const read = (file) => readFileSync(file, 'utf8');
const problems = [];
const paths = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => path);

// The names of the tests in a file; C joins adjacent strings.
function titles(file) {
  const text = read(file).replace(/"\s*\n\s*"/g, '');
  const found = file.endsWith('.mjs')
    ? text.matchAll(/\btest\(\s*(['`])((?:\\.|(?!\1).)*)\1/g)
    : text.matchAll(/(?:ATTACK\(|\.name = |\{(?="SM\/))(")((?:[^"\\]|\\.)*)"/g);
  return [...found].map(([, , title]) => title);
}

const rows = read('docs/security.md').split('\n')
  .filter((line) => /^\|.*`test\//.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, attack, names, where, tests]) => ({ attack, names: names.split('; '), where: paths(where), tests: paths(tests) }));
if (rows.length < 20) problems.push(`docs/security.md has only ${rows.length} attacks that can be read`);

for (const { attack, names, where, tests } of rows) {
  const missing = [...where, ...tests].filter((path) => !existsSync(path));
  for (const path of missing) problems.push(`"${attack}": there is no ${path}`);
  const files = tests.filter((path) => !missing.includes(path)).map((path) => ({ path, titles: titles(path) }));
  const has = (file, name) => file.titles.some((title) => title.includes(name));
  for (const name of names)
    if (!files.some((file) => has(file, name))) problems.push(`"${attack}": no test in ${tests.join(', ')} is named ${name}`);
  for (const file of files)
    if (!names.some((name) => has(file, name))) problems.push(`"${attack}": ${file.path} has no test of that name`);
}

for (const file of ['test/smp/attacks_keys.c', 'test/smp/attacks_order.c', 'test/smp/attacks_policy.c', 'test/sim/attacks.c', 'test/e2e/attacks.test.mjs'])
  for (const title of titles(file))
    if (!rows.some((row) => row.tests.includes(file) && row.names.some((name) => title.includes(name))))
      problems.push(`${file}: "${title}" has no row in docs/security.md`);

for (const problem of problems) console.error(problem);
process.exit(problems.length ? 1 : 0);
