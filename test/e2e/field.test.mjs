// SPDX-License-Identifier: MIT
// blepair explain on captures and texts as people send them. test/field/ has each with what must, and must not, be said.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { make, made } from '../field/make.mjs';
import { blepair, root } from './lib.mjs';

const folder = join(root, 'test', 'field');
const run = (args) => spawnSync(blepair, ['explain', ...args], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
const ids = (attempt) => attempt.findings.map((finding) => finding.id);

// Words that a person need not know, or that are not English.
const banned = /comes out|\b1 (packets|attempts|connections|octets|lines)\b|hung-up|before there is an end/;

// Each key of an expected attempt; see test/field/README.md.
const keys = {
  outcome: (a, want) => assert.equal(a.outcome, want),
  by: (a, want) => assert.equal(a.by ?? null, want),
  frame: (a, want) => assert.equal(a.frame ?? null, want),
  cause: (a, want) => assert.equal(a.findings.find((f) => f.cause)?.id ?? null, want),
  frames: (a, want) => assert.deepEqual(a.findings.find((f) => f.cause).frames, want),
  has: (a, want) => want.forEach((id) => assert.ok(ids(a).includes(id), `no ${id} in ${ids(a)}`)),
  lacks: (a, want) => want.forEach((id) => assert.ok(!ids(a).includes(id), `${id} in ${ids(a)}`)),
  says: (a, want) => want.forEach((part) => assert.match(JSON.stringify(a), new RegExp(part, 'i'))),
};

const names = readdirSync(folder).filter((name) => !/\.(json|md|mjs)$/.test(name)).sort();
for (const name of names) {
  const want = JSON.parse(readFileSync(join(folder, `${name}.json`)));
  test(`${name}: ${want.what}`, () => {
    const file = join(folder, name);
    const { stdout, stderr, status } = run([file, '--json']);
    const attempts = stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter((event) => event.event === 'explained');
    const text = run([file]);
    const printed = text.stdout + text.stderr;
    assert.equal(text.status, status, printed);
    if (want.exit !== undefined) assert.equal(status, want.exit, stdout + stderr);
    if (want.attempts) assert.equal(attempts.length, want.attempts.length, printed);
    (want.attempts ?? []).forEach((expected, i) => {
      for (const [key, value] of Object.entries(expected)) {
        assert.ok(keys[key], `${name}.json: unknown key ${key}`);
        try {
          keys[key](attempts[i], value);
        } catch (error) {
          error.message = `attempt ${i + 1}, ${key}: ${error.message}\n${printed}`;
          throw error;
        }
      }
    });
    assert.doesNotMatch(printed, banned);
    const brief = run([file, '--brief']).stdout.split('\n').filter(Boolean);
    assert.equal(brief.length, attempts.length, brief.join('\n'));
    for (const sentence of brief) assert.match(sentence, /^[A-Z].*\.$/);
    for (const part of want.says ?? []) assert.match(printed, new RegExp(part, 'i'));
    for (const part of want.silent ?? []) assert.doesNotMatch(printed, new RegExp(part, 'i'));
  });
}

test('each case has an expectation, and each expectation its case', () => {
  const files = readdirSync(folder);
  assert.ok(names.length > 0);
  for (const name of files.filter((file) => file.endsWith('.json'))) assert.ok(files.includes(name.slice(0, -5)), name);
});

// ---- The table of README.md: class -> cases.

const tree = ['cli', 'captures', 'e2e'].flatMap((part) => readdirSync(join(root, 'test', part), { recursive: true }).map((path) => join(part, path)));
const files = (name) => tree.filter((path) => path.endsWith(`/${name}`));
// A case of another file: its name stands in there, in a table as the first column of a row that plays it.
const tables = { 'runs.c': /^\{"(.+?)", (?:BOTH|C|P),/gm, 'scripted_cases.c': /^\t\{"(.+?)", c_/gm };
function exists(reference) {
  const [, file, name] = reference.match(/^(\S+): (.*)$/);
  const texts = files(file).map((path) => readFileSync(join(root, 'test', path), 'utf8'));
  if (tables[file]) return texts.some((text) => [...text.matchAll(tables[file])].some((row) => row[1] === name));
  return texts.some((text) => text.includes(name));
}
const isOwn = (name) => {
  if (!names.includes(name)) return !name.startsWith('scripted_cases.c: ');
  return !name.endsWith('.txt') || made.includes(name) || /^made|our own capture/.test(JSON.parse(readFileSync(join(folder, `${name}.json`))).what);
};
const rows = readFileSync(join(folder, 'README.md'), 'utf8').split('## Which cases prove what')[1].split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (class|---) /.test(line))
  .map((line) => line.split('|').slice(1, 4))
  .map(([name, field, own]) => ({ name: name.trim(), field: [...field.matchAll(/`(.+?)`/g)].map((m) => m[1]), own: [...own.matchAll(/`(.+?)`/g)].map((m) => m[1]) }));

test('each class has two cases, and one of them is our own', () => {
  assert.ok(rows.length > 50, String(rows.length));
  for (const { name, field, own } of rows) {
    for (const file of field) assert.ok(names.includes(file) && !isOwn(file), `${name}: ${file} is not from the field`);
    for (const file of own) assert.ok(names.includes(file) || exists(file), `${name}: there is no ${file}`);
    for (const file of own) assert.ok(isOwn(file) || file.startsWith('scripted_cases.c: '), `${name}: ${file} is not our own`);
    assert.ok(new Set([...field, ...own]).size >= 2, `${name} has one case`);
    assert.ok(own.some(isOwn), `${name} has no case of our own`);
  }
});

test('each case proves a class', () => {
  const proven = new Set(rows.flatMap(({ field, own }) => [...field, ...own]));
  for (const name of names) assert.ok(proven.has(name), name);
});

test('the captures that are made are made again alike', (t) => {
  const again = mkdtempSync(join(tmpdir(), 'blepair-field.'));
  t.after(() => rmSync(again, { recursive: true }));
  make(again);
  for (const name of made) assert.deepEqual(readFileSync(join(again, name)), readFileSync(join(folder, name)), name);
});
