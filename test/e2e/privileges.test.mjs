// SPDX-License-Identifier: MIT
// What blepair may do at each time, as the kernel shows it in /proc/PID: as root, through sudo, and as a user.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, closeSync, existsSync, openSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { blepair, root, world } from './lib.mjs';

const build = process.env.BLEPAIR_BUILD ?? join(root, 'build');
const sanitized = /BLEPAIR_SANITIZE:BOOL=ON/.test(readFileSync(join(build, 'CMakeCache.txt'), 'utf8'));
const filtered = !sanitized && ['x64', 'arm64'].includes(process.arch);
const needsRoot = { skip: process.getuid() === 0 ? false : 'needs root' };
const user = 65534;
const DAC_OVERRIDE = 2; // 1 << CAP_DAC_OVERRIDE

// Who starts blepair: what to add to spawn(), and what is left once it has given up its privileges.
const who = {
  root: { spawn: {}, uid: 0, capabilities: DAC_OVERRIDE, bound: 0 },
  sudo: { spawn: { env: { ...process.env, SUDO_UID: String(user), SUDO_GID: String(user) } }, uid: user, capabilities: 0, bound: 0 },
  user: { spawn: { uid: user, gid: user }, uid: user, capabilities: 0 },
};

function status(pid) {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/:\s*/, 2)));
}

// Waits until a process has come to rest: it waits for input.
async function settled(pid) {
  while (status(pid).State[0] !== 'S') await sleep(10);
}

async function untilIt(condition) {
  for (let i = 0; i < 1000; i++) {
    const value = condition();
    if (value) return value;
    await sleep(10);
  }
  throw new Error(`it never came: ${condition}`);
}

function hasGivenUp(pid, { uid, capabilities, bound }, filter = filtered) {
  const s = status(pid);
  assert.deepEqual(s.Uid.split('\t').map(Number), [uid, uid, uid, uid]);
  assert.deepEqual(s.Gid.split('\t').map(Number), [uid, uid, uid, uid]);
  assert.deepEqual((s.Groups ?? '').split(' ').filter(Boolean).map(Number).filter((group) => group !== uid), []);
  for (const set of ['CapEff', 'CapPrm']) assert.equal(parseInt(s[set], 16), capabilities, set);
  for (const set of ['CapInh', 'CapAmb']) assert.equal(parseInt(s[set], 16), 0, set);
  if (bound !== undefined) assert.equal(parseInt(s.CapBnd, 16), bound, 'CapBnd');
  assert.equal(s.NoNewPrivs, '1');
  assert.equal(s.Seccomp, filter ? '2' : '0');
  hasNoCoreDump(pid);
}

// The files of a process that cannot be dumped belong to root.
function hasNoCoreDump(pid) {
  assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /Max core file size +0 +0 /);
  if (!sanitized) assert.equal(statSync(`/proc/${pid}/environ`).uid, 0);
}

