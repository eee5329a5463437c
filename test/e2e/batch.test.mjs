// SPDX-License-Identifier: MIT
// blepair batch: many units over several virtual controllers, failures of every kind, and kill -9.
//
// btvirt 5.66 reports the connection handle of one side of a second link to both sides, so each virtual
// controller has one link here; test/sim tests several links.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { blepair, world } from './lib.mjs';

// Devices that can be paired any number of times, each with a name.
async function units(w, count, ...more) {
  const programs = [];
  for (let i = 0; i < count; i++)
    programs.push(w.blepair('listen', '--io', 'none', ...(more.length ? more : ['--name', `unit-${i + 1}`])));
  for (const program of programs) program.address = (await program.until('advertising')).own.address;
  return programs;
}

const paired = (program) => program.events.filter((e) => e.event === 'result' && e.result === 'paired').length;
const unitEvents = (program, test = () => true) => program.events.filter((e) => e.event === 'unit' && test(e));
const summary = (program) => program.events.find((e) => e.event === 'summary');

function list(w, lines, name = 'list.csv') {
  writeFileSync(join(w.folder, name), lines.join('\n') + '\n');
  return name;
}

const csv = (w, programs) => list(w, ['address,label', ...programs.map((p, i) => `${p.address},SN-${i + 1}`)]);
const batch = (w, file, ...more) =>
  w.program('batch', file, '--links', '1', '--json', ...(more.includes('-c') ? [] : ['-c', w.controller]),
    ...(more.some((arg) => arg.endsWith('store')) ? [] : ['--store', 'batch.db']), ...more);

// The attempts in the store.
function attempts(w, address) {
  const show = spawnSync(blepair, ['bonds', 'show', address, '--store', 'batch.db', '--json'], { cwd: w.folder, encoding: 'utf8', input: '' });
  return show.stdout.trim().split('\n').map((line) => JSON.parse(line)).filter((e) => e.event === 'attempt');
}

test('a unit that has just failed is tried again later: 2.3.6', async (t) => {
  const w = await world(t);
  const [unit] = await units(w, 1, '--io', 'display');
  const before = w.blepair(unit.address, '--io', 'keyboard', '--passkey', '000000', '--store', 'batch.db');
  assert.equal(await before.exited, 8, before.errors);
  const run = batch(w, csv(w, [unit]), '--io', 'none');
  assert.equal(await run.exited, 0, run.errors);
  assert.deepEqual(unitEvents(run).map((e) => [e.result, e.reason_code, e.final]), [['failed', 9, false], ['paired', undefined, true]]);
});

test('three controllers pair each unit of a list once, and the same command finds nothing to do', async (t) => {
  const w = await world(t);
  const programs = await units(w, 8);
  const file = csv(w, programs);
  const three = ['-c', w.controller, '-c', w.controller, '-c', w.controller];
  const run = batch(w, file, ...three, '--report', 'report.html');
  assert.equal(await run.exited, 0, run.errors);
  assert.deepEqual(unitEvents(run).map((e) => e.label).sort(), programs.map((_, i) => `SN-${i + 1}`));
  assert.ok(unitEvents(run).every((e) => e.result === 'paired' && e.final && e.method === 'just_works' && e.timings.pair_ms > 0));
  assert.deepEqual(programs.map(paired), programs.map(() => 1));
  const sum = summary(run);
  assert.deepEqual([sum.stopped, sum.total, sum.paired, sum.failed, sum.left, sum.attempts], ['all', 8, 8, 0, 0, 8]);
  assert.equal(sum.controllers.length, 3);
  assert.equal(sum.controllers.reduce((n, c) => n + c.paired, 0), 8);
  assert.ok(sum.controllers.every((c) => c.links <= 1));
  assert.equal(run.result.text, '8 of 8 units paired');
  for (const program of programs) assert.deepEqual(attempts(w, program.address).map((a) => [a.result, a.run]), [['paired', sum.run]]);

  const page = readFileSync(join(w.folder, 'report.html'), 'utf8');
  assert.equal(statSync(join(w.folder, 'report.html')).mode & 0o777, 0o600);
  for (const i of programs.keys()) assert.ok(page.includes(`SN-${i + 1}`));

  const again = batch(w, file);
  assert.equal(await again.exited, 0, again.errors);
  assert.deepEqual([unitEvents(again).length, summary(again).paired_before, summary(again).attempts], [0, 8, 0]);
  assert.deepEqual(programs.map(paired), programs.map(() => 1));
});

