// SPDX-License-Identifier: MIT
// blepair batch at a station: a fixture with a controller for each place, rows from a scanner, and hooks.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { blepair, world } from './lib.mjs';

// Devices that can be paired any number of times.
async function units(w, count) {
  const programs = Array.from({ length: count }, () => w.blepair('listen', '--io', 'none'));
  for (const program of programs) program.address = (await program.until('advertising')).own.address;
  return programs;
}

// The controllers of a fixture: each has a name of its own.
function places(w, count) {
  return Array.from({ length: count }, (_, i) => {
    const path = join(w.folder, `place-${i + 1}`);
    symlinkSync(w.socket, path);
    return `unix:${path}`;
  });
}

const unitEvents = (program) => program.events.filter((e) => e.event === 'unit');
const summary = (program) => program.events.find((e) => e.event === 'summary');
const write = (w, name, lines) => writeFileSync(join(w.folder, name), lines.join('\n') + '\n');

test('each unit is paired by the controller of its slot', async (t) => {
  const w = await world(t);
  const programs = await units(w, 4);
  const [one, two] = places(w, 2);
  write(w, 'jig.csv', ['address,label,slot', ...programs.map((p, i) => `${p.address},SN-${i + 1},${i % 2 ? two : 'left'}`)]);
  const run = w.program('batch', 'jig.csv', '-c', two, '-c', one, '--bind', `left=${one}`, '--links', '1', '--json',
    '--store', 'batch.db', '--report', 'report.html');
  assert.equal(await run.exited, 0, run.errors);
  for (const e of unitEvents(run)) assert.deepEqual([e.controller, e.result], [e.slot === 'left' ? one : two, 'paired']);
  assert.deepEqual(unitEvents(run).map((e) => e.label).sort(), ['SN-1', 'SN-2', 'SN-3', 'SN-4']);
  const show = spawnSync(blepair, ['bonds', 'show', 'SN-1', '--store', 'batch.db', '--json'], { cwd: w.folder, encoding: 'utf8' });
  const attempt = show.stdout.trim().split('\n').map((line) => JSON.parse(line)).find((e) => e.event === 'attempt');
  assert.deepEqual([attempt.controller, attempt.slot], [one, 'left']);
  assert.match(readFileSync(join(w.folder, 'report.html'), 'utf8'), /slot <bdi>left<\/bdi>/);
});

test('a unit that the controller of its slot cannot reach is not paired by another', async (t) => {
  const w = await world(t);
  const [unit, near] = await units(w, 2);
  const [one] = places(w, 1);
  const deaf = await w.proxy((data) => (data.includes(Buffer.from(near.address.split(':').reverse().join(''), 'hex')) ||
    data.includes(Buffer.from(unit.address.split(':').reverse().join(''), 'hex')) ? null : data));
  write(w, 'jig.csv', ['address,slot', `${unit.address},1`, `${near.address},2`]);
  const run = w.program('batch', 'jig.csv', '-c', deaf, '-c', one, '--bind', `1=${deaf}`, '--bind', `2=${one}`, '--links', '1',
    '--json', '--no-store', '--scan-timeout', '1');
  assert.equal(await run.exited, 17, run.errors);
  const ends = Object.fromEntries(unitEvents(run).map((e) => [e.slot, e]));
  assert.equal(ends[2].result, 'paired');
  assert.deepEqual([ends[1].cause, ends[1].text], ['not_seen', 'the controller of its slot did not see it, but another one did']);
});

test('a binding to a controller that is not in -c, and a slot without a controller, are refused', async (t) => {
  const w = await world(t);
  write(w, 'jig.csv', ['address,slot', 'C4:00:00:00:00:01,3']);
  const run = (...args) => spawnSync(blepair, ['batch', 'jig.csv', '-c', w.controller, '--no-store', ...args], { cwd: w.folder, encoding: 'utf8' });
  let { status, stderr } = run('--bind', '3=usb:1-4.2');
  assert.equal(status, 2);
  assert.match(stderr, /--bind 3=usb:1-4.2: this run does not use the controller usb:1-4.2; add -c usb:1-4.2\n$/);
  ({ status, stderr } = run());
  assert.equal(status, 2);
  assert.match(stderr, /jig.csv: line 2: no controller belongs to the slot "3"; add --bind 3=CONTROLLER, or write a controller of -c\n$/);
});