// The process that parses a list or out-of-band data.
const childOf = (pid) => untilIt(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').find(Boolean));

// Starts blepair with a standard input that stays open, and a world that others can reach.
async function start(t, name, args, { link = false } = {}) {
  const w = await world(t);
  chmodSync(w.folder, 0o777);
  chmodSync(dirname(w.socket), 0o755);
  chmodSync(w.socket, 0o666);
  const own = link ? ['-c', w.controller] : [];
  return { w, p: w.start(blepair, [...args, ...own, '--json'], { cwd: w.folder, ...who[name].spawn }) };
}

for (const name of Object.keys(who)) {
  const it = who[name];

  test(`${name}: explain reads a capture without privileges and with few system calls`, needsRoot, async (t) => {
    const { p } = await start(t, name, ['explain', '-', '--html', 'page.html']);
    await untilIt(() => existsSync(`/proc/${p.child.pid}/environ`) && status(p.child.pid).NoNewPrivs === '1');
    if (filtered) await untilIt(() => status(p.child.pid).Seccomp === '2');
    await settled(p.child.pid);
    hasGivenUp(p.child.pid, it);
    p.child.stdin.end(readFileSync(join(root, 'test', 'captures', 'own_sc_just_works.btsnoop')));
    assert.equal(await p.exited, 0, p.errors);
    assert.equal(p.result.attempts, 1);
  });

  test(`${name}: bonds import parses without privileges`, needsRoot, async (t) => {
    const { p } = await start(t, name, ['bonds', 'import', '-', '--store', 'bonds.db']);
    await untilIt(() => status(p.child.pid).NoNewPrivs === '1');
    await settled(p.child.pid);
    hasGivenUp(p.child.pid, it, false);
    p.child.stdin.end('{"version":1,"bonds":[]}');
    assert.equal(await p.exited, 0, p.errors);
  });

  test(`${name}: a run has no privileges once the controller is open`, needsRoot, async (t) => {
    const { p } = await start(t, name, ['listen', '--store', 'bonds.db'], { link: true });
    await p.until('advertising');
    hasGivenUp(p.child.pid, it);
  });

  test(`${name}: a list of units is parsed without privileges`, needsRoot, async (t) => {
    const { w, p: first } = await start(t, name, ['explain', '/nonexistent']);
    await first.exited;
    const fifo = join(w.folder, 'list');
    assert.equal(spawnSync('mkfifo', ['-m', '666', fifo]).status, 0);
    const p = w.start(blepair, ['batch', fifo, '-c', w.controller, '--json', '--no-store'], { cwd: w.folder, ...it.spawn });
    const out = openSync(fifo, 'w'); // open() waits for the reader
    if (name === 'user') { // there is nothing to give up: it parses itself
      await settled(p.child.pid);
      assert.equal(parseInt(status(p.child.pid).CapPrm, 16), 0);
    } else {
      const parser = await childOf(p.child.pid);
      await untilIt(() => status(parser).NoNewPrivs === '1');
      if (filtered) await untilIt(() => status(parser).Seccomp === '2');
      await settled(parser);
      hasGivenUp(parser, it);
    }
    hasNoCoreDump(p.child.pid);
    writeFileSync(out, 'address,passkey\n00:AA:01:00:00:99,123456\n');
    closeSync(out);
    await p.until('batch');
    await untilIt(() => status(p.child.pid).NoNewPrivs === '1');
    hasGivenUp(p.child.pid, it);
  });

  test(`${name}: rows of standard input are read after all privileges are given up`, needsRoot, async (t) => {
    const { p } = await start(t, name, ['batch', '-', '--no-store', '--scan-timeout', '1'], { link: true });
    await p.until('controller');
    await settled(p.child.pid);
    hasGivenUp(p.child.pid, it);
    assert.equal(readFileSync(`/proc/${p.child.pid}/task/${p.child.pid}/children`, 'utf8'), '');
    p.answer('address,passkey\n00:AA:01:00:00:99,123456\n00:AA:01');
    assert.equal((await p.until('unit')).cause, 'not_seen');
    p.child.stdin.end();
    assert.equal(await p.exited, 17, p.errors);
  });

  test(`${name}: the process that starts hooks has no privileges, and is there before the list is read`, needsRoot, async (t) => {
    const { w, p: first } = await start(t, name, ['explain', '/nonexistent']);
    await first.exited;
    const fifo = join(w.folder, 'list');
    assert.equal(spawnSync('mkfifo', ['-m', '666', fifo]).status, 0);
    const p = w.start(blepair, ['batch', fifo, '--hook', 'true', '-c', w.controller, '--json', '--no-store'], { cwd: w.folder, ...it.spawn });
    if (name === 'root') {
      assert.equal(await p.exited, 2);
      assert.match(p.result.text, /commands never run as root/);
      return;
    }
    const helper = await childOf(p.child.pid);
    await settled(helper);
    hasGivenUp(helper, { ...it, bound: name === 'sudo' ? 0 : undefined }, false);
    assert.deepEqual(readdirSync(`/proc/${helper}/fd`).length, 5); // standard ones, the socket, signals
    await p.stop();
  });

  test(`${name}: out-of-band data of the peer are parsed without privileges`, needsRoot, async (t) => {
    const { w, p: first } = await start(t, name, ['explain', '/nonexistent']);
    await first.exited;
    const fifo = join(w.folder, 'data');
    assert.equal(spawnSync('mkfifo', ['-m', '666', fifo]).status, 0);
    const p = w.start(blepair, ['listen', '--oob-file', fifo, '-c', w.controller, '--json', '--no-store'], { cwd: w.folder, ...it.spawn });
    const out = openSync(fifo, 'w'); // open() waits for the reader
    if (name !== 'user') {
      const parser = await childOf(p.child.pid);
      await untilIt(() => status(parser).NoNewPrivs === '1');
      if (filtered) await untilIt(() => status(parser).Seccomp === '2');
      hasGivenUp(parser, it);
    }
    writeFileSync(out, '{"tk":"00112233445566778899aabbccddeeff"}');
    closeSync(out);
    await p.until('advertising');
  });
}

test('the rights of the caller of sudo decide which input can be read', needsRoot, async (t) => {
  const { w, p } = await start(t, 'sudo', ['explain', 'capture']);
  await p.exited;
  const secret = join(w.folder, 'secret');
  writeFileSync(secret, '{"tk":"00112233445566778899aabbccddeeff"}', { mode: 0o600 });
  const run = (...args) => spawnSync(blepair, [...args, '-c', 'unix:/nonexistent', '--no-store'], { cwd: w.folder, encoding: 'utf8', input: '', ...who.sudo.spawn });
  assert.match(run('00:AA:01:00:00:99', '--oob-file', secret).stderr, /cannot read .*secret: Permission denied/);
  assert.match(run('batch', secret).stderr, /cannot read .*secret: Permission denied/);
  chownSync(secret, user, user);
  assert.doesNotMatch(run('00:AA:01:00:00:99', '--oob-file', secret).stderr, /cannot read/);
});

test('with --keep-root nothing is given up', needsRoot, async (t) => {
  const { p } = await start(t, 'sudo', ['listen', '--no-store', '--keep-root'], { link: true });
  await p.until('advertising');
  const s = status(p.child.pid);
  assert.deepEqual(s.Uid.split('\t').map(Number), [0, 0, 0, 0]);
  assert.equal(s.NoNewPrivs, '0');
  assert.equal(s.Seccomp, '0');
  hasNoCoreDump(p.child.pid);
});