test('a wrong passkey and an absent unit fail, the others are paired', async (t) => {
  const w = await world(t);
  const good = await units(w, 2);
  const shown = ['listen', '--io', 'display', '--passkey', '123456', '--mitm'];
  const typed = w.blepair(...shown), wrong = w.blepair(...shown);
  const addresses = [(await typed.until('advertising')).own.address, (await wrong.until('advertising')).own.address];
  const file = list(w, [
    'address,label,method,passkey,level',
    `${good[0].address},first,just_works,,2`,
    `${addresses[0]},right passkey,passkey_we_type,123456,4`,
    `${addresses[1]},wrong passkey,passkey_we_type,654321,4`,
    'C4:00:00:00:00:01/random,absent,,,',
    `${good[1].address},too weak,,,3`,
  ]);
  const run = batch(w, file, '--scan-timeout', '1', '--report', 'report.html', '-c', w.controller, '-c', w.controller);
  assert.equal(await run.exited, 17, run.errors);
  const ends = Object.fromEntries(unitEvents(run, (e) => e.final).map((e) => [e.label, e]));
  assert.equal(ends.first.result, 'paired');
  assert.deepEqual([ends['right passkey'].method, ends['right passkey'].authenticated], ['passkey_we_type', true]);
  assert.equal(ends['wrong passkey'].result, 'failed');
  assert.equal(ends['wrong passkey'].reason_code, 4, JSON.stringify(ends['wrong passkey'])); // Confirm Value Failed
  assert.deepEqual([ends.absent.result, ends.absent.cause, ends.absent.class], ['failed', 'not_seen', 'not_found']);
  assert.deepEqual([ends['too weak'].cause, ends['too weak'].reason_code], ['we_refused', 3]);
  const sum = summary(run);
  assert.deepEqual([sum.stopped, sum.paired, sum.failed, sum.left], ['nobody', 2, 3, 0]);
  assert.deepEqual(sum.causes.map((c) => c.count), [1, 1, 1]);
  // Each failed unit has its verdict, in the store too, and its messages on the page: without what gives the passkey away.
  for (const label of ['wrong passkey', 'absent', 'too weak']) assert.ok(ends[label].verdict.cause && ends[label].verdict.fix, label);
  assert.match(ends['wrong passkey'].verdict.cause, /passkey/);
  const kept = attempts(w, 'wrong passkey').at(-1);
  assert.deepEqual(kept.verdict, ends['wrong passkey'].verdict);
  const page = readFileSync(join(w.folder, 'report.html'), 'utf8');
  assert.match(page, /<b>Pairing Confirm<\/b>/);
  const values = [...page.matchAll(/<b>Pairing (?:Confirm|Random|DHKey Check|Public Key)<\/b>.*?class="content">(.*?)<\/span><\/div>/g)];
  assert.ok(values.length > 3);
  for (const [, content] of values) assert.doesNotMatch(content, /[0-9a-f]{8}/);
  assert.ok(!/123456|654321/.test(page.replace(/nonce[-=]"?[0-9a-f]+/g, '')));
  // Two controllers with one name get different ones.
  assert.match(page, /<td><bdi>[^<]*bt-server-le<\/bdi><\/td>/);
  assert.match(page, /<td><bdi>[^<]*bt-server-le #2<\/bdi><\/td>/);
  // The list has the answers, no user is asked; events and the store contain no passkey.
  assert.ok(!run.events.some((e) => e.event === 'passkey'));
  assert.ok(!JSON.stringify(run.events).includes('123456') && !JSON.stringify(run.events).includes('654321'));
});

test('without a list every matching device is paired once, and --until ends the run', async (t) => {
  const w = await world(t);
  const programs = await units(w, 3);
  const other = w.blepair('listen', '--io', 'none', '--name', 'something else');
  await other.until('advertising');
  const run = w.program('batch', '--match', 'name=unit-*', '--until', '3', '--links', '1', '--json', '--store', 'batch.db', '-c', w.controller);
  assert.equal(await run.exited, 0, run.errors);
  assert.deepEqual(unitEvents(run).map((e) => e.unit.slice(0, 17)).sort(), programs.map((p) => p.address).sort());
  assert.deepEqual([paired(other), ...programs.map(paired)], [0, 1, 1, 1]);
  assert.equal(summary(run).stopped, 'enough');
});

test('--limit starts that many units, and the same command continues', async (t) => {
  const w = await world(t);
  const programs = await units(w, 5);
  const file = csv(w, programs);
  const first = batch(w, file, '--limit', '2');
  assert.equal(await first.exited, 0, first.errors);
  assert.deepEqual([summary(first).stopped, summary(first).paired, summary(first).left], ['enough', 2, 3]);
  assert.match(first.result.advice, /3 left: run the same command again to continue/);
  const rest = batch(w, file);
  assert.equal(await rest.exited, 0, rest.errors);
  assert.deepEqual([summary(rest).paired_before, summary(rest).attempts, summary(rest).paired], [2, 3, 5]);
  assert.deepEqual(programs.map(paired), programs.map(() => 1));
});

test('--max-failures stops the run', async (t) => {
  const w = await world(t);
  const programs = await units(w, 4);
  const file = list(w, ['address,level', ...programs.map((p) => `${p.address},3`)]); // none can be authenticated
  const run = batch(w, file, '--max-failures', '2');
  assert.equal(await run.exited, 18, run.errors);
  assert.deepEqual([summary(run).stopped, summary(run).failed], ['failures', 2]);
  assert.match(run.result.detail, /2 failed in a row: --max-failures 2 stopped the job/);
});

test('--no-store pairs units and leaves no file', async (t) => {
  const w = await world(t);
  const programs = await units(w, 2);
  const run = batch(w, csv(w, programs), '--no-store');
  assert.equal(await run.exited, 0, run.errors);
  assert.deepEqual(programs.map(paired), [1, 1]);
  assert.deepEqual(readdirSync(w.folder), ['list.csv']);
  const part = batch(w, 'list.csv', '--no-store', '--limit', '1');
  assert.equal(await part.exited, 0, part.errors);
  assert.equal(part.result.advice, undefined); // nothing can continue
});

// A proxy to a fresh controller; when either side closes, its links end, as on a real radio. mute(): the
// controller goes silent. cut(): it is unplugged.
async function radio(t, w, name) {
  const path = join(w.folder, name);
  const state = { spec: `unix:${path}`, hosts: [] };
  const unlink = Buffer.from([1, 0x06, 0x04, 3, 42, 0, 0x13]); // Disconnect
  let muted = false;
  const server = net.createServer((host) => {
    const controller = net.connect(w.socket);
    state.hosts.push(host);
    const end = () => {
      controller.write(unlink);
      setTimeout(() => controller.destroy(), 30);
    };
    host.on('error', () => {}).on('close', end).on('data', (data) => muted || controller.write(data));
    controller.on('error', () => {}).on('data', (data) => muted || host.destroyed || host.write(data));
    host.mute = () => controller.write(unlink);
  });
  await new Promise((resolve) => server.listen(path, resolve));
  t.after(() => {
    for (const host of state.hosts) host.destroy();
    server.close();
  });
  state.mute = () => {
    muted = true;
    for (const host of state.hosts) host.mute();
  };
  state.cut = () => state.hosts.forEach((host) => host.destroy());
  return state;
}

test('a silent controller is reset, then taken out of service, and its units go to the other', async (t) => {
  const w = await world(t);
  const programs = await units(w, 6);
  const sick = await radio(t, w, 'sick');
  // It comes up last, and has one unit for itself.
  const file = list(w, ['address,name,label,slot', ...programs.map((p, i) => `${p.address},,SN-${i + 1},${i ? '' : 'place'}`), ',late,SN-7,']);
  const run = batch(w, file, '-c', sick.spec, '-c', w.controller, '--bind', `place=${sick.spec}`);
  await run.until((e) => e.event === 'unit' && e.controller === sick.spec);
  sick.mute();
  await run.until((e) => e.event === 'note' && /out of service/.test(e.text));
  const lost = run.events.find((e) => e.event === 'interruption');
  assert.deepEqual([lost.controller, lost.state, lost.remedy], [sick.spec, 'lost', 'reset']);
  assert.match(lost.text, /the controller did not answer .*: it is reset$/);
  programs.push(...(await units(w, 1, '--name', 'late')));
  assert.equal(await run.exited, 0, JSON.stringify(run.events) + run.errors);
  assert.deepEqual([summary(run).paired, summary(run).failed], [7, 0]);
  const [one, other] = summary(run).controllers;
  assert.ok(one.failed_itself && !other.failed_itself);
  assert.ok(one.paired >= 1 && one.paired + other.paired === 7);
  assert.ok(programs.every((p) => paired(p) >= 1));
});

test('a controller whose socket is gone is waited for, and the run goes on with it', async (t) => {
  const w = await world(t);
  const programs = await units(w, 4);
  const file = csv(w, programs);
  const only = await radio(t, w, 'only');
  const run = batch(w, file, '-c', only.spec, '--report', join(w.folder, 'report.html'));
  await run.until('unit');
  only.cut(); // the socket is there still: the next connection is another controller
  await run.until((e) => e.event === 'interruption' && e.state === 'back');
  assert.equal(await run.exited, 0, run.errors);
  const sum = summary(run), [controller] = sum.controllers;
  assert.deepEqual([sum.paired, controller.interruptions, controller.recovered], [4, 1, { return: 1 }]);
  assert.ok(controller.away_seconds > 0 && !controller.failed_itself);
  const lost = unitEvents(run, (e) => e.cause === 'controller');
  assert.equal(sum.interrupted, lost.length);
  assert.equal(Math.round(sum.interrupted_ppm), Math.round((1e6 * lost.length) / sum.attempts));
  assert.ok(lost.every((e) => !e.final));
  const page = readFileSync(join(w.folder, 'report.html'), 'utf8');
  assert.match(page, /Interruptions by controllers/);
  assert.match(page, /1: it was there again/);
});

test('without a controller the run ends, and the same command continues', async (t) => {
  const w = await world(t);
  const programs = await units(w, 4);
  const file = csv(w, programs);
  const only = await radio(t, w, 'only');
  const run = batch(w, file, '-c', only.spec, '--replug-timeout', '0');
  await run.until('unit');
  only.cut();
  assert.equal(await run.exited, 13, run.errors);
  assert.equal(summary(run).stopped, 'no_controller');
  const done = summary(run).paired;
  assert.ok(done >= 1 && done < 4);
  const rest = batch(w, file);
  assert.equal(await rest.exited, 0, rest.errors);
  assert.deepEqual([summary(rest).paired_before, summary(rest).paired], [done, 4]);
});

test('after kill -9 at any moment the same command loses no unit and pairs none twice', async (t) => {
  const w = await world(t);
  const programs = await units(w, 8);
  const file = csv(w, programs);
  const seen = new Map(); // unit: number of reports as paired
  const note = (run) => unitEvents(run, (e) => e.result === 'paired').forEach((e) => seen.set(e.label, (seen.get(e.label) ?? 0) + 1));
  let kills = 0, run;
  for (const ms of [20, 45, 60, 70, 80, 90, 55, 65]) {
    const way = await radio(t, w, `way${kills}`);
    run = batch(w, file, '-c', way.spec);
    const timer = setTimeout(() => run.child.kill('SIGKILL'), ms);
    await run.exited;
    clearTimeout(timer);
    note(run);
    if (run.code !== null) break; // it ended by itself; a run may also be killed after its result
    kills++;
    await new Promise((resolve) => setTimeout(resolve, 60)); // until its links have ended
  }
  if (run.code === null) {
    run = batch(w, file, '-c', (await radio(t, w, 'last')).spec);
    await run.exited;
    note(run);
  }
  assert.ok(kills >= 2, 'it was killed too late to prove anything');
  assert.equal(run.code, 0, JSON.stringify(run.events) + run.errors);
  assert.equal(summary(run).paired, 8);
  assert.ok([...seen.values()].every((n) => n === 1), JSON.stringify([...seen]));
  for (const program of programs) {
    assert.equal(attempts(w, program.address).filter((a) => a.result === 'paired').length, 1);
    assert.ok(paired(program) >= 1);
  }
});

test('a second process with the same list is refused, one with another list is not', async (t) => {
  const w = await world(t);
  const programs = await units(w, 2);
  const file = list(w, ['address', programs[0].address, 'C4:00:00:00:00:01']);
  const first = batch(w, file, '--scan-timeout', '0');
  await first.until('unit');
  const second = batch(w, file);
  assert.equal(await second.exited, 2, second.errors);
  assert.match(second.result.text, /another process/);
  const other = batch(w, list(w, ['address', programs[1].address], 'other.csv'));
  assert.equal(await other.exited, 0, other.errors);
  first.child.kill('SIGINT');
  assert.equal(await first.exited, 11, first.errors);
  assert.deepEqual([summary(first).stopped, summary(first).paired, summary(first).left], ['interrupted', 1, 1]);
});

test('--again pairs all units again, and earlier results stay', async (t) => {
  const w = await world(t);
  const programs = await units(w, 2);
  const file = csv(w, programs);
  for (const more of [[], ['--again']]) {
    const run = batch(w, file, ...more);
    assert.equal(await run.exited, 0, run.errors);
    assert.equal(summary(run).attempts, 2);
  }
  assert.deepEqual(programs.map(paired), [2, 2]);
  const rest = batch(w, file); // continues the latest
  assert.equal(await rest.exited, 0, rest.errors);
  assert.deepEqual([summary(rest).attempts, summary(rest).run.slice(-2)], [0, '#2']);
  assert.deepEqual(attempts(w, programs[0].address).map((a) => a.run.endsWith('#2')), [false, true]);
});

test('without a terminal the output is plain lines', async (t) => {
  const w = await world(t);
  const programs = await units(w, 2);
  const run = w.program('batch', csv(w, programs), '--links', '1', '--no-store', '-c', w.controller);
  assert.equal(await run.exited, 0);
  assert.equal(run.events.length, 0);
  for (const i of [1, 2]) assert.match(run.errors, new RegExp(`^ +\\d+\\.\\d{3}  paired       ${programs[i - 1].address} SN-${i}: just_works$`, 'm'));
  assert.match(run.errors, /2 of 2 units paired\n$/);
  assert.ok(!run.errors.includes('\x1b'));
});

for (const [args, text, words] of [
  [[], '', /batch needs a file with a list of units/],
  [['x.csv', '--match', 'name=x'], '', /batch takes a list or --match/],
  [['/nonexistent'], '', /cannot read \/nonexistent: No such file/],
  [['@'], 'address\nC4:00\n', /list: line 2, column 1: "C4:00" is not valid for address; expected AA:BB/],
  [['@'], 'serial\n1\n', /list: line 1, column 1: "serial" is not a field/],
  [['@'], 'address,passkey\nC4:00:00:00:00:01,abc123\n', /the passkey is not valid; expected a number of up to six digits/],
  [['-', '--report', '/nonexistent/r.html'], 'address\nC4:00:00:00:00:01\n', /\/nonexistent\/r.html/],
  [['-', '-c', 'hci0', '-c', 'hci0'], '', /-c hci0 is given twice/],
  [['--match', 'colour=red'], '', /--match: "colour" is not valid; expected KEY=VALUE with address, name, service, manufacturer or rssi/],
  [['--match', 'name=x', '--until', '25:00'], '', /--until: "25:00" is not valid; expected a number of units, or a time like 17:30/],
  [['-', '--links', '17'], '', /--links: "17" is not valid; expected a number of links, 1 to 16/],
  [['@'], '{"address": "C4:00:00:00:00:01", "level": 9}\n', /list: line 1: "9" is not valid for level/],
  [['@'], 'address\nC4:00:00:00:00:01\nC4:00:00:00:00:01\n', /list: line 3: C4:00:00:00:00:01 is in line 2 already/],
])
  test(`a clear message: blepair batch ${args.join(' ')} ${JSON.stringify(text)}`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'blepair-e2e.'));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'list'), text);
    const own = args.map((arg) => (arg === '@' ? 'list' : arg));
    const result = spawnSync(blepair, ['batch', ...own, '--no-store', ...(args.includes('-c') ? [] : ['-c', 'unix:/nonexistent'])], { cwd: folder, encoding: 'utf8', input: text });
    assert.equal(result.status, 2, result.stderr);
    assert.match(result.stderr, words);
    assert.ok(!result.stderr.includes('abc123'));
  });

