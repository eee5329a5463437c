// SPDX-License-Identifier: MIT
// Commands that run while a link is up (--while-connected), and links that stay up (--linger).
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { blepair, world } from './lib.mjs';

// Commands never run as root: if the tests do, blepair is started as sudo starts it.
const user = 65534;
async function station(t) {
  const w = await world(t);
  chmodSync(w.folder, 0o777);
  chmodSync(dirname(w.socket), 0o755);
  chmodSync(w.socket, 0o666);
  const env = process.getuid() === 0 ? { ...process.env, SUDO_UID: String(user), SUDO_GID: String(user) } : process.env;
  return {
    w,
    run: (...args) => w.start(blepair, ['-c', w.controller, ...args, '--json', ...(args.includes('--store') ? [] : ['--no-store'])], { cwd: w.folder, env }),
    read: (name) => readFileSync(join(w.folder, name), 'utf8'),
  };
}

async function peripheral(w, ...more) {
  const program = w.blepair('listen', '--io', 'none', ...more);
  return { program, address: (await program.until('advertising')).own.address };
}
const index = (program, name) => program.events.findIndex((e) => e.event === name);
const variables = (text) => Object.fromEntries(text.trim().split('\n').map((line) => line.split('=')).sort());
const dump = (name) => `env | grep ^BLEPAIR_ | grep -v -e BTVIRT -e BUILD >${name}`;
const appears = async (w, name) => {
  for (let i = 0; i < 2000 && !existsSync(join(w.folder, name)); i++) await sleep(10);
};

test('a command runs while the link is up, with the peer in its environment', async (t) => {
  const { w, run, read } = await station(t);
  const { address } = await peripheral(w);
  const central = run(`${address}/public`, '--io', 'none', '--while-connected', `${dump('seen')}; id -u >user`);
  assert.equal(await central.exited, 0, central.errors);
  const own = (await central.until('connected')).peer;
  assert.deepEqual(variables(read('seen')), variables([
    `BLEPAIR_ADDRESS=${address}`, 'BLEPAIR_ADDRESS_TYPE=public', `BLEPAIR_CONTROLLER=${w.controller}`,
    `BLEPAIR_IDENTITY=${own.address}`, 'BLEPAIR_IDENTITY_TYPE=public', 'BLEPAIR_LEVEL=2', 'BLEPAIR_METHOD=just_works',
    'BLEPAIR_RESULT=paired', 'BLEPAIR_ROLE=central'].join('\n')));
  if (process.getuid() === 0) assert.equal(read('user'), `${user}\n`);
  const command = central.events.find((e) => e.event === 'command');
  assert.deepEqual([command.result, command.status], ['ok', 0]);
  assert.ok(index(central, 'keys') < index(central, 'held') && index(central, 'held') < index(central, 'command'));
  assert.ok(index(central, 'command') < index(central, 'disconnected'));
  assert.equal(central.result.class, 'ok');
});

test('attributes are checked before the command, which does not run if they are wrong', async (t) => {
  const { w, run } = await station(t);
  const { address } = await peripheral(w, '--name', 'SN-0001', '--protected', 'encrypted');
  for (const [name, code, commands] of [['SN-0001', 0, 1], ['SN-0002', 24, 0]]) {
    const central = run(`${address}/public`, '--io', 'none', '--expect', `device-name=text:${name}`, '--while-connected', 'true');
    assert.equal(await central.exited, code, central.errors);
    assert.equal(central.events.filter((e) => e.event === 'command').length, commands);
    assert.equal(central.events.filter((e) => e.event === 'held').length, commands);
    if (commands) assert.ok(index(central, 'attribute') < index(central, 'held'));
  }
});

test('the link is there until the command ends', async (t) => {
  const { w, run } = await station(t);
  const { program, address } = await peripheral(w);
  const central = run(`${address}/public`, '--io', 'none', '--while-connected', 'touch begun; until test -e go; do sleep 0.02; done', '--hook-timeout', '60');
  await appears(w, 'begun');
  await program.until('encrypted');
  await sleep(300);
  assert.equal(index(program, 'disconnected'), -1);
  assert.equal(central.code, undefined);
  writeFileSync(join(w.folder, 'go'), '');
  assert.equal(await central.exited, 0, central.errors);
});

test('a command that fails or takes too long has its own exit code, and the bond is kept', async (t) => {
  const { w, run } = await station(t);
  const { address } = await peripheral(w, '--replace-bond', '--store', 'theirs.db');
  for (const [command, result, words] of [
    ['exit 3', 'failed', 'the command ended with 3'],
    ['sleep 1000', 'timed_out', 'the command did not end within 0.3 s (--hook-timeout), and was killed'],
  ]) {
    const central = run(`${address}/public`, '--io', 'none', '--replace-bond', '--store', 'bonds.db', '--while-connected', command, '--hook-timeout', '0.3');
    assert.equal(await central.exited, 23, central.errors);
    assert.equal(central.events.find((e) => e.event === 'command').result, result);
    assert.deepEqual([central.result.result, central.result.class], ['paired', 'hook_failed']);
    assert.match(central.result.detail, new RegExp(words.replaceAll(/[()]/g, '\\$&')));
    assert.equal(central.result.bonded, true);
  }
  const verify = run('verify', `${address}/public`, '--store', 'bonds.db', '--while-connected', dump('verified'));
  assert.equal(await verify.exited, 0, verify.errors);
  const { BLEPAIR_RESULT } = variables(readFileSync(join(w.folder, 'verified'), 'utf8'));
  assert.equal(BLEPAIR_RESULT, 'encrypted');
  const failed = run('verify', `${address}/public`, '--store', 'bonds.db', '--while-connected', 'exit 1');
  assert.equal(await failed.exited, 23, failed.errors);
});

