// SPDX-License-Identifier: MIT
// scripts/tap: which reports pass and which fail.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const tap = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'scripts', 'tap');

function read(report, status = '0') {
  const folder = mkdtempSync(join(tmpdir(), 'blepair-tap.'));
  const file = join(folder, 'report');
  if (report !== null) writeFileSync(file, report);
  const run = spawnSync(tap, ['some program', status, file], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  const [first, ...rest] = run.stdout.split('\n');
  return { passes: run.status === 0, status: run.status, first, rest: rest.join('\n') };
}

const passes = (report, first) => {
  const { passes, first: got, rest } = read(report);
  assert.ok(passes, rest);
  assert.equal(got, first);
};
const fails = (report, status, first, reason) => {
  const run = read(report, status);
  assert.equal(run.status, 1);
  assert.equal(run.first, first);
  assert.match(run.rest, reason);
};

const cmocka = '1..2\nok 1 - a\nok 2 - b\n# ok - tests\n';
const node = 'TAP version 13\n# Subtest: a\nok 1 - a\n  ---\n  duration_ms: 1\n  ...\n# Subtest: b\n    # Subtest: inner\n    ok 1 - inner\n    1..1\nok 2 - b\n1..2\n# tests 2\n';

test('a report with all planned tests passes', () => passes(cmocka, 'ok      some program: 2 passed, 0 failed, 0 skipped'));
test('the plan may come last, and subtests do not count', () => passes(node, 'ok      some program: 2 passed, 0 failed, 0 skipped'));
test('the plans of two groups add up', () => passes(cmocka + '1..1\nok 1 - c\n', 'ok      some program: 3 passed, 0 failed, 0 skipped'));
test('a skipped test is counted and shown', () => {
  passes('1..2\nok 1 - a\nok 2 # SKIP b\n', 'ok      some program: 1 passed, 0 failed, 1 skipped');
  assert.match(read('1..2\nok 1 - a\nok 2 # SKIP b\n').rest, /ok 2 # SKIP b/);
});
test('the words "runtime error" in the name of a test are no sanitizer report', () =>
  passes('1..1\nok 1 - a runtime error is reported\n', 'ok      some program: 1 passed, 0 failed, 0 skipped'));

test('a failed test fails', () => fails('1..2\nok 1 - a\nnot ok 2 - b\n', '1', 'FAILED  some program: 1 passed, 1 failed, 0 skipped', /-> not ok 2 - b/));
test('a program that dies after two of nine fails', () =>
  fails('1..9\nok 1 - a\nok 2 - b\n', 'none', 'FAILED  some program: 2 passed, 2 failed, 0 skipped', /did not end[^]*2 of 9 planned/));
test('two of nine with exit status 0 fail', () => fails('1..9\nok 1 - a\nok 2 - b\n', '0', 'FAILED  some program: 2 passed, 1 failed, 0 skipped', /2 of 9 planned/));
test('more tests than planned fail', () => fails('1..1\nok 1 - a\nok 2 - b\n', '0', 'FAILED  some program: 2 passed, 1 failed, 0 skipped', /2 of 1 planned/));
test('a crash after the last test fails', () => fails(cmocka, '139', 'FAILED  some program: 2 passed, 1 failed, 0 skipped', /exit status 139/));
for (const line of ['==9==ERROR: AddressSanitizer: heap-use-after-free on address 0x1', '==9==ERROR: LeakSanitizer: detected memory leaks',
  'smp/pdu.c:1:2: runtime error: signed integer overflow', '# SUMMARY: UndefinedBehaviorSanitizer: undefined-behavior'])
  test(`a sanitizer report fails: ${line}`, () => fails(cmocka + line + '\n', '0', 'FAILED  some program: 2 passed, 1 failed, 0 skipped', /Sanitizer|runtime error/));
test('a report of node that is cut before its plan fails', () =>
  fails(node.slice(0, node.indexOf('1..2')), '0', 'FAILED  some program: 2 passed, 1 failed, 0 skipped', /no plan/));
test('a report without a plan fails', () => fails('ok 1 - a\n', '0', 'FAILED  some program: 1 passed, 1 failed, 0 skipped', /no plan/));
test('an empty report fails', () => fails('', '0', 'FAILED  some program: 0 passed, 2 failed, 0 skipped', /no plan[^]*no test passed/));
test('a report that is not there fails', () => fails(null, '0', 'FAILED  some program: 0 passed, 1 failed, 0 skipped', /no report/));
test('a plan of nothing fails', () => fails('1..0\n', '0', 'FAILED  some program: 0 passed, 1 failed, 0 skipped', /no test passed/));
test('a program that bails out fails', () => fails(cmocka + 'Bail out! no controller\n', '0', 'FAILED  some program: 2 passed, 1 failed, 0 skipped', /Bail out! no controller/));
