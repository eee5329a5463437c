#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// tested-controllers.mjs FILE...: prints the controllers of reports as a table of Markdown. A FILE has the lines of
// blepair selftest --json.
// tested-controllers.mjs --page [--check]: writes the table of docs/controllers.md from docs/tested; --check: only says whether
// it is out of date.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const head = '| controller | USB | HCI, LMP | resets | heard a second | paired as central, as peripheral | failed | blepair |';
const rule = '| --- | --- | --- | --- | --- | --- | --- | --- |';

// The event of a report that has the controllers, or null: the run was cancelled, or the file is another one.
function tested(file) {
  const text = readFileSync(file, 'utf8');
  for (const line of text.split('\n')) {
    try {
      const event = JSON.parse(line);
      if (event.event === 'tested') return event;
    } catch {
      continue; // not a line of JSON
    }
  }
  return null;
}

// As cli/selftest/table.c: test/e2e/selftest.test.mjs compares them.
const hex = (number) => number.toString(16).padStart(4, '0');
const tenths = (number) => (Math.floor(number * 10 + 0.5) / 10).toFixed(1);
const cell = (text) => String(text || '-').replace(/[\r\n]/g, ' ').replaceAll('|', '\\|');
const row = (c, version) => `| ${[
  c.maker && c.maker !== 'unknown' ? c.maker : c.manufacturer,
  c.usb_id,
  c.version && `${c.version} ${hex(c.hci_revision)}, ${hex(c.lmp_subversion)}`,
  c.resets && `${c.answered}/${c.resets}, ${tenths(c.reset_ms)} ms`,
  c.heard_per_second !== undefined && tenths(c.heard_per_second),
  c.central && c.peripheral && `${c.central.passed}/${c.central.of}, ${c.peripheral.passed}/${c.peripheral.of}`,
  c.failed.length > 1 ? `${c.failed[0]}, and ${c.failed.length - 1} more` : c.failed[0],
  version,
].map(cell).join(' | ')} |`;

// Reports that are the same are one row.
function table(files) {
  const rows = new Set();
  for (const file of files) {
    const event = tested(file);
    if (!event) {
      console.error(`tested-controllers.mjs: ${file} has no event "tested": expected the output of blepair selftest --json`);
      process.exit(2);
    }
    for (const c of event.controllers) rows.add(row(c, event.blepair));
  }
  return [head, rule, ...[...rows].sort()].join('\n') + '\n';
}

const [, , ...args] = process.argv;
if (!args.length) {
  console.error('usage: tested-controllers.mjs FILE... | --page [--check]');
  process.exit(2);
}
if (args[0] !== '--page') {
  process.stdout.write(table(args));
} else {
  const folder = join(root, 'docs', 'tested');
  const page = join(root, 'docs', 'controllers.md');
  const text = readFileSync(page, 'utf8');
  const start = text.indexOf(`${head}\n`);
  const end = text.indexOf('\n\n', start) + 1;
  const fresh = text.slice(0, start) + table(readdirSync(folder).filter((f) => f.endsWith('.jsonl')).sort().map((f) => join(folder, f))) + text.slice(end);
  if (start < 0) throw new Error(`${page} has no table of tested controllers`);
  if (fresh !== text) {
    if (args[1] === '--check') console.log('docs/controllers.md is out of date: run scripts/tested-controllers.mjs --page');
    else writeFileSync(page, fresh);
    process.exit(args[1] === '--check' ? 1 : 0);
  }
}
