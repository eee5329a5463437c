#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// branches PROGRAM [ARGUMENT...]: runs the program under valgrind, and fails when a branch or an address depends on what
// the program marked as undefined. Branches of assertions are exempt: the machine code at the target of the branch calls
// __assert_fail() next, so that a branch that is taken ends the program; a run to the end took none. Valgrind cannot tell
// them from others, and libraries of Debian are built with them.
// The program prints a line "object BASE PATH" for each object file in its memory, PATH is - for its own.
import { execFileSync, spawnSync } from 'node:child_process';

const command = process.argv.slice(2);
const run = spawnSync('valgrind', ['--default-suppressions=no', '--num-callers=1', '--error-limit=no', '--log-fd=3', ...command], {
  encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit', 'pipe'], maxBuffer: 1 << 28,
});
const lines = run.stdout.split('\n');
const objects = lines.filter((line) => line.startsWith('object ')).map((line) => {
  const [, base, path] = line.split(' ');
  return { base: BigInt(base), path: path === '-' ? command[0] : path };
});
console.log(lines.filter((line) => !line.startsWith('object ')).join('\n').trimEnd());
if (run.status !== 0) {
  console.log(`${run.output[3]}branches: ${command.join(' ')} ended with ${run.status ?? run.signal}`);
  process.exit(1);
}
if (!/ERROR SUMMARY: \d+ errors/.test(run.output[3])) {
  console.log('branches: valgrind printed no summary');
  process.exit(1);
}

// Instructions from an address on, one a line: "jne 1234 <name+0x56>".
function instructions(path, at, octets) {
  const text = execFileSync('objdump', ['-d', '--no-show-raw-insn', `--start-address=${at}`, `--stop-address=${at + BigInt(octets)}`, path], { encoding: 'utf8' });
  return [...text.matchAll(/^ +[0-9a-f]+:\t(.*)$/gm)].map((match) => match[1]);
}

// x86-64 and arm64: a conditional branch, then, at its target, no jump or return before the call.
function isAssertion({ path, base }, address) {
  const [branch = ''] = instructions(path, address - base, 16);
  const target = branch.match(/^(?:j(?!mp)[a-z]+|b\.[a-z]+|cbn?z|tbn?z)\s.*?([0-9a-f]+) </);
  if (!target) return false;
  for (const instruction of instructions(path, BigInt(`0x${target[1]}`), 96)) {
    if (/^(call|bl)\s.*<__assert_fail(@plt)?>/.test(instruction)) return true;
    if (/^(j|ret|call|b|bl|cbn?z|tbn?z)[a-z.]*(\s|$)/.test(instruction)) return false;
  }
  return false;
}

// The first lines of each report: what, and where.
const reports = [...run.output[3].matchAll(/== (\S.*)\n==\d+==    at (0x[0-9A-F]+): (.*)/g)];
const found = new Map();
let exempt = 0;
for (const [, what, at, where] of reports) {
  const address = BigInt(at);
  const object = objects.filter((o) => o.base <= address).sort((a, b) => (a.base < b.base ? 1 : -1))[0];
  if (/^Conditional jump/.test(what) && object && isAssertion(object, address)) exempt++;
  else found.set(at, `${what}: ${where}`);
}
for (const text of found.values()) console.log(`branches: ${text}`);
console.log(`branches: ${found.size} depend on a secret, ${exempt} more only end the program`);
const counted = Number(run.output[3].match(/from (\d+) contexts/)[1]);
if (counted !== reports.length) {
  console.log(`branches: valgrind reports ${counted}, of which ${reports.length} could be read`);
  process.exit(1);
}
process.exit(found.size ? 1 : 0);
