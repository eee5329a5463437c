#!/usr/bin/env node
// rooms: compares the table of rooms in docs/architecture.md with the SEES lists of the build files.
// Prints every difference; exit status 1 when there is one.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const page = 'docs/architecture.md';
const builds = execFileSync('git', ['ls-files', '*CMakeLists.txt'], { encoding: 'utf8' }).trim().split('\n');

// layer(NAME [FOLDER F] SOURCES ... [SEES ...])
const built = new Map();
for (const file of builds)
  for (const [, body] of readFileSync(file, 'utf8').matchAll(/^layer\(([^)]*)\)/gm)) {
    const words = body.split(/\s+/);
    const sees = words.includes('SEES') ? words.slice(words.indexOf('SEES') + 1) : [];
    built.set(words[0], sees.sort());
  }

// | `name` (`folder/`) | what it holds | the rooms it sees |
const written = new Map();
for (const [, name, sees] of readFileSync(page, 'utf8').matchAll(/^\| `(\w+)`[^|]*\|[^|]*\|([^|]*)\|$/gm))
  written.set(name, sees.split(/[\s,]+/).filter((word) => word && word !== '-').sort());

let differences = 0;
const report = (text) => {
  console.log(`rooms: ${text}`);
  differences++;
};
if (built.size === 0 || written.size === 0) report(`no rooms found: ${built.size} built, ${written.size} in ${page}`);
for (const name of new Set([...built.keys(), ...written.keys()])) {
  if (!written.has(name)) report(`${page} lacks ${name}`);
  else if (!built.has(name)) report(`${page} has ${name}, which is not built`);
  else if (built.get(name).join() !== written.get(name).join())
    report(`${name} sees ${built.get(name).join(', ')}; ${page} says ${written.get(name).join(', ')}`);
}
process.exitCode = differences ? 1 : 0;
if (!differences) console.log(`rooms: ${built.size} rooms, as ${page} shows them`);