// Rows of standard input, as a barcode scanner types them.
const scanner = (w, ...more) => w.program('batch', '-', '-c', w.controller, '--links', '1', '--json', '--store', 'batch.db', ...more);

test('rows are taken as they come, and each is answered when its unit is done', async (t) => {
  const w = await world(t);
  const [first, second] = await units(w, 2);
  const run = scanner(w, '--scan-timeout', '2');
  const answer = (n) => run.until((e) => (e.event === 'unit' && e.final || e.event === 'row') && e.line === n);
  await run.until('controller');
  run.answer('address,label');
  run.answer(`${first.address},SN-1`);
  assert.deepEqual([(await answer(2)).result, (await answer(2)).label], ['paired', 'SN-1']);
  run.answer('4711');
  assert.match((await answer(3)).text, /stdin: line 3, column 1: "4711" is not valid for address/);
  run.answer(`${second.address},SN-2\nC4:00:00:00:00:01,absent`);
  assert.equal((await answer(4)).result, 'paired');
  assert.equal((await answer(5)).cause, 'not_seen');
  run.answer(`${first.address},SN-1`);
  assert.deepEqual([(await answer(6)).result, (await answer(6)).before], ['paired', true]);
  run.child.stdin.end();
  assert.equal(await run.exited, 17, run.errors);
  const { stopped, total, paired, failed, refused, left } = summary(run);
  assert.deepEqual({ stopped, total, paired, failed, refused, left }, { stopped: 'all', total: 3, paired: 2, failed: 1, refused: 1, left: 0 });
  assert.equal(run.result.text, '2 of 3 units paired, 1 failed, 1 row refused');
});

test('the input may end while its units are under way', async (t) => {
  const w = await world(t);
  const programs = await units(w, 3);
  const run = scanner(w);
  run.child.stdin.end(['address', ...programs.map((p) => p.address)].join('\n')); // the last row has no line end
  assert.equal(await run.exited, 0, run.errors);
  assert.deepEqual(unitEvents(run).map((e) => [e.result, e.final]), programs.map(() => ['paired', true]));
  assert.equal(run.result.text, '3 of 3 units paired');
});

test('a run of standard input is new each time, unless --run names it', async (t) => {
  const w = await world(t);
  const [unit] = await units(w, 1);
  const rows = `address\n${unit.address}\n`;
  const run = async (...more) => {
    const p = scanner(w, ...more);
    p.child.stdin.end(rows);
    await p.exited;
    return p;
  };
  assert.match(summary(await run()).run, /^stdin-\d{4}-\d\d-\d\dT/);
  assert.deepEqual(unitEvents(await run('--again')).map((e) => [e.result, e.before]), [['paired', undefined]]);
  assert.deepEqual(unitEvents(await run('--run', 'shift', '--replace-bond')).map((e) => [e.result, e.before]), [['paired', undefined]]);
  const again = await run('--run', 'shift');
  assert.equal(again.code, 0, again.errors);
  assert.deepEqual(unitEvents(again).map((e) => [e.result, e.before]), [['paired', true]]);
  assert.deepEqual([summary(again).paired_before, summary(again).attempts], [1, 0]);
});

test('a signal ends a run that waits for rows', async (t) => {
  const w = await world(t);
  const run = scanner(w);
  await run.until('controller');
  run.child.kill('SIGINT');
  assert.equal(await run.exited, 11, run.errors);
  assert.equal(summary(run).stopped, 'interrupted');
});

test('a signal answers the rows whose units are not done', async (t) => {
  const w = await world(t);
  const [unit] = await units(w, 1);
  const run = scanner(w);
  run.child.stdin.write(`address,label\nC4:00:00:00:00:01,SN-1\n${unit.address},SN-2\n`);
  await run.until((e) => e.event === 'unit' && e.result === 'paired');
  run.child.kill('SIGINT');
  assert.equal(await run.exited, 11, run.errors);
  assert.deepEqual(unitEvents(run).map((e) => [e.label, e.line, e.result, e.final]), [['SN-2', 3, 'paired', true], ['SN-1', 2, 'cancelled', true]]);
});