// Each unit answers with its name; one of them with another than its row expects.
test('the values of each unit are checked, and a protected one is refused in clear', async (t) => {
  const w = await world(t);
  const programs = [];
  for (const name of ['one', 'two'])
    programs.push(w.blepair('listen', '--io', 'none', '--name', name, '--protected', 'encrypted'));
  for (const program of programs) program.address = (await program.until('advertising')).own.address;
  writeFileSync(join(w.folder, 'profile.json'), JSON.stringify({ attributes: [
    { characteristic: 'B1E9A101-6C4E-4F0E-9B0A-7D3F5C21E8A4', service: 'B1E9A100-6C4E-4F0E-9B0A-7D3F5C21E8A4',
      refused: 'open', allowed: 'encrypted', secret: true }] }));
  const file = list(w, ['address,label,expect.device-name', `${programs[0].address},one,one`, `${programs[1].address},two,other`]);
  const run = batch(w, file, '--io', 'none', '--profile', 'profile.json', '--report', 'report.html');
  assert.equal(await run.exited, 17, run.errors);
  const [one, two] = ['one', 'two'].map((label) => unitEvents(run, (e) => e.label === label).at(-1));
  assert.equal(one.result, 'paired');
  assert.deepEqual(one.attributes.map((a) => [a.link, a.result, a.text]),
    [['open', 'refused', undefined], ['encrypted', 'read', undefined], ['encrypted', 'read', 'one']]);
  assert.equal(two.cause, 'wrong_attribute');
  assert.match(two.text, /Device Name \(2A00\) is "two", which is not the expected value/);
  assert.equal(summary(run).paired, 1);
  assert.equal(summary(run).attempts, 2, 'a mismatch is not tried again');
  const stored = attempts(w, programs[1].address);
  assert.deepEqual(stored.map((a) => a.attributes), [two.attributes], 'the store has them, too');
  const page = readFileSync(join(w.folder, 'report.html'), 'utf8');
  assert.match(page, /Device Name <bdi>two<\/bdi>/);
  assert.doesNotMatch(page + JSON.stringify(stored), /626c6570616972|"blepair"/, 'a secret');
  const bonds = spawnSync(blepair, ['bonds', 'list', '--store', 'batch.db', '--json'], { cwd: w.folder, encoding: 'utf8' });
  assert.equal(bonds.stdout.match(/"event":"bond"/g).length, 1, 'a mismatch keeps no bond');
  assert.doesNotMatch(run.events.map((e) => JSON.stringify(e)).join(''), /626c6570616972/, 'a secret');
});