test('a command is killed with what it started when the link is lost', async (t) => {
  const { w, run } = await station(t);
  const { program, address } = await peripheral(w);
  const central = run(`${address}/public`, '--io', 'none', '--while-connected', 'touch begun; (sleep 2; touch late) & sleep 2; touch late', '--hook-timeout', '60');
  await appears(w, 'begun');
  program.child.kill('SIGINT'); // it closes the link
  assert.equal(await central.exited, 23, central.errors);
  const command = central.events.find((e) => e.event === 'command');
  assert.equal(command.result, 'link_lost');
  await sleep(2500);
  assert.ok(!existsSync(join(w.folder, 'late')));
});

test('Ctrl-C kills a command, and ends --linger without a failure', async (t) => {
  const { w, run } = await station(t);
  const { address } = await peripheral(w);
  const central = run(`${address}/public`, '--io', 'none', '--while-connected', 'touch begun; sleep 1000', '--hook-timeout', '600');
  await appears(w, 'begun');
  central.child.kill('SIGINT');
  assert.equal(await central.exited, 23, central.errors);
  assert.equal(central.events.find((e) => e.event === 'command').result, 'cancelled');

  const linger = run(`${address}/public`, '--io', 'none', '--linger', '600');
  assert.deepEqual((({ for: why, seconds }) => [why, seconds])(await linger.until('held')), ['linger', 600]);
  linger.child.kill('SIGINT');
  assert.equal(await linger.exited, 0, linger.errors);
  assert.equal(linger.result.class, 'ok');
});

test('--linger ends by its time, or by the peer, which is no failure', async (t) => {
  const { w, run } = await station(t);
  const { program, address } = await peripheral(w);
  const timed = run(`${address}/public`, '--io', 'none', '--linger', '0.5');
  assert.equal(await timed.exited, 0, timed.errors);
  const time = (name) => timed.events.find((e) => e.event === name).time;
  assert.ok(time('disconnected') - time('held') >= 0.5);

  const left = run(`${address}/public`, '--io', 'none', '--linger', '600');
  await left.until('held');
  program.child.kill('SIGINT');
  assert.equal(await left.exited, 0, left.errors);
  assert.ok(left.events.some((e) => e.event === 'disconnected'));
  assert.equal(left.result.class, 'ok');
});

test('listen runs it for each central, and waits for it with --count', async (t) => {
  const { w, run, read } = await station(t);
  const listen = run('listen', '--io', 'none', '--count', '1', '--while-connected', `${dump('seen')}; sleep 1.5`, '--hook-timeout', '60');
  const { own } = await listen.until('advertising');
  const central = run(`${own.address}/public`, '--io', 'none', '--linger', '600');
  assert.equal(await listen.exited, 0, listen.errors);
  assert.equal(await central.exited, 0, central.errors);
  assert.deepEqual([listen.result.class, listen.events.find((e) => e.event === 'command').result], ['ok', 'ok']);
  const seen = variables(read('seen'));
  assert.deepEqual([seen.BLEPAIR_ROLE, seen.BLEPAIR_SESSION], ['peripheral', '1']);

  const failing = run('listen', '--io', 'none', '--count', '1', '--while-connected', 'exit 9');
  await failing.until('advertising');
  const second = w.blepair(`${(await failing.until('advertising')).own.address}/public`, '--io', 'none', '--linger', '2');
  assert.equal(await failing.exited, 23, failing.errors);
  await second.exited;
});

test('a batch runs it for each unit', async (t) => {
  const { w, run, read } = await station(t);
  const units = [await peripheral(w), await peripheral(w)];
  writeFileSync(join(w.folder, 'list.csv'), ['address,label', ...units.map((u, i) => `${u.address},SN-${i + 1}`)].join('\n') + '\n');
  const batch = run('batch', 'list.csv', '--links', '1', '--while-connected', 'echo "$BLEPAIR_UNIT" >>units; case $BLEPAIR_UNIT in *SN-2) exit 1;; esac');
  assert.equal(await batch.exited, 23, batch.errors);
  assert.deepEqual(read('units').trim().split('\n').sort(), units.map((u, i) => `${u.address} SN-${i + 1}`).sort());
  assert.equal(batch.result.text, '2 of 2 units paired, 1 command failed');
  assert.deepEqual(batch.events.filter((e) => e.event === 'command').map((e) => e.result).sort(), ['failed', 'ok']);
});

test('commands never run as root', { skip: process.getuid() === 0 ? false : 'needs root' }, async (t) => {
  const w = await world(t);
  for (const args of [['C4:00:00:00:00:01'], ['listen'], ['verify', '--all', '--store', 'none.db']]) {
    const program = w.program(...args, '-c', w.controller, '--json', '--while-connected', 'touch ran');
    assert.equal(await program.exited, 2);
    assert.match(program.result.text, /^--while-connected: commands never run as root; start blepair as a user, or through sudo$/);
  }
  assert.ok(!existsSync(join(w.folder, 'ran')));
});
