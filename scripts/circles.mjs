#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// circles BUILD SOURCE...: fails when source files depend on each other in a circle. A file depends on another when its
// object file uses a symbol that the other's defines. Prints each circle with these symbols.
// Run by scripts/lint circles; every SOURCE must have an object file in the folder BUILD.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const [, , build, ...sources] = process.argv;

function fail(message) {
  console.log(`circles: ${message}`);
  process.exit(1);
}

if (!build || !sources.length) fail('usage: circles BUILD SOURCE...');

// cli/CMakeFiles/store.dir/rules.c.o is the object file of cli/rules.c.
const objects = new Map();
try {
  for (const path of readdirSync(build, { recursive: true })) {
    const match = path.match(/^(.*\/)?CMakeFiles\/[^/]+\.dir\/(.+\.c)\.o$/);
    const source = match && (match[1] ?? '') + match[2];
    if (sources.includes(source)) objects.set(source, join(build, path));
  }
} catch (error) {
  if (error.code !== 'ENOENT') throw error;
}
if (!objects.size) fail(`nothing is built in ${build}: run scripts/lint clang first`);
for (const source of sources)
  if (!objects.has(source)) fail(`${build} has no object file of ${source}: run scripts/lint clang first`);

// Symbols of each file: defined here, and used from elsewhere.
const definers = new Map();
const used = new Map();
for (const [source, object] of objects) {
  used.set(source, []);
  for (const line of execFileSync('nm', ['-P', '-g', object], { encoding: 'utf8', maxBuffer: 1 << 28 }).split('\n')) {
    const [symbol, type] = line.split(' ');
    if (symbol.startsWith('__gnu_lto_')) fail(`${object} is built for link-time optimisation: its symbols are not all visible`);
    if (!type) continue;
    if ('Uwv'.includes(type)) used.get(source).push(symbol);
    else definers.set(symbol, [...(definers.get(symbol) ?? []), source]);
  }
}
const needs = new Map(); // file: Map of file: symbols
for (const [source, symbols] of used) {
  const edges = new Map();
  for (const symbol of symbols)
    for (const definer of definers.get(symbol) ?? [])
      if (definer !== source) edges.set(definer, [...(edges.get(definer) ?? []), symbol]);
  needs.set(source, edges);
}

// Tarjan's strongly connected components.
const circles = [];
const order = new Map();
const low = new Map();
const stack = [];
function visit(file) {
  order.set(file, order.size);
  low.set(file, order.get(file));
  stack.push(file);
  for (const next of needs.get(file).keys()) {
    if (!order.has(next)) visit(next);
    if (stack.includes(next)) low.set(file, Math.min(low.get(file), low.get(next)));
  }
  if (low.get(file) !== order.get(file)) return;
  const component = stack.splice(stack.indexOf(file));
  if (component.length > 1) circles.push(component.sort());
}
for (const file of needs.keys()) if (!order.has(file)) visit(file);

for (const circle of circles.sort((a, b) => a[0].localeCompare(b[0]))) {
  console.log(`circle: ${circle.join(' ')}`);
  for (const file of circle)
    for (const [next, symbols] of needs.get(file))
      if (circle.includes(next)) console.log(`  ${file} needs ${next}: ${symbols.sort().join(' ')}`);
}
console.log(`circles: ${circles.length} in ${objects.size} files`);
process.exit(circles.length ? 1 : 0);