test('a row whose slot has lost its controller is answered at the end of the input', async (t) => {
  const w = await world(t);
  const [unit] = await units(w, 1);
  const [one] = places(w, 1);
  const hosts = new Set();
  const server = net.createServer((host) => {
    const controller = net.connect(w.socket);
    hosts.add(host);
    host.on('error', () => {}).on('close', () => controller.destroy());
    controller.on('error', () => {});
    host.pipe(controller).pipe(host);
  });
  const dongle = join(w.folder, 'dongle');
  await new Promise((resolve) => server.listen(dongle, resolve));
  t.after(() => server.close());
  const run = w.program('batch', '-', '-c', `unix:${dongle}`, '-c', one, '--bind', `1=unix:${dongle}`, '--bind', `2=${one}`, '--links', '1',
    '--json', '--no-store', '--replug-timeout', '0', '--scan-timeout', '0');
  run.child.stdin.write('address,slot\nC4:00:00:00:00:01,1\n');
  await run.until('controller');
  await run.until((e) => e.event === 'controller', 2);
  server.close();
  hosts.forEach((host) => host.destroy());
  await run.until((e) => e.event === 'note' && e.text.includes('out of service'));
  run.child.stdin.end(`${unit.address},2\n`);
  assert.equal(await run.exited, 13, run.errors);
  const ends = Object.fromEntries(unitEvents(run).filter((e) => e.final).map((e) => [e.slot, e]));
  assert.equal(ends[2].result, 'paired');
  assert.deepEqual([ends[1].result, ends[1].class, ends[1].text], ['failed', 'no_controller', 'the controller of its slot is out of service']);
});

test('without rows, standard input is a mistake', async (t) => {
  const w = await world(t);
  const run = w.program('batch', '-', '-c', w.controller, '--json', '--no-store');
  run.child.stdin.end();
  assert.equal(await run.exited, 17);
  assert.match(run.events.find((e) => e.event === 'row').text, /^stdin: no units; expected CSV with a header, or JSON lines$/);
});

// Commands never run as root: if the tests do, blepair is started as sudo starts it.
const user = 65534;
async function station(t) {
  const w = await world(t);
  chmodSync(w.folder, 0o777);
  chmodSync(dirname(w.socket), 0o755);
  chmodSync(w.socket, 0o666);
  const env = process.getuid() === 0 ? { ...process.env, SUDO_UID: String(user), SUDO_GID: String(user) } : process.env;
  return { w, hooked: (args, hook, ...more) => w.start(blepair, [...args, '-c', w.controller, '--links', '1', '--no-store', '--hook', hook, ...more], { cwd: w.folder, env }) };
}
const hooks = (program) => program.events.filter((e) => e.event === 'hook');
const inputs = (w) => readFileSync(join(w.folder, 'hooked'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));

test('a hook gets the result of each unit, as the user, and without keys', async (t) => {
  const { w, hooked } = await station(t);
  const typed = w.blepair('listen', '--io', 'display', '--passkey', '123456', '--mitm');
  const { address } = (await typed.until('advertising')).own;
  write(w, 'list.csv', ['address,label,passkey', `${address},SN-1,123456`, 'C4:00:00:00:00:01,absent,654321']);
  const run = hooked(['batch', 'list.csv', '--io', 'keyboard', '--scan-timeout', '1', '--json'], 'cat >>hooked; id -u >>users');
  assert.equal(await run.exited, 17, run.errors);
  assert.deepEqual(hooks(run).map((e) => [e.label, e.result, e.status]), [['SN-1', 'ok', 0], ['absent', 'ok', 0]]);
  const results = inputs(w);
  assert.deepEqual(results.map((e) => [e.label, e.result, e.cause]), [['SN-1', 'paired', undefined], ['absent', 'failed', 'not_seen']]);
  for (const [i, { time, ...event }] of unitEvents(run).entries()) assert.deepEqual(results[i], { ...event, run: summary(run).run });
  for (const secret of ['123456', '654321', 'ltk', 'irk"']) assert.ok(!JSON.stringify(results).includes(secret), secret);
  assert.deepEqual(summary(run).hooks, { run: 2, failed: 0 });
  if (process.getuid() === 0) assert.equal(readFileSync(join(w.folder, 'users'), 'utf8'), `${user}\n${user}\n`);
});

