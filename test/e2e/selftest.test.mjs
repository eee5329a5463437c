// SPDX-License-Identifier: MIT
// blepair selftest with the controllers of btvirt: every step, a golden unit, a controller that loses its answers, and the
// table of tested controllers.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { blepair, root, world } from './lib.mjs';

const selftest = (w, ...args) => w.program('selftest', '--json', '--listen', '1', ...args);
const steps = (program, test = () => true) => program.events.filter((e) => e.event === 'selftest' && test(e));
const tested = (program) => program.events.find((e) => e.event === 'tested');
const script = join(root, 'scripts', 'tested-controllers.mjs');
const table = (...files) => execFileSync(script, files, { encoding: 'utf8' }).trimEnd().split('\n');

const models = [
  'legacy_just_works', 'legacy_passkey_central_shows', 'legacy_passkey_peripheral_shows', 'legacy_passkey_both_type', 'legacy_oob',
  'sc_just_works', 'sc_numeric_comparison', 'sc_passkey_central_shows', 'sc_passkey_peripheral_shows', 'sc_passkey_both_type', 'sc_oob',
];

test('two controllers pass every step, pair by every model in both roles, and write two captures that show it', async (t) => {
  const w = await world(t);
  const run = selftest(w, '-c', w.controller, '-c', w.controller, '-w', 'capture');
  assert.equal(await run.exited, 0, run.errors);
  assert.deepEqual(steps(run).map((e) => e.verdict), steps(run).map(() => 'passed'));
  assert.deepEqual(steps(run, (e) => e.step !== 'pair').map((e) => [e.step, e.on]),
    ['bring_up', 'resets', 'listen'].flatMap((step) => [[step, 'A'], [step, 'B']]));
  assert.deepEqual(steps(run, (e) => e.step === 'pair').map((e) => [e.model, e.on, e.with]),
    models.flatMap((model) => [[model, 'A', 'B'], [model, 'B', 'A']]));
  assert.ok(steps(run, (e) => e.step === 'pair').every((e) => e.pair_ms > 0));
  assert.deepEqual(steps(run, (e) => e.step === 'resets').map((e) => [e.resets, e.answered]), [[100, 100], [100, 100]]);
  assert.deepEqual([run.result.result, run.result.passed, run.result.failed, run.result.skipped], ['tested', 28, 0, 0]);
  // Each capture has all pairings of its controller, and explain computes all values again.
  for (const file of ['capture.1', 'capture.2']) {
    const explain = spawnSync(blepair, ['explain', '--json', file], { cwd: w.folder, encoding: 'utf8' });
    const result = JSON.parse(explain.stdout.trim().split('\n').at(-1));
    assert.deepEqual([result.attempts, result.succeeded, result.failed], [22, 22, 0], explain.stdout);
  }
});

test('a golden unit has limits; btvirt reports no RSSI', async (t) => {
  const w = await world(t);
  const unit = w.blepair('listen', '--io', 'none');
  const { address } = (await unit.until('advertising')).own;
  const good = selftest(w, '-c', w.controller, '--resets', '3', '--golden', address, '--max-time', '60000');
  assert.equal(await good.exited, 0, good.errors);
  assert.deepEqual(steps(good).map((e) => [e.step, e.verdict]),
    [['bring_up', 'passed'], ['resets', 'passed'], ['listen', 'passed'], ['pair', 'skipped'], ['golden', 'passed']]);
  const [golden] = steps(good, (e) => e.step === 'golden');
  assert.equal(golden.peer.address, address);
  assert.ok(golden.connect_ms > 0 && golden.pair_ms > 0);
  assert.equal(unit.events.filter((e) => e.event === 'result' && e.result === 'paired').length, 1);

  const bad = selftest(w, '-c', w.controller, '--resets', '3', '--golden', address, '--min-rssi', '-60');
  assert.equal(await bad.exited, 22, bad.errors);
  assert.equal(bad.result.class, 'test_failed');
  assert.match(bad.result.detail, /does not report RSSI/);
});

test('a controller that loses an answer to Reset fails that step, and pairs', async (t) => {
  const w = await world(t);
  let resets = 0;
  // Command Complete of Reset, which is a packet of its own here: the 20th one is lost.
  const broken = await w.proxy((data) => (data.includes(Buffer.from('040e0401030c00', 'hex')) && ++resets === 20 ? null : data));
  const run = selftest(w, '-c', w.controller, '-c', broken);
  assert.equal(await run.exited, 22, run.errors);
  assert.deepEqual(steps(run, (e) => e.verdict !== 'passed').map((e) => [e.step, e.on, e.answered]), [['resets', 'B', 18]]);
  assert.match(run.result.detail, /^18 of 100 answered, then: .*Reset/);
  assert.deepEqual(tested(run).controllers[1].failed, ['resets']);
});

test('a controller that is not there has the exit code of its failure, and the other one is tested', async (t) => {
  const w = await world(t);
  const run = selftest(w, '-c', 'unix:/nonexistent', '-c', w.controller, '--resets', '2');
  assert.equal(await run.exited, 3, run.errors);
  assert.deepEqual(steps(run, (e) => e.on === 'B' && e.step !== 'pair').map((e) => e.step), ['bring_up', 'resets', 'listen']);
  assert.ok(steps(run, (e) => e.step === 'pair').every((e) => e.verdict === 'skipped' && /A is out of service/.test(e.text)));
});

test('text has a line for each step, and the table; the script makes the same table of the JSON', async (t) => {
  const w = await world(t);
  const both = ['selftest', '-c', w.controller, '-c', w.controller, '--listen', '1', '--resets', '7'];
  const text = spawnSync(blepair, both, { cwd: w.folder, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
  assert.equal(text.status, 0, text.stderr);
  const lines = text.stdout.split('\n');
  assert.equal(lines.filter((line) => line.startsWith('passed ')).length, 28);
  assert.ok(lines.some((line) => /^passed {3}A to B {2}SC numeric comparison {2,}connected in [\d.]+ ms, paired in [\d.]+ ms$/.test(line)), text.stdout);
  // Verdicts, controllers and texts are in columns.
  const columns = lines.filter((line) => line.startsWith('passed ')).map((line) => line.match(/^(passed +\S+(?: to \S+)? +)(\S+(?: \S+)* {2,})\S/));
  assert.equal(new Set(columns.map(([, first]) => first.length)).size, 1, text.stdout);
  assert.equal(new Set(columns.map(([, first, second]) => first.length + second.length)).size, 1, text.stdout);
  assert.match(text.stderr, /28 steps passed, 0 skipped/);

  const run = w.program(...both, '--json');
  assert.equal(await run.exited, 0, run.errors);
  const file = join(w.folder, 'report.jsonl');
  writeFileSync(file, run.events.map((e) => JSON.stringify(e)).join('\n') + '\n');
  const made = table(file);
  const [head, rule, ...rows] = tested(run).table;
  assert.deepEqual(made, [head, rule, ...[...new Set(rows)].sort()]);
  assert.match(rows[0], /^\| Linux Foundation \| - \| 5\.0 [0-9a-f]{4}, [0-9a-f]{4} \| 7\/7, [\d.]+ ms \| [\d.]+ \| 11\/11, 11\/11 \| - \| [\d.]+ \|$/);
  // The text has the same lines, but for the times.
  const stable = (row) => row.replace(/[\d.]+ ms/, 'MS');
  const block = lines.filter((line) => line.startsWith('|'));
  assert.deepEqual(block.map(stable), [head, rule, ...rows].map(stable));
});

test('the script makes rows of any report, and refuses a file without one', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'blepair-e2e.'));
  t.after(() => rmSync(folder, { recursive: true }));
  const make = (text) => {
    writeFileSync(join(folder, 'report'), text);
    return spawnSync(script, [join(folder, 'report')], { encoding: 'utf8' });
  };
  const event = JSON.parse(readFileSync(join(root, 'docs', 'tested', 'btvirt-5.66.jsonl'), 'utf8').split('\n').find((line) => line.includes('"tested"')));
  const [c] = event.controllers;
  Object.assign(c, { maker: 'a|b', usb_id: '0a12:0001', answered: 99, heard_per_second: 31.25, central: { passed: 9, of: 11 }, failed: ['resets', 'SC out of band'] });
  event.controllers = [c];
  const made = make(`not JSON\n${JSON.stringify(event)}\n`);
  assert.match(made.stdout.split('\n')[2],
    /^\| a\\\|b \| 0a12:0001 \| 5\.0 0000, 0000 \| 99\/100, [\d.]+ ms \| 31\.3 \| 9\/11, 11\/11 \| resets, and 1 more \| [\d.]+ \|$/);
  const none = make('{"event":"result"}\n');
  assert.equal(none.status, 2);
  assert.match(none.stderr, /has no event "tested": expected the output of blepair selftest --json/);
});

test('docs/controllers.md has the table of docs/tested', () => {
  const check = spawnSync(script, ['--page', '--check'], { encoding: 'utf8' });
  assert.equal(check.status, 0, check.stdout);
  const page = readFileSync(join(root, 'docs', 'controllers.md'), 'utf8');
  for (const line of table(join(root, 'docs', 'tested', 'btvirt-5.66.jsonl'))) assert.ok(page.includes(`${line}\n`), line);
});