test('a hook that fails or takes too long is reported, and its unit is paired', async (t) => {
  const { w, hooked } = await station(t);
  const programs = await units(w, 3);
  write(w, 'list.csv', ['address,label', ...programs.map((p, i) => `${p.address},SN-${i + 1}`)]);
  const hook = 'read -r line; case $line in *SN-1*) exit 3;; *SN-2*) sleep 1000;; esac';
  const run = hooked(['batch', 'list.csv', '--json', '--report', 'report.html'], hook, '--hook-timeout', '0.3');
  assert.equal(await run.exited, 1, run.errors);
  const ends = Object.fromEntries(hooks(run).map((e) => [e.label, e]));
  assert.deepEqual([ends['SN-1'].result, ends['SN-1'].status], ['failed', 3]);
  assert.deepEqual([ends['SN-2'].result, ends['SN-2'].status], ['timed_out', undefined]);
  assert.equal(ends['SN-3'].result, 'ok');
  assert.ok(unitEvents(run).every((e) => e.result === 'paired'));
  assert.equal(run.result.text, '3 of 3 units paired, 2 hooks failed');
  const page = readFileSync(join(w.folder, 'report.html'), 'utf8');
  assert.match(page, /the hook ended with 3/);
  assert.match(page, /the hook did not end within 0.3 s/);
  const text = hooked(['batch', 'list.csv'], 'exit 7');
  assert.equal(await text.exited, 1);
  assert.match(text.errors, new RegExp(`hook         ${programs[0].address} SN-1: the hook ended with 7$`, 'm'));
});

test('the run waits for its hooks, and a signal ends the wait', async (t) => {
  const { w, hooked } = await station(t);
  const [unit] = await units(w, 1);
  assert.equal(spawnSync('mkfifo', ['-m', '666', join(w.folder, 'go')]).status, 0);
  const rows = ['batch', '-', '--json'];
  const run = hooked(rows, 'read -r line; cat go >went', '--hook-timeout', '600');
  run.child.stdin.end(`address\n${unit.address}\n`);
  await run.until('unit');
  const go = await open(join(w.folder, 'go'), 'w'); // it waits for the hook
  assert.equal(run.code, undefined);
  await go.close();
  assert.equal(await run.exited, 0, run.errors);

  const second = hooked(rows, 'read -r line; cat go >went', '--hook-timeout', '600');
  second.child.stdin.end(`address\n${unit.address}\n`);
  await second.until('unit');
  const held = await open(join(w.folder, 'go'), 'w');
  while (second.child.exitCode === null) { // the first signal may come before the wait
    second.child.kill('SIGINT');
    await sleep(50);
  }
  await held.close(); // the hook, which has standard error, ends
  await second.exited;
  assert.deepEqual(hooks(second).map((e) => e.result), ['unfinished']);
  assert.match(hooks(second)[0].text, /interrupted before the hook had ended/);
});

test('a hook has no descriptor of blepair, and cannot gain rights', async (t) => {
  const { w, hooked } = await station(t);
  const [unit] = await units(w, 1);
  write(w, 'list.csv', ['address', unit.address]);
  const run = hooked(['batch', 'list.csv', '--json', '-w', 'air'], 'ls -l /proc/self/fd >fds; grep -E "^(NoNewPrivs|CapPrm|Seccomp|SigIgn)" /proc/self/status >rights');
  assert.equal(await run.exited, 0, run.errors);
  const fds = readFileSync(join(w.folder, 'fds'), 'utf8').trim().split('\n').slice(1).map((line) => line.replace(/.* (\d+) -> /, '$1 '));
  assert.equal(fds.filter((fd) => !/^0 \/memfd:|^1 .*\/fds$|^2 pipe:|^2 .*socket:|^3 \/proc\//.test(fd)).length, 0, fds.join('\n'));
  const rights = Object.fromEntries(readFileSync(join(w.folder, 'rights'), 'utf8').trim().split('\n').map((line) => line.split(':\t')));
  assert.deepEqual([rights.NoNewPrivs, parseInt(rights.CapPrm, 16), parseInt(rights.SigIgn, 16)], ['1', 0, 0]);
});

test('commands never run as root', { skip: process.getuid() === 0 ? false : 'needs root' }, async (t) => {
  const w = await world(t);
  write(w, 'list.csv', ['address', 'C4:00:00:00:00:01']);
  const run = w.program('batch', 'list.csv', '-c', w.controller, '--no-store', '--json', '--hook', 'touch ran');
  assert.equal(await run.exited, 2);
  assert.match(run.result.text, /^--hook: commands never run as root; start blepair as a user, or through sudo$/);
  assert.ok(!existsSync(join(w.folder, 'ran')));
});
